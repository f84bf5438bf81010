import Glibc
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import NIOPosix
import RESP
import RedisClient
import Synchronization
import Testing

extension LiveMigration {
    /// The tool as a replica: it gets no data, holds nobody up, and is not taken for a copy.
    @Suite struct FeedTests {
        final class Sink: ChangeSink {
            private let state = Mutex((names: Set<String>(), lost: String?.none))

            var names: Set<String> { state.withLock(\.names) }
            var lostReason: String? { state.withLock(\.lost) }

            func changed(shard: ShardID, _ touches: Touches, position: FeedPosition) {
                let names = touches.touches.indices.map { "\(touches.touches[$0].database) \(touches.key($0))" }
                state.withLock { $0.names.formUnion(names) }
            }

            func lost(shard: ShardID, reason: String) { state.withLock { $0.lost = reason } }
        }

        /// With a backlog, without one, and by an RDB: each tells what changes from its attachment on, in its database.
        @Test(arguments: [(backlog: true, mayContinue: true), (false, true), (false, false), (true, false)])
        func aFeedOfRedis7(backlog: Bool, mayContinue: Bool) async throws {
            try await withRedisServer(settings: ["repl-diskless-sync-delay 0"]) { server in
                try await Self.fill(server)
                if backlog { try await Self.makeBacklog(server) }
                let partial = try server.info("sync_partial_ok")
                let sent = try server.info("total_net_output_bytes").flatMap { Int($0) } ?? 0
                try await Self.follow(server, mayContinue: mayContinue)
                let more = try #require(try server.info("total_net_output_bytes").flatMap { Int($0) }) - sent
                #expect(more < 1_000_000, "\(more) bytes for a data set of 10 MB")
                #expect((try server.info("sync_partial_ok") != partial) == mayContinue)
            }
        }

        @Test(
            .enabled(if: RedisVersion.v62.isAvailable, "redis-server 6.2 is not on this machine"),
            arguments: [true, false]
        )
        func aFeedOfRedis62(mayContinue: Bool) async throws {
            try await withRedisServer(.v62) { server in
                try await Self.fill(server)
                try await Self.follow(server, mayContinue: mayContinue)
                let sent = try #require(try server.info("total_net_output_bytes").flatMap { Int($0) })
                #expect(mayContinue || sent > 10_000_000, "the whole RDB was to come: \(sent) bytes")
            }
        }

        private static func follow(_ server: RedisServer, mayContinue: Bool) async throws {
            let (sink, feed) = (Sink(), self.feed(server, mayContinue))
            let writer = Repeater(server.endpoint) { socket, round in
                try socket.call("SELECT", round % 2 * 9)
                try socket.call("SET", "__tenant:acme:n\(round)", round)
                try socket.call("SET", "__tenant:acme-corp:n\(round)", round)
            }
            #expect(try await eventually { writer.rounds > 20 })
            _ = try await feed.attach(to: sink, from: nil)
            // Of the round under way the tenant's key may have been written before that.
            let attached = writer.rounds + 1
            #expect(try await eventually { writer.rounds > attached + 50 })
            try await writer.stop()
            let end = try await feed.serverOffset()
            #expect(try await eventually { feed.offset >= end })
            let names = sink.names
            let missing = (attached..<writer.rounds).filter { !names.contains("\($0 % 2 * 9) __tenant:acme:n\($0)") }
            #expect(missing == [])
            #expect(!names.contains { $0.contains("corp") })
            await feed.detach()
            #expect(sink.lostReason == nil)
        }

        private static func feed(_ server: RedisServer, _ mayContinue: Bool) -> ReplicationFeed {
            ReplicationFeed(
                endpoint: RedisEndpoint(host: "127.0.0.1", port: server.port),
                prefix: "__tenant:acme:",
                group: MultiThreadedEventLoopGroup.singleton,
                mayContinue: mayContinue
            )
        }

        /// 10 MB that nobody asked for.
        private static func fill(_ server: RedisServer) async throws {
            var random = SplitMix64(seed: 4)
            let client = try server.connect()
            for number in 0..<100 { try client.call("SET", "big:\(number)", random.bytes(100_000)) }
        }

        private static func makeBacklog(_ server: RedisServer) async throws {
            let first = feed(server, true)
            _ = try await first.attach(to: Sink(), from: nil)
            await first.detach()
            #expect(try server.info("repl_backlog_active") == "1")
        }

        @Test func theToolIsNoCopyForWAITAndAnswersAtOnce() async throws {
            try await MigrationStage.run(.init(keys: 100, proxied: true)) { stage in
                try await stage.wait(for: .liveSync)
                #expect(try await eventually { try stage.source.info("slave0")?.contains("state=online") == true })
                let client = try stage.source.connect()
                let answers = Mutex(0)
                for _ in 0..<8 {
                    stage.sourceProxy?.before(["ACK"]) {
                        answers.withLock { $0 += 1 }
                        return .pass
                    }
                    try client.call("INCR", "\(stage.prefix)n")
                    #expect(try client.call("WAIT", 1, 50).integer == 0)
                }
                // By itself it would have come once a second.
                #expect(answers.withLock { $0 } >= 7)
                #expect(try stage.source.info("slave0")?.contains("offset=0,") == true)
                try await stage.expectEqual()
            }
        }

        /// It would wait an hour for a replica that says nothing of what it has.
        @Test(arguments: RedisVersion.available.filter { $0 != .v62 })
        func noShutdownWaitsForIt(version: RedisVersion) async throws {
            try await withRedisServer(version, settings: ["shutdown-timeout 3600"]) { server in
                let (sink, feed) = (Sink(), Self.feed(server, true))
                _ = try await feed.attach(to: sink, from: nil)
                let client = try server.connect()
                // A client's question comes first, and leaves nothing behind that would hide the server's.
                for number in 0..<20 { try client.call("SET", "__tenant:acme:n\(number)", number) }
                #expect(try client.call("WAIT", 1, 50).integer == 0)
                #expect(throws: (any Error).self) { try client.call("SHUTDOWN", "NOSAVE") }
                let hasEnded = try await eventually { (try? server.connect()) == nil }
                #expect(hasEnded)
                #expect(try await eventually { sink.lostReason != nil })
                if !hasEnded { server.kill(SIGKILL) }
                await feed.detach()
            }
        }

        @Test func theFeedOutlivesTheReplicationTimeout() async throws {
            let settings = ["repl-timeout 2", "repl-ping-replica-period 1"]
            try await MigrationStage.run(.init(keys: 100, sourceSettings: settings)) { stage in
                try await stage.wait(for: .liveSync)
                try await Task.sleep(for: .milliseconds(3500))
                try stage.source.call("SET", "\(stage.prefix)late", "v")
                try await stage.expectEqual()
                #expect(try stage.source.info("sync_full").flatMap { Int($0) } ?? 9 <= 1)
            }
        }

        /// Without PUBLISH nobody says in which database the stream goes on, so it begins anew.
        @Test(arguments: RedisVersion.available)
        func aToolThatMayNotPublish(version: RedisVersion) async throws {
            var options = MigrationStage.Options(keys: 300, databases: [0, 3], sourceVersion: version)
            options.targetVersion = version
            options.users.append("tool on >pw ~* +@all -publish")
            options.toolUser = "tool"
            if version != .v62 { options.sourceSettings = ["repl-diskless-sync-delay 0"] }
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                let desk = try ChangeDesk(stage.source)
                for number in 0..<20 { try desk("SET @n:\(number) v", in: [0, 3, 15][number % 3]) }
                try await stage.expectEqual()
                try await stage.switchOver()
                #expect(try await stage.report().differenceCount == 0)
            }
        }
    }

    @Suite(.enabled(if: RedisVersion.v62.isAvailable, "redis-server 6.2 is not on this machine"))
    struct OldSourceTests {
        /// No PEXPIRETIME, no empty RDB, no read-only patterns: and everything arrives to the millisecond.
        @Test func fromRedis62UnderTraffic() async throws {
            let options = MigrationStage.Options(keys: 2000, databases: [0, 3], sourceVersion: .v62)
            try await MigrationStage.run(options) { stage in
                let writer = stage.writer {
                    $0.databases = [0, 3]
                    $0.rate = 1500
                }
                try await stage.wait(for: .liveSync)
                try await stage.more(1000, of: writer)
                try await stage.switchOver()
                try await stage.more(1000, of: writer)
                #expect(try writer.stop().check(on: stage.target) == [])
                let report = try await stage.report()
                #expect(report.differenceCount == 0, "\(report.differences)")
                try stage.expectOthersUntouched()
            }
        }

        @Test func allAtRest() async throws {
            try await MigrationStage.run(.init(keys: 3000, databases: [0, 3], sourceVersion: .v62)) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.expectEqual()
                let words = try await stage.runner.verify(sample: nil)
                #expect(words.differenceCount == 0 && words.keysSource == 3000)
            }
        }
    }
}
