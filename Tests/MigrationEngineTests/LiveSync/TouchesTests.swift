import MigrationCore
import RESP
import Synchronization
import Testing

@testable import MigrationEngine

@Suite struct TouchesTests {
    private func touches(_ keys: [ByteString], command: String = "SET", offset: Int = 0) -> Touches {
        var touches = Touches()
        for (index, key) in keys.enumerated() {
            key.bytes.withUnsafeBytes {
                touches.append($0, database: index, offset: offset + index, command: Array(command.utf8))
            }
        }
        return touches
    }

    @Test func keepKeysAsTheyGoOverTheWire() {
        let keys: [ByteString] = ["a", "", ByteString([0x0A, 0x0D, 0xFF]), "long"]
        let touches = touches(keys)
        #expect(keys.indices.map { touches.key($0) } == keys)
        var seen: [[UInt8]] = []
        // swift-format-ignore: ReplaceForEachWithForLoop
        touches.forEach { touch, encoded in
            seen.append(Array(encoded))
            let expected = keys[touch.database].bytes.withUnsafeBytes { KeyHash(database: touch.database, key: $0) }
            #expect(touch.hash == expected)
        }
        #expect(seen == keys.map { Array("$\($0.count)\r\n".utf8) + $0.bytes + [0x0D, 0x0A] })
    }

    @Test func areEmptyWithoutKeysAndClearedDatabases() {
        var touches = Touches()
        #expect(touches.isEmpty)
        touches.cleared = [3]
        #expect(!touches.isEmpty)
        #expect(!self.touches(["a"]).isEmpty)
    }

    // MARK: The router

    private static let position = FeedPosition(replicationID: "8f", offset: 100, database: 0)

    private func router(_ queue: KeyTransferQueue) -> ChangeRouter {
        ChangeRouter(queue: queue, cleared: { _, _ in }, lost: { _ in })
    }

    @Test func onlyAWatchedCutoverTakesNotes() throws {
        let queue = KeyTransferQueue(options: try TransferOptions(parallel: 1))
        let router = router(queue)
        router.changed(shard: 0, touches(["before"]), position: Self.position)
        #expect(router.notes(after: [0]).isEmpty)
        router.watch()
        router.changed(shard: 0, touches(["a", "b", "c"], command: "del", offset: 10), position: Self.position)
        let notes = router.notes(after: [11])
        #expect(notes.map(\.key) == ["b", "c"])
        #expect(notes.map(\.offset) == [11, 12])
        #expect(notes.allSatisfy { $0.isDeletion && $0.command == "DEL" })
        router.stopWatching()
        #expect(router.notes(after: [0]).isEmpty)
        #expect(queue.snapshot.lagKeys == 4)
    }

    @Test func afterTheSwitchNothingReachesTheQueue() throws {
        let queue = KeyTransferQueue(options: try TransferOptions(parallel: 1))
        let router = router(queue)
        router.switched()
        router.changed(shard: 0, touches(["a", "b"]), position: Self.position)
        // The source's own expiry is no straggler.
        router.changed(shard: 0, touches(["c"], command: "unlink"), position: Self.position)
        #expect(queue.snapshot.lagKeys == 0)
        #expect(queue.safePositions.isEmpty)
        #expect(router.stragglers == 2)
    }

    /// While a database is read anew the queue is not idle, and nothing after the flush is safe.
    @Test func aClearedDatabaseHoldsTheQueue() throws {
        let queue = KeyTransferQueue(options: try TransferOptions(parallel: 1))
        let told = Mutex<[(Set<Int>, Int)]>([])
        let router = ChangeRouter(
            queue: queue,
            cleared: { databases, hold in told.withLock { $0.append((databases, hold)) } },
            lost: { _ in }
        )
        var touches = Touches()
        touches.cleared = [4]
        router.changed(shard: 0, touches, position: Self.position)
        let (databases, hold) = try #require(told.withLock { $0.first })
        #expect(databases == [4])
        #expect(!queue.snapshot.isIdle)
        #expect(queue.safePositions.isEmpty)
        queue.release(hold)
        #expect(queue.snapshot.isIdle)
        #expect(queue.safePositions == [0: Self.position])
    }
}
