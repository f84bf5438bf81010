import MigrationCore
import NIOCore
import RESP
import RedisClient

extension Synchronizer {
    /// Opens the way for big values; nil where the source does not tell the size of a value.
    func openMover(
        _ query: ExpiryQuery,
        on loop: any EventLoop
    ) async throws(RedisClientError) -> BigValueMover? {
        let source = try await RedisConnection.connect(to: endpoints.source, on: loop)
        let isPossible: Bool
        do {
            isPossible = try await BigValueMover.isPossible(at: source, prefix: plan.scope.prefix)
        } catch {
            await source.close()
            throw error
        }
        await source.close()
        guard isPossible else { return nil }
        try await removeParts()
        let mover = BigValueMover(
            queue: queue,
            endpoints: endpoints,
            group: loop,
            settings: BigValueMover.Settings(
                limit: bigValueBytes,
                expiryQuery: query,
                plan: plan
            ),
            failed: { [weak self] error, key in self?.bigFailed(error, key) }
        )
        mover.start()
        return mover
    }

    /// Bytes of memory from which on a value moves in pieces: what was asked for, or less where the servers allow less.
    var bigValueBytes: Int { queue.bounds.bigValueBytes(plan.transfer.bigValueBytes) }

    private func bigFailed(_ error: RedisClientError, _ key: KeyName) {
        var error = error
        if case .disconnected(let server, let reason) = error {
            if server == endpoints.source.description { queue.sourceClosed(over: queue.pieceBytes) }
            error = .disconnected(server: server, reason: reason + endpoints.closingHint(server))
        }
        fail(MigrationFailure(error, while: "copying the big value \(key.key) in db \(key.database)"))
    }

    /// Removes from the target what unfinished moves of big values left there: at a new start, and at a cancel.
    func removeParts() async throws(RedisClientError) {
        try await BigValueMover.removeParts(of: plan, at: endpoints.target, on: group)
    }

    /// Where the source's allocator proves that it holds no string above the limit, scanned strings are read without
    /// being asked for their sizes.
    func spareSizeQuestions(_ source: RedisConnection) async throws(RedisClientError) {
        let replies = try await source.pipeline(AllocatorReport.commands)
        guard !queue.bounds.asksEverySize, let report = AllocatorReport(replies) else { return }
        if report.hasOnlySmallStrings(below: bigValueBytes) { queue.scanSmallStrings() }
    }
}
