import Glibc
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

extension LiveMigration {
    /// What goes wrong on the way ends in one clear sentence.
    @Suite struct RunningFailureTests {
        /// Nothing stays there, also not what was still on its way when the copy was removed.
        @Test(arguments: [false, true])
        func aTargetThatRunsOutOfMemory(isLaneLate: Bool) async throws {
            var options = MigrationStage.Options(keys: 300, proxied: isLaneLate)
            options.before = { source, target in
                let client = try source.connect()
                for number in 0..<3000 {
                    try client.call("SET", "__tenant:acme:big:\(number)", Bytes(repeating: 7, count: 4000))
                }
                let used = try #require(try target.info("used_memory").flatMap { Int($0) })
                try target.call("CONFIG", "SET", "maxmemory", used + 4_000_000)
            }
            try await MigrationStage.run(options) { stage in
                stage.targetProxy?.before(["acme:big:"]) {
                    usleep(600_000)
                    return .pass
                }
                let failure = try await stage.failure()
                #expect(failure.kind == .failed)
                for word in ["OOM", "\(stage.targetProxy?.port ?? stage.target.port)", "maxmemory"] {
                    #expect(failure.message.contains(word), "\(failure.message)")
                }
                try await Task.sleep(for: .milliseconds(isLaneLate ? 800 : 200))
                #expect(try KeyspaceDigest(stage.target, tenants: ["acme"]).keys == 0, "\(failure.message)")
                #expect(try stage.target.call("ACL", "USERS").array?.compactMap(\.text) == ["default"])
                #expect(try KeyspaceDigest(stage.target, tenants: [MigrationStage.resident]) == stage.residents)
            }
        }

        @Test(arguments: [true, false])
        func liveSyncIsNotReachedInTime(isTarget: Bool) async throws {
            let options = MigrationStage.Options(
                keys: 2000,
                userCopy: .none,
                timeoutSeconds: 1,
                heldTarget: isTarget
            )
            try await MigrationStage.run(options) { stage in
                if !isTarget { stage.source.suspend() }
                let failure = try await stage.failure(seconds: 10)
                #expect(failure.kind == .failed)
                #expect(failure.message.contains("within 1 s") && failure.message.contains("--timeout"))
            }
        }

        /// The feed's connection, a lane's to the source, a lane's to the target: each comes again, and nothing is lost.
        @Test(arguments: ["feed", "source", "target"])
        func aConnectionIsKilled(which: String) async throws {
            try await MigrationStage.run { stage in
                let writer = stage.writer()
                try await stage.wait(for: .liveSync)
                try await stage.more(100, of: writer)
                for _ in 0..<3 {
                    try Self.kill(which, at: which == "target" ? stage.target : stage.source)
                    try await stage.more(100, of: writer)
                }
                #expect(try writer.stop().check(on: stage.source) == [])
                try await stage.expectEqual()
                #expect(await stage.runner.status().phase == .liveSync)
            }
        }

        /// The fence does not stay up when connections break in the middle of a cutover, and the next one succeeds.
        @Test(arguments: ["feed", "source", "target"])
        func aConnectionIsKilledInsideTheFence(which: String) async throws {
            try await MigrationStage.run(.init(proxied: true)) { stage in
                let writer = stage.writer()
                try await stage.wait(for: .liveSync)
                try await stage.more(100, of: writer)
                let rules = try stage.source.accessRules
                stage.sourceProxy?.before(["%R~", "replication"]) {
                    try? Self.kill(which, at: which == "target" ? stage.target : stage.source)
                    return .pass
                }
                guard case .back(let failure) = try await stage.cutover({ $0.maxPauseMilliseconds = 3000 }) else {
                    Issue.record("switched without its connections")
                    return
                }
                #expect(failure.kind == .unreachable, "\(failure)")
                #expect(try stage.source.accessRules == rules)
                let client = try stage.target.log(in: MigrationStage.user, password: MigrationStage.password)
                #expect(try client.answer("SET", "\(stage.prefix)k", "v").code == "NOPERM")
                try await stage.more(50, of: writer)
                try await stage.waitUntilSound()
                try await stage.switchOver()
                try await stage.more(50, of: writer)
                #expect(try writer.stop().check(on: stage.target) == [])
                #expect(try await stage.report().differenceCount == 0)
            }
        }

        /// After the switch the copy's own connections are of no use any more.
        @Test func aConnectionIsKilledAfterTheSwitch() async throws {
            try await MigrationStage.run(.init(keys: 6000)) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.switchOver()
                stage.target.suspend()
                try Self.kill("feed", at: stage.source)
                try Self.kill("source", at: stage.source)
                try await Task.sleep(for: .milliseconds(100))
                stage.target.resume()
                #expect(try await stage.report().differenceCount == 0)
                #expect(await stage.runner.status().phase == .completed)
            }
        }

        private static func kill(_ which: String, at server: RedisServer) throws {
            if which == "feed" {
                try server.call("CLIENT", "KILL", "TYPE", "replica")
                return
            }
            let commands = ["cmd=dump ", "cmd=mget ", "cmd=restore ", "cmd=set ", "cmd=unlink "]
            // The one that was killed before may not be back yet.
            for _ in 0..<1000 {
                let list = try server.call("CLIENT", "LIST", "TYPE", "normal").text ?? ""
                let line = list.split(whereSeparator: \.isNewline).first { line in
                    line.contains("user=default") && commands.contains { line.contains($0) }
                }
                if let id = line?.split(separator: " ").first?.dropFirst("id=".count) {
                    try server.call("CLIENT", "KILL", "ID", String(id))
                    return
                }
                usleep(5000)
            }
            Issue.record("no lane at \(server.address)")
        }
    }
}
