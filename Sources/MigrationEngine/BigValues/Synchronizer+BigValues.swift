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
                limit: plan.transfer.bigValueBytes,
                expiryQuery: query,
                plan: plan
            ),
            failed: { [weak self] error in self?.fail(MigrationFailure(error, while: "copying a big value")) }
        )
        mover.start()
        return mover
    }

    /// Removes from the target what unfinished moves of big values left there: at a new start, and at a cancel.
    func removeParts() async throws(RedisClientError) {
        try await BigValueMover.removeParts(of: plan, at: endpoints.target, on: group)
    }

    /// Where the source's allocator proves that it holds no string above the limit, scanned strings are read without
    /// being asked for their sizes.
    func spareSizeQuestions(_ source: RedisConnection) async throws(RedisClientError) {
        let replies = try await source.pipeline(AllocatorReport.commands)
        guard let report = AllocatorReport(replies) else { return }
        if report.hasOnlySmallStrings(below: plan.transfer.bigValueBytes) { queue.scanSmallStrings() }
    }
}
