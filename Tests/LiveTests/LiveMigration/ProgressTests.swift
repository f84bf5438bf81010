import Foundation
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Synchronization
import Testing

extension LiveMigration {
    /// What `status` says is true at every moment.
    @Suite struct ProgressTests {
        @Test func progressOnlyRisesAndEndsExact() async throws {
            let options = MigrationStage.Options(
                keys: 6000,
                databases: [0, 3],
                userCopy: .none,
                batchSize: 50,
                heldTarget: true
            )
            try await MigrationStage.run(options) { stage in
                var seen: [MigrationStatus] = []
                var isHeld = true
                while seen.last?.phase != .liveSync, seen.last?.phase != .failed {
                    seen.append(await stage.runner.status())
                    if isHeld, seen.count > 100, stage.target.isSuspended {
                        isHeld = false
                        stage.target.resume()
                    }
                    try await Task.sleep(for: .milliseconds(1))
                }
                #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.progress <= $1.progress })
                #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.keysSynced <= $1.keysSynced })
                #expect(seen.allSatisfy { 0...100 ~= $0.progress && $0.keysSynced <= $0.keysTotal })
                #expect(seen.filter { $0.phase == .preparing }.allSatisfy { $0.progress == 0 && $0.feed == nil })
                let copying = seen.filter { $0.phase == .initialSync }
                #expect(copying.allSatisfy { $0.progress < 100 && $0.feed == "replication" })
                #expect(Set(copying.map(\.progress)).count > 3)
                // A tenth of the keyspace and more tells the whole to within a third.
                let judged = copying.filter { $0.progress > 10 }
                #expect(judged.allSatisfy { 4000...8000 ~= $0.keysTotal }, "\(Set(judged.map(\.keysTotal)))")
                #expect(judged.contains { $0.estimatedCompletion != nil })
                let last = try #require(seen.last)
                #expect(last.progress == 100 && last.keysSynced == 6000 && last.keysTotal == 6000)
                #expect(last.estimatedCompletion == nil && last.error == nil)
            }
        }

        @Test func lagRisesAndReturnsToNothing() async throws {
            try await MigrationStage.run(.init(keys: 200)) { stage in
                try await stage.wait(for: .liveSync)
                #expect(try await eventually { await stage.runner.status().lagBytes == 0 })
                stage.target.suspend()
                let client = try stage.source.connect()
                for number in 0..<70 { try client.call("SET", "\(stage.prefix)lag:\(number % 35)", number) }
                #expect(try await eventually { await stage.runner.status().lagKeys >= 35 })
                stage.target.resume()
                #expect(try await eventually { await stage.runner.status().lagKeys == 0 })
                let writer = stage.writer { $0.rate = 5000 }
                try await stage.more(1000, of: writer)
                _ = writer.stop()
                let settled = try await eventually {
                    let status = await stage.runner.status()
                    return status.lagKeys == 0 && status.lagBytes == 0
                }
                #expect(settled)
                try await stage.expectEqual()
                let status = await stage.runner.status()
                #expect(status.keysSynced == status.keysTotal && status.stragglers == nil)
            }
        }

        @Test func aTenantWithoutKeys() async throws {
            try await MigrationStage.run(.init(seeds: false)) { stage in
                try await stage.wait(for: .liveSync)
                try stage.source.call("SET", "\(stage.prefix)first", "v", database: 5)
                try await stage.expectEqual()
                let (_, keys) = try await stage.switchOver()
                #expect(keys == 1)
            }
        }

        /// The fence stands in the journal before it stands at the source, and every step after it.
        @Test func theJournalTellsTheCutoverStepByStep() async throws {
            try await MigrationStage.run(.init(proxied: true)) { stage in
                try await stage.wait(for: .liveSync)
                let folder = stage.journal
                let atFence = Mutex("")
                stage.sourceProxy?.before(["%R~"]) {
                    let text = try? String(contentsOfFile: folder + "/events.jsonl", encoding: .utf8)
                    atFence.withLock { $0 = text ?? "" }
                    return .pass
                }
                try await stage.switchOver()
                _ = try await stage.report()
                let before = atFence.withLock { $0 }
                #expect(before.contains("%R~__tenant:acme:*") && !before.contains("fence_raised"))
                let text = try String(contentsOfFile: folder + "/events.jsonl", encoding: .utf8)
                #expect(!text.contains(MigrationStage.password) && !text.contains("#"))
            }
        }
    }
}
