import Foundation
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

@Suite struct LiveMigrationTests {
    @Test func everyKeyArrivesAndNothingElse() async throws {
        try await MigrationStage.run(.init(databases: [0, 1, 15])) { stage in
            try await stage.wait(for: .liveSync)
            #expect(try stage.differences() == [])
            let status = await stage.runner.status()
            #expect(status.keysSynced == status.keysTotal)
            #expect(status.progress == 100)
            for neighbour in TenantSeed.neighbours(of: MigrationStage.tenant) {
                let keys = try KeyspaceComparison.keys(
                    [TenantSeed.prefix(of: neighbour)],
                    stage.target.connect()
                )
                #expect(keys.isEmpty)
            }
        }
    }

    @Test func aCutoverUnderTrafficLosesAndDoublesNothing() async throws {
        try await MigrationStage.run(.init(databases: [0, 3])) { stage in
            let writer = stage.writer {
                $0.databases = [0, 3]
                $0.rate = 3000
            }
            writer.waitForWrites(1000)
            try await stage.wait(for: .liveSync)
            writer.waitForWrites(4000)
            let outcome = try await stage.runner.cutover(CutoverOptions())
            guard case .switched(let downtime, let keys) = outcome else {
                Issue.record("not switched: \(outcome)")
                return
            }
            #expect(downtime > 0 && downtime < 5000)
            #expect(keys > 3000)
            let before = writer.statistics.acknowledged
            writer.waitForWrites(before + 2000)
            let ledger = writer.stop()
            #expect(try ledger.check(on: stage.target) == [])
            let report = await stage.runner.verification()
            #expect(report?.differenceCount == 0)
            #expect((report?.writtenSinceSwitch ?? 0) > 0)
            let status = await stage.runner.status()
            #expect(status.phase == .completed)
        }
    }
}
