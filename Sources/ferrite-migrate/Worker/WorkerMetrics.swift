import ControlPlane
import FoundationEssentials
import Logging
import MigrationCore
import MigrationEngine
import Synchronization

/// Tells a worker's metrics over HTTP and in a file for as long as it lives. Nothing that fails here harms the
/// migration: it is logged, once for each reason, and tried again.
final class WorkerMetrics: Sendable {
    private static let interval = Duration.seconds(5)

    private let options: WorkerOptions?
    private let plan: MigrationPlan
    private let runner: MigrationRunner
    private let logger: Logger
    private let server = Mutex<MetricsServer?>(nil)
    private let tasks = Mutex<[Task<Void, Never>]>([])

    init(_ contents: JournalContents, runner: MigrationRunner, logger: Logger) {
        options = contents.workerOptions
        plan = contents.plan
        self.runner = runner
        self.logger = logger
    }

    /// Where it listens; nil while it does not.
    var address: String? { server.withLock { $0?.address.description } }

    func start() {
        if let address = options?.listenAddress { run { await self.listen(at: address) } }
        if let file { run { await self.write(file) } }
    }

    /// Listens no more and leaves the last values in the file.
    func end(with status: MigrationStatus) async {
        let tasks = tasks.withLock { $0 }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        await server.withLock { $0 }?.close()
        guard let file else { return }
        var trouble = Trouble(logger)
        trouble.note { () throws(MigrationFailure) in try file.write(Self.text(status, isRunning: false)) }
    }

    /// For a migration whose worker cannot do it any more.
    static func writeFile(of contents: JournalContents, logger: Logger) {
        guard let path = contents.workerOptions?.metricsPath(tenant: contents.plan.tenant, id: contents.plan.id) else {
            return
        }
        var trouble = Trouble(logger)
        trouble.note { () throws(MigrationFailure) in
            try MetricsFile(path: path).write(text(contents.status, isRunning: false))
        }
    }

    private var file: MetricsFile? {
        options?.metricsPath(tenant: plan.tenant, id: plan.id).map(MetricsFile.init)
    }

    private func run(_ body: @escaping @Sendable () async -> Void) {
        tasks.withLock { $0.append(Task(operation: body)) }
    }

    /// The address may be another's for a while: that of a worker which is dying, or has just died.
    private func listen(at address: ListenAddress) async {
        var trouble = Trouble(logger)
        while !Task.isCancelled {
            do throws(MigrationFailure) {
                let started = try await MetricsServer.start(at: address, service: self)
                server.withLock { $0 = started }
                logger.notice("metrics", metadata: ["address": "http://\(started.address)/metrics"])
                return
            } catch {
                trouble.note(error)
            }
            try? await Task.sleep(for: Self.interval)
        }
    }

    private func write(_ file: MetricsFile) async {
        var trouble = Trouble(logger)
        while !Task.isCancelled {
            let text = await metrics()
            trouble.note { () throws(MigrationFailure) in try file.write(text) }
            try? await Task.sleep(for: Self.interval)
        }
    }

    private static func text(_ status: MigrationStatus, isRunning: Bool) -> String {
        let migration = MigrationMetrics.Migration(status, isRunning: isRunning)
        return MigrationMetrics([migration], at: Date()).text
    }
}

extension WorkerMetrics: MetricsService {
    func metrics() async -> String { Self.text(await runner.status(), isRunning: true) }
    func ailment() async -> String? { MigrationHealth.ailment(of: await runner.status(), at: Date()) }
}

/// Says once what goes wrong again and again.
private struct Trouble {
    private let logger: Logger
    private var said: String?

    init(_ logger: Logger) { self.logger = logger }

    mutating func note(_ failure: MigrationFailure?) {
        if let failure, failure.message != said {
            logger.error("metrics cannot be told", metadata: ["reason": "\(failure.message)"])
        }
        said = failure?.message
    }

    mutating func note(_ step: () throws(MigrationFailure) -> Void) {
        do throws(MigrationFailure) {
            try step()
            note(nil)
        } catch {
            note(error)
        }
    }
}
