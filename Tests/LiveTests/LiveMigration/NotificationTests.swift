import Foundation
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

extension LiveMigration {
    /// Where nobody may be a replica: the tenant moves live all the same.
    @Suite struct NotificationTests {
        static let tool = "tool on >pw ~* &* +@all -psync -replconf -sync"

        static func options(_ change: (inout MigrationStage.Options) -> Void = { _ in }) -> MigrationStage.Options {
            var options = MigrationStage.Options()
            options.users.append(tool)
            options.toolUser = "tool"
            change(&options)
            return options
        }

        static func setting(_ server: RedisServer) throws -> String? {
            try server.call("CONFIG", "GET", "notify-keyspace-events").array?.last?.text
        }

        @Test(arguments: RedisVersion.available)
        func aManagedSourceUnderTraffic(version: RedisVersion) async throws {
            let options = Self.options {
                $0.keys = 2000
                $0.databases = [0, 3]
                $0.sourceVersion = version
                $0.targetVersion = version
            }
            try await MigrationStage.run(options) { stage in
                let writer = stage.writer {
                    $0.databases = [0, 3]
                    $0.rate = 1500
                }
                try await stage.wait(for: .liveSync)
                try await stage.more(1000, of: writer)
                let status = await stage.runner.status()
                #expect(status.feed == .notifications && status.lagBytes == nil)
                try await stage.switchOver()
                try await stage.more(1000, of: writer)
                #expect(try writer.stop().check(on: stage.target) == [])
                let report = try await stage.report()
                #expect(report.differenceCount == 0, "\(report.differences)")
                try stage.expectOthersUntouched()
                #expect(try Self.setting(stage.source) == "")
            }
        }

        /// A target where nobody may be a replica: the tenant's writes there are told apart all the same.
        @Test func aManagedTarget() async throws {
            let settings = ["rename-command PSYNC \"\"", "rename-command REPLCONF \"\""]
            try await MigrationStage.run(.init(targetSettings: settings)) { stage in
                let writer = stage.writer()
                try await stage.wait(for: .liveSync)
                #expect(await stage.runner.status().feed == .replication)
                try await stage.more(300, of: writer)
                try await stage.switchOver()
                try await stage.more(300, of: writer)
                let report = try await stage.report()
                #expect(report.differenceCount == 0 && (report.writtenSinceSwitch ?? 0) > 0, "\(report.differences)")
                #expect(try writer.stop().check(on: stage.target) == [])
                #expect(try Self.setting(stage.target) == "")
            }
        }

        @Test(arguments: ["", "xE", "AK", "Kg$lshztxe"])
        func theSettingIsAddedToAndPutBack(original: String) async throws {
            try await withRedisServers { source, target in
                try source.call("CONFIG", "SET", "notify-keyspace-events", original)
                try source.setUser(Self.tool)
                try source.call("SET", "__tenant:acme:k", "v")
                let before = try Self.setting(source)
                try await MigrationStage.run(Self.options(), source, target) { stage in
                    try await stage.wait(for: .liveSync)
                    try source.call("SET", "__tenant:acme:later", "v")
                    try await stage.expectEqual()
                    let now = try Self.setting(source)
                    #expect((now == before) == (original.count > 2 || original == "AK"), "\(now ?? "")")
                }
                #expect(try Self.setting(source) == before)
            }
        }

        /// The services that hide CONFIG have a page of their own where the setting is made.
        @Test func aSettingThatNobodyMayRead() async throws {
            let options = Self.options {
                $0.keys = 300
                $0.users = [MigrationStage.ownUser, Self.tool + " -config"]
                $0.sourceSettings = ["notify-keyspace-events AK"]
            }
            try await MigrationStage.run(options) { stage in
                let writer = stage.writer()
                try await stage.wait(for: .liveSync)
                try await stage.more(300, of: writer)
                try await stage.switchOver()
                #expect(try await stage.report().differenceCount == 0)
                #expect(try writer.stop().check(on: stage.target) == [])
                #expect(try stage.source.call("KEYS", "__ferrite_migrate*").array?.count == 0)
            }
        }

        /// Nothing that was missed is passed over: the source is read again, whole.
        @Test func aSubscriptionThatIsCutMeansANewScan() async throws {
            try await MigrationStage.run(Self.options { $0.keys = 500 }) { stage in
                let writer = stage.writer { $0.rate = 500 }
                for round in 1...3 {
                    try await stage.wait(for: .liveSync)
                    try await stage.more(100, of: writer)
                    try stage.source.call("CLIENT", "KILL", "TYPE", "pubsub")
                    try await stage.more(100, of: writer)
                    #expect(try await eventually { try stage.gaps == round })
                }
                try await stage.wait(for: .liveSync)
                #expect(try Self.setting(stage.source) == "AK")
                try await stage.more(100, of: writer)
                try await stage.switchOver()
                #expect(try writer.stop().check(on: stage.target) == [])
                #expect(try await stage.report().differenceCount == 0)
                #expect(try await eventually { try Self.setting(stage.source) == "" })
            }
        }

        /// A restart forgets the setting, and so does whoever put it back.
        @Test func aSourceThatIsRestarted() async throws {
            let options = Self.options {
                $0.keys = 300
                $0.sourceSettings = ["notify-keyspace-events Ex", "appendonly yes"]
                $0.sourceSettings += [Self.tool, MigrationStage.ownUser].map { "user \($0)" }
            }
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                try await offPool { try stage.source.restart() }
                try stage.source.call("SET", "\(stage.prefix)after", "v")
                try await stage.expectEqual(seconds: 30)
                #expect(try Set(Self.setting(stage.source) ?? "").isSuperset(of: "AK"))
                await stage.runner.stop(signal: "SIGTERM")
                #expect(try await eventually { try Set(Self.setting(stage.source) ?? "") == ["E", "x"] })
            }
        }

        static let leaks = [["INCR @leak"], ["SET ^x v", "DEL @leak", "COPY ^x @leak"], ["SPOP @none", "FLUSHDB"]]

        /// A `del` is a client's doing, whatever the source's own keys die of.
        @Test(arguments: leaks)
        func aLeakIsSeenAndNamed(commands: [String]) async throws {
            try await MigrationStage.run(.init(keys: 300, feed: .notifications)) { stage in
                try await stage.wait(for: .liveSync)
                let leaker = Repeater(stage.source.endpoint, pause: 200) { socket, _ in
                    for command in commands { try socket.call(ChangeDesk.words(command)) }
                }
                #expect(try await eventually { leaker.rounds > 5 })
                let words = try await stage.refusedCutover(.refused)
                #expect(words.contains("(user default, "), "\(words)")
                try await leaker.stop()
                try await stage.expectEqual()
                try await stage.switchOver()
                #expect(try await stage.report().differenceCount == 0)
            }
        }
    }
}

extension MigrationStage {
    /// How often changes were missed, as the journal tells it.
    fileprivate var gaps: Int {
        get throws {
            let events = try String(contentsOfFile: journal + "/events.jsonl", encoding: .utf8)
            return events.split(separator: "\n").count { $0.contains(#""gap":"#) }
        }
    }
}
