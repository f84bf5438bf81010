import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Moves one big value after another over a pair of connections.
final class BigValueWorker {
    /// A server that saves, or frees a huge value, may be silent for long.
    private static let patience = TimeAmount.seconds(60)
    /// A whole value that is written all the time is read again for at most a fifth of the time.
    private static let share = 4
    private static let leastPause = Duration.seconds(1)
    /// Reading the groups of a stream is work too.
    private static let leastStreamPause = Duration.milliseconds(100)

    private struct Connections {
        let source: RedisConnection
        let target: RedisConnection
        let fieldExpiries: FieldExpiries

        var tellsFieldExpiries: Bool {
            if case .told = fieldExpiries { true } else { false }
        }
    }

    private let number: Int
    private let queue: KeyTransferQueue
    private let endpoints: MigrationEndpoints
    private let group: any EventLoopGroup
    private let settings: BigValueMover.Settings
    private let part: ByteString
    private var connections: Connections?
    private var database = 0

    init(
        number: Int,
        queue: KeyTransferQueue,
        endpoints: MigrationEndpoints,
        group: any EventLoopGroup,
        settings: BigValueMover.Settings,
        part: ByteString
    ) {
        self.number = number
        self.queue = queue
        self.endpoints = endpoints
        self.group = group
        self.settings = settings
        self.part = part
    }

    /// Moves a value and tells the queue how it ended. Only an error of a server is thrown; the value is whole dirty
    /// then.
    func move(_ job: BigValueTable.Job) async throws(RedisClientError) {
        let begin = ContinuousClock.now
        do throws(BigMoveError) {
            try await move(job, since: begin)
        } catch {
            // Nothing waits in vain for a server that is gone.
            if !error.isLostConnection { await removePart() }
            switch error {
            case .server(let error) where error.isRefusalInPrinciple:
                // As one payload it may still move.
                queue.bigReturned(job.key, isIndivisible: true)
            case .indivisible:
                queue.bigReturned(job.key, isIndivisible: true)
            case .server(let error):
                queue.bigFailed(job.key, notBefore: nil)
                throw error
            case .stopped:
                queue.bigFailed(job.key, notBefore: nil)
            case .changed:
                queue.bigFailed(job.key, notBefore: pause(since: begin, least: Self.leastPause))
            }
        }
    }

    private func removePart() async {
        _ = try? await connections?.target.pipeline([RedisCommand("UNLINK", part)])
    }

    func close() async {
        await connections?.source.close()
        await connections?.target.close()
    }

    private func move(_ job: BigValueTable.Job, since begin: ContinuousClock.Instant) async throws(BigMoveError) {
        let open = try await open(job.key.database)
        var move = BigMove(
            source: open.source,
            target: open.target,
            key: job.key.key,
            queue: queue,
            worker: number,
            hasFieldExpiries: open.tellsFieldExpiries
        )
        guard let facts = try await move.facts(settings.expiryQuery), facts.bytes >= settings.limit / 2 else {
            return queue.bigReturned(job.key, isIndivisible: false)
        }
        guard facts.type != nil, facts.type == .string || facts.bytes / max(1, facts.count) <= BigMove.mostElementBytes
        else { return queue.bigReturned(job.key, isIndivisible: true) }
        // The payload has the expiries that nobody tells.
        if facts.type == .hash, case .hidden = open.fieldExpiries {
            return queue.bigReturned(job.key, isIndivisible: true)
        }
        let copy: BigCopy
        if let old = job.copy, !job.changes.isWhole {
            copy = try await move.update(facts, old, job.changes)
        } else {
            copy = try await move.whole(facts, part: part)
        }
        queue.bigMoved(job.key, copy, bytes: move.bytes, notBefore: nextTime(copy, since: begin))
    }

    /// Members are followed without a pause. Lists have nothing smaller than themselves.
    private func nextTime(_ copy: BigCopy, since begin: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        switch copy.type {
        case .list: pause(since: begin, least: Self.leastPause)
        case .stream: pause(since: begin, least: Self.leastStreamPause)
        case .string, .set, .hash, .zset: nil
        }
    }

    private func pause(since begin: ContinuousClock.Instant, least: Duration) -> ContinuousClock.Instant {
        let now = ContinuousClock.now
        return now + max(least, (now - begin) * Self.share)
    }

    private func open(_ wanted: Int) async throws(BigMoveError) -> Connections {
        do throws(RedisClientError) {
            let open = try await connect()
            if wanted != database {
                try await open.source.call("SELECT", ByteString(wanted))
                try await open.target.call("SELECT", ByteString(wanted))
                database = wanted
            }
            return open
        } catch {
            throw .server(error)
        }
    }

    private func connect() async throws(RedisClientError) -> Connections {
        if let connections { return connections }
        let source = try await RedisConnection.connect(to: endpoints.source, on: group, timeout: Self.patience)
        do throws(RedisClientError) {
            let target = try await RedisConnection.connect(
                to: endpoints.target,
                named: settings.connectionName,
                on: group,
                timeout: Self.patience
            )
            do throws(RedisClientError) {
                let open = Connections(
                    source: source,
                    target: target,
                    fieldExpiries: try await FieldExpiries.ask(source, probing: settings.prefix)
                )
                connections = open
                return open
            } catch {
                await target.close()
                throw error
            }
        } catch {
            await source.close()
            throw error
        }
    }
}

extension BigMoveError {
    fileprivate var isLostConnection: Bool {
        switch self {
        case .server(.refused), .changed, .indivisible, .stopped: false
        case .server: true
        }
    }
}

extension RedisClientError {
    /// The server does not have the command, or its user may not run it.
    var isRefusalInPrinciple: Bool {
        guard case .refused(_, _, let reply) = self else { return false }
        return code == "NOPERM" || reply.lowercased().contains("unknown command")
            || reply.lowercased().contains("unknown subcommand")
    }
}
