import MigrationCore
import NIOCore
import RESP
import RedisClient
import Synchronization

/// Moves the values that are too big for one payload, beside the lanes and on connections of its own. Two at a time, so
/// that a hot one is followed while another is copied for the first time.
final class BigValueMover: Sendable {
    struct Settings: Sendable {
        /// Bytes of memory at the source from which on a value is big.
        let limit: Int
        let expiryQuery: ExpiryQuery
        /// What unfinished values are called at the target; a number follows.
        let partPrefix: ByteString
        /// What its connections are called, as those of the lanes: what a broken one had sent must not be executed late.
        let connectionName: TenantConnectionName
        /// What all keys begin with.
        let prefix: ByteString

        init(limit: Int, expiryQuery: ExpiryQuery, plan: MigrationPlan) {
            self.limit = limit
            self.expiryQuery = expiryQuery
            partPrefix = Self.partPrefix(plan.id)
            connectionName = TenantConnectionName(plan)
            prefix = plan.scope.prefix
        }

        static func partPrefix(_ id: String) -> ByteString { "__ferrite_migrate:part:\(id):" }
    }

    static let workerCount = 2

    private let queue: KeyTransferQueue
    private let endpoints: MigrationEndpoints
    private let group: any EventLoopGroup
    private let settings: Settings
    private let failed: @Sendable (RedisClientError, KeyName) -> Void
    private let tasks = Mutex<[Task<Void, Never>]>([])

    init(
        queue: KeyTransferQueue,
        endpoints: MigrationEndpoints,
        group: any EventLoopGroup,
        settings: Settings,
        failed: @escaping @Sendable (RedisClientError, KeyName) -> Void
    ) {
        self.queue = queue
        self.endpoints = endpoints
        self.group = group
        self.settings = settings
        self.failed = failed
    }

    /// Begins to take big values from the queue. A worker connects when there is the first one.
    func start() {
        var wakes: [AsyncStream<Void>.Continuation] = []
        var started: [Task<Void, Never>] = []
        for number in 0..<Self.workerCount {
            let (stream, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
            wakes.append(wake)
            started.append(Task { await self.work(number, stream) })
        }
        tasks.withLock { $0 = started }
        queue.connectMover { [wakes] in
            for wake in wakes { wake.yield() }
        }
    }

    /// Ends when nothing that was sent can change the target any more.
    func close() async {
        let started = tasks.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
        for task in started { task.cancel() }
        for task in started { await task.value }
    }

    private func work(_ number: Int, _ wakes: AsyncStream<Void>) async {
        let worker = BigValueWorker(
            number: number,
            queue: queue,
            endpoints: endpoints,
            group: group,
            settings: settings,
            part: settings.partPrefix.appending("\(number)")
        )
        var wake = wakes.makeAsyncIterator()
        while !Task.isCancelled {
            let next = queue.nextBig(worker: number)
            if let job = next.job {
                do throws(RedisClientError) {
                    try await worker.move(job)
                } catch {
                    if !Task.isCancelled { failed(error, KeyName(database: job.key.database, key: job.key.key)) }
                    break
                }
            } else if next.waits {
                // Its time comes without a call: it is paced, or a lane has still to write it.
                try? await Task.sleep(for: .milliseconds(5))
            } else {
                guard await wake.next() != nil else { break }
            }
        }
        await worker.close()
    }
}

extension BigValueMover {
    /// Whether the source tells how much memory a value takes. Where it does not, or refuses to, every value moves as
    /// one payload.
    static func isPossible(at source: RedisConnection, prefix: ByteString) async throws(RedisClientError) -> Bool {
        let reply = try await source.pipeline([RedisCommand("MEMORY", "USAGE", prefix)])[0]
        if case .error = reply { return false }
        return true
    }

    /// Removes from the target what unfinished moves of this migration have left there.
    static func removeParts(
        of plan: MigrationPlan,
        at endpoint: RedisEndpoint,
        on group: any EventLoopGroup
    ) async throws(RedisClientError) {
        // Late, it would remove the beginning of a value that is on its way.
        let target = try await RedisConnection.connect(to: endpoint, named: TenantConnectionName(plan), on: group)
        let prefix = Settings.partPrefix(plan.id)
        let parts = (0..<workerCount).map { prefix.appending("\($0)") }
        do throws(RedisClientError) {
            for database in try await target.info("keyspace").databases {
                try await target.call("SELECT", ByteString(database.number))
                try await target.call(RedisCommand(["UNLINK"] + parts))
            }
        } catch {
            await target.close()
            // A user that may not touch such names has made none.
            if error.isRefusalInPrinciple { return }
            throw error
        }
        await target.close()
    }
}

extension ByteString {
    fileprivate func appending(_ text: String) -> ByteString { ByteString(bytes + Array(text.utf8)) }
}
