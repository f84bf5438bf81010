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
        touches.clearings = [Touches.Clearing(database: 3, offset: 0, command: [])]
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
        router.changed(shard: .standalone, touches(["before"]), position: Self.position)
        #expect(router.findings(after: [.standalone: 0]) == FenceNotes.Findings())
        router.watch()
        router.changed(
            shard: .standalone,
            touches(["a", "b", "c"], command: "del", offset: 10),
            position: Self.position
        )
        let findings = router.findings(after: [.standalone: 11])
        #expect(findings.deletions == 2 && findings.writes == 0 && findings.firstWrite == nil)
        #expect(findings.lastDeletion?.key == "c" && findings.lastDeletion?.command == "DEL")
        router.changed(shard: .standalone, touches(["d", "e"], offset: 13), position: Self.position)
        #expect(
            router.findings(after: [.standalone: 11]).firstWrite?.key == "d"
                && router.findings(after: [.standalone: 11]).writes == 2
        )
        router.stopWatching()
        #expect(router.findings(after: [.standalone: 0]) == FenceNotes.Findings())
        #expect(queue.snapshot.lagKeys == 6)
    }

    /// A server's own deaths have events of their own; a `del` that is told as an event is a client's.
    @Test func whatAnEventSaysIsNotWeighed() throws {
        let router = router(KeyTransferQueue(options: try TransferOptions(parallel: 1)))
        router.watch()
        for (name, origin) in [("expired", Touches.Origin.death), ("xreadgroup", .doubt), ("del", .event)] {
            var touches = touches([ByteString(name)], command: name, offset: 5)
            touches.touches[0].origin = origin
            router.changed(shard: .standalone, touches, position: Self.position)
        }
        let findings = router.findings(after: [.standalone: 5])
        #expect(findings.writes == 1 && findings.deletions == 0 && findings.firstWrite?.command == "DEL")
    }

    /// However much comes before the barrier is known, what comes behind it is not lost.
    @Test func aFloodBeforeTheBarrierHidesNothing() throws {
        let router = router(KeyTransferQueue(options: try TransferOptions(parallel: 1)))
        router.watch()
        let flood = touches([ByteString](repeating: "a", count: 250_000))
        router.changed(shard: .standalone, flood, position: Self.position)
        router.changed(shard: .standalone, touches(["late"], offset: 300_000), position: Self.position)
        #expect(router.findings(after: [.standalone: 300_000]).firstWrite?.key == "late")
        #expect(router.findings(after: [.standalone: 300_000]).writes == 1)
    }

    /// What comes between the last look and the switch is a straggler.
    @Test func aWriteThatComesTooLateIsCounted() throws {
        let router = router(KeyTransferQueue(options: try TransferOptions(parallel: 1)))
        router.watch()
        router.changed(shard: .standalone, touches(["a"], offset: 5), position: Self.position)
        #expect(router.findings(after: [.standalone: 10]).writes == 0)
        router.changed(shard: .standalone, touches(["b"], offset: 10), position: Self.position)
        router.switched()
        #expect(router.stragglers == 1)
    }

    @Test func afterTheSwitchNothingReachesTheQueue() throws {
        let queue = KeyTransferQueue(options: try TransferOptions(parallel: 1))
        let router = router(queue)
        router.switched()
        router.changed(shard: .standalone, touches(["a", "b"]), position: Self.position)
        // The source's own expiry is no straggler.
        router.changed(shard: .standalone, touches(["c"], command: "unlink"), position: Self.position)
        #expect(queue.snapshot.lagKeys == 0)
        #expect(queue.safePositions.isEmpty)
        #expect(router.stragglers == 2)
    }

    /// While a database is read anew the queue is not idle, and nothing after the flush is safe.
    @Test func aClearedDatabaseHoldsTheQueue() throws {
        let queue = KeyTransferQueue(options: try TransferOptions(parallel: 1))
        let rereading = Rereading(queue: queue)
        let router = ChangeRouter(queue: queue, cleared: { _ = rereading.want($0, isUrgent: $1) }, lost: { _ in })
        var touches = Touches()
        touches.clearings = [Touches.Clearing(database: 4, offset: 0, command: [])]
        router.changed(shard: .standalone, touches, position: Self.position)
        guard case .read(let wanted) = rereading.next() else {
            Issue.record("nothing is read again")
            return
        }
        #expect(wanted.databases == [4])
        #expect(!queue.snapshot.isIdle)
        #expect(queue.safePositions.isEmpty)
        queue.release(wanted.hold)
        #expect(queue.snapshot.isIdle)
        #expect(queue.safePositions == [.standalone: Self.position])
    }
}
