import ControlPlane
import Logging
import MigrationCore
import MigrationEngine
import NIOPosix

/// One migration that runs in this process, detached or in the foreground: it holds the journal, answers at the
/// control socket and ends with the migration or at a signal.
struct WorkerRun {
    let runner: MigrationRunner
    private let server: ControlServer
    private let metrics: WorkerMetrics
    private let logger: Logger
    private let isDetached: Bool

    /// Takes the migration's lock and opens its socket. The first status is `preparing`; `run()` does the rest.
    static func open(
        _ folder: MigrationFolder,
        secrets: WorkerSecrets,
        logger: Logger,
        isDetached: Bool = false
    ) async throws(CommandFailure) -> WorkerRun {
        let (journal, contents) = try open(folder)
        for warning in contents.warnings { logger.warning("\(warning)") }
        let phase = contents.status.phase
        guard !phase.isOver else {
            throw CommandFailure(.failed, "\(folder.id) is \(phase.rawValue) already")
        }
        let runner = MigrationRunner(
            journal: journal,
            contents: contents,
            endpoints: secrets.endpoints(contents.plan),
            earlierMoves: folder.root.earlierMoves(before: contents.plan) { secrets.earlier[$0.id]?.endpoints($0) },
            group: MultiThreadedEventLoopGroup.singleton,
            logger: logger,
            hooks: MigrationHooks(contents, in: folder, logger: logger)
        )
        do {
            let metrics = WorkerMetrics(contents, runner: runner, logger: logger)
            let service = WorkerService(runner: runner, metrics: metrics)
            let server = try await ControlServer.start(socketPath: folder.controlSocket, service: service)
            metrics.start()
            return WorkerRun(runner: runner, server: server, metrics: metrics, logger: logger, isDetached: isDetached)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// Runs to the end of the migration or until a signal, and returns how it stands then.
    func run() async -> MigrationStatus {
        await serve { await runner.run() }
    }

    /// Cancels the migration instead.
    func cancel(force: Bool) async throws(CommandFailure) -> MigrationStatus {
        await serve { await runner.runCancel(force: force) }
    }

    private func serve(_ life: () async -> MigrationStatus) async -> MigrationStatus {
        let signals = await EndingSignals.listen(endsAtSecond: !isDetached) { name in
            logger.notice("ending at a signal", metadata: ["signal": "\(name)"])
            await runner.stop(signal: name)
        }
        let status = await life()
        // Those who wait for the end of a verification are answered before the socket goes.
        await server.close()
        await metrics.end(with: status)
        signals.cancel()
        return status
    }

    private static func open(_ folder: MigrationFolder) throws(CommandFailure) -> (Journal, JournalContents) {
        do {
            return try Journal.open(folder)
        } catch {
            throw CommandFailure(error)
        }
    }
}

extension MigrationStatus {
    /// What a process that ran this migration ends with; nil where all is well.
    var failureAtEnd: CommandFailure? {
        if let error, phase == .failed || phase == .superseded { return CommandFailure(error) }
        guard phase.isFinal else {
            return CommandFailure(.failed, "\(migrationID) was ended in \(phase.rawValue); the target keeps its copy")
        }
        return verification?.outcome == .different ? CommandFailure(.different) : nil
    }
}
