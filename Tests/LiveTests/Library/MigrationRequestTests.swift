import FerriteMigration
import Foundation
import MigrationTestSupport
import Testing

/// Pause, resume, cancel and cleanup as another program asks for them, under a writer.
@Suite struct MigrationRequestTests {
    private static let tenant = "acme-corp"
    private static let keys = 1000

    private struct Stage {
        let source: RedisServer
        let target: RedisServer
        let config: MigrationConfig
        let writer: LiveWriter

        var address: String { "127.0.0.1:\(target.port)" }

        func more() { #expect(writer.waitForWrites(writer.statistics.acknowledged + 50), "\(writer.statistics)") }

        func wait(_ manager: MigrationManager, _ id: String, for phase: MigrationPhase) async throws {
            for try await status in manager.statuses(id, every: .milliseconds(20)) where status.phase == phase {
                return
            }
            Issue.record("\(id) never was \(phase)")
        }
    }

    private func withStage(_ body: (Stage) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        try await withRedisServers { source, target in
            try source.call("ACL", "SETUSER", "app", "on", ">pw", "~__tenant:\(Self.tenant):*", "+@all")
            try TenantSeed(tenant: Self.tenant, keys: Self.keys).write(to: source.endpoint)
            let writer = LiveWriter(
                tenant: Self.tenant,
                at: source.endpoint(user: "app", password: "pw"),
                alternative: target.endpoint(user: "app", password: "pw"),
                options: .init()
            )
            let config = MigrationConfig(source: "127.0.0.1:\(source.port)", journal: folder.path)
            try await body(Stage(source: source, target: target, config: config, writer: writer))
        }
    }

    /// Scheduled, replaced, taken back, scheduled again and carried out by another manager.
    @Test func aCutoverIsScheduled() async throws {
        try await withStage { stage in
            let first = MigrationManager(config: stage.config)
            let id = try await first.migrate(tenant: Self.tenant, target: stage.address).id
            try await stage.wait(first, id, for: .liveSync)
            let error = await #expect(throws: MigrationError.self) {
                try await first.scheduleCutover(id, at: Date() - 60)
            }
            #expect(error?.message.contains("ago; give one that is still to come") == true)
            let settings = CutoverSettings(maxLag: 100_000, maxPauseMilliseconds: 20_000)
            let time = Date(timeIntervalSince1970: (Date() + 3600).timeIntervalSince1970.rounded())
            #expect(try await first.scheduleCutover(id, at: time) == nil)
            #expect(try await first.status(id).scheduledFor == time)
            #expect(try await first.scheduleCutover(id, at: Date() + 2, settings: settings) == time)
            await first.stop(id)
            stage.more()
            let second = MigrationManager(config: stage.config)
            await #expect(throws: MigrationError.self) { try await second.unscheduleCutover(id) }
            try await second.resume(id)
            try await stage.wait(second, id, for: .completed)
            #expect(try await second.status(id).scheduledFor == nil)
            await #expect(throws: MigrationError.self) { try await second.unscheduleCutover(id) }
            #expect(try stage.writer.stop().check(on: stage.target) == [])
        }
    }

    @Test func aMigrationIsPausedResumedElsewhereAndCleanedUp() async throws {
        try await withStage { stage in
            let first = MigrationManager(config: stage.config)
            let id = try await first.migrate(tenant: Self.tenant, target: stage.address).id
            try await stage.wait(first, id, for: .liveSync)
            try await first.pause(id)
            try await first.pause(id)
            stage.more()
            let paused = try await first.status(id)
            #expect(paused.phase == .paused && paused.lagKeys > 0)
            let metrics = try await first.metrics()
            #expect(metrics.contains(#"phase{tenant="\#(Self.tenant)", phase="paused"} 1"#), "\(metrics)")
            #expect(metrics.contains(#"worker_up{tenant="\#(Self.tenant)", migration_id="\#(id)"} 1"#), "\(metrics)")
            try await first.resume(id)
            try await stage.wait(first, id, for: .liveSync)
            await first.stop(id)
            stage.more()

            let second = MigrationManager(config: stage.config)
            let stopped = try await second.metrics()
            #expect(stopped.contains(#"worker_up{tenant="\#(Self.tenant)", migration_id="\#(id)"} 0"#), "\(stopped)")
            #expect(stopped.contains("unreadable 0"))
            await #expect(throws: MigrationError.self) { try await second.pause(id) }
            try await second.resume(id)
            try await second.resume(id)
            await #expect(throws: MigrationError.self) { try await first.resume(id) }
            try await stage.wait(second, id, for: .liveSync)
            await #expect(throws: MigrationError.self) { try await second.cleanup(id) }
            try await second.cutover(id)
            stage.more()
            #expect(try await second.verify(id).checksumMatch)
            await second.stop(id)
            let late = await #expect(throws: MigrationError.self) { try await second.cancel(id) }
            #expect(late?.message.contains("switched") == true, "\(late?.message ?? "")")
            #expect(try stage.writer.stop().check(on: stage.target) == [])
            let cleanup = try await second.cleanup(id)
            #expect(cleanup.keysRemoved > Self.keys / 2 && cleanup.usersRemoved == ["app"])
            #expect(try stage.source.call("DBSIZE").integer == 0)
            let broken = "\(stage.config.journal ?? "")/mig_ffffffffff"
            try FileManager.default.createDirectory(atPath: broken, withIntermediateDirectories: false)
            let ended = try await second.metrics()
            #expect(ended.contains("unreadable 1") && ended.contains(#"phase="completed"} 1"#), "\(ended)")
        }
    }

    /// One that runs, and one that no process runs.
    @Test func aMigrationIsUpdated() async throws {
        try await withStage { stage in
            var config = stage.config
            config.maxKeysPerSecond = 100
            let manager = MigrationManager(config: config)
            let id = try await manager.migrate(tenant: Self.tenant, target: stage.address).id
            try await Task.sleep(for: .milliseconds(500))
            #expect(try await manager.status(id).phase == .initialSync, "1000 keys at 100 a second")
            try await manager.update(id, parallel: 2, maxKeysPerSecond: 0)
            try await stage.wait(manager, id, for: .liveSync)
            let wrong = await #expect(throws: MigrationError.self) { try await manager.update(id, parallel: 65) }
            #expect(wrong?.kind == .configuration && wrong?.message.contains("1 to 64") == true)
            let nothing = await #expect(throws: MigrationError.self) { try await manager.update(id) }
            #expect(nothing?.kind == .configuration)
            let other = await #expect(throws: MigrationError.self) {
                try await MigrationManager(config: config).update(id, parallel: 3)
            }
            #expect(other?.kind == .notNow, "\(other?.message ?? "")")
            await manager.stop(id)
            try await manager.update(id, maxBytesPerSecond: 1 << 30)
            try await manager.resume(id)
            try await stage.wait(manager, id, for: .liveSync)
            try await manager.cutover(id)
            #expect(try await manager.verify(id).checksumMatch)
            await manager.stop(id)
            let ended = await #expect(throws: MigrationError.self) { try await manager.update(id, parallel: 3) }
            #expect(ended?.kind == .failed, "\(ended?.message ?? "")")
            stage.more()
            #expect(try stage.writer.stop().check(on: stage.target) == [])
        }
    }

    /// Also one that no process runs any more.
    @Test(arguments: [false, true]) func aMigrationIsCancelled(isStopped: Bool) async throws {
        try await withStage { stage in
            let manager = MigrationManager(config: stage.config)
            let id = try await manager.migrate(tenant: Self.tenant, target: stage.address).id
            try await stage.wait(manager, id, for: .liveSync)
            if isStopped { await manager.stop(id) }
            try stage.target.call("SET", "__tenant:\(Self.tenant):of somebody else", "1")
            let cancellation = try await manager.cancel(id)
            #expect(cancellation.keysRemoved >= Self.keys / 2 && cancellation.keysLeft == 1)
            #expect(cancellation.usersRemoved == ["app"])
            #expect(try await manager.cancel(id) == cancellation)
            #expect(try stage.target.call("DBSIZE").integer == 1)
            await #expect(throws: MigrationError.self) { try await manager.resume(id) }
            stage.more()
            #expect(try stage.writer.stop().check(on: stage.source) == [])
        }
    }
}
