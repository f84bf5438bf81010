import MigrationCore
import MigrationTestSupport
import NIOPosix
import RedisClient
import Testing

@testable import MigrationEngine

extension LiveMigration {
    /// What happens to big values one thing after another: after each both sides become equal.
    @Suite struct BigChangeTests {
        private static let tenant = BigTenant(
            fields: 4000,
            members: 4000,
            elements: 4000,
            bytes: 1 << 20,
            entries: 8000
        )

        private static func options(_ version: RedisVersion = .v7) -> MigrationStage.Options {
            var options = MigrationStage.Options(sourceVersion: version, seeds: false)
            options.bigValueBytes = 65_536
            options.before = { source, _ in try tenant.write(to: source) }
            return options
        }

        /// `@` stands for the tenant's prefix.
        private static let changes = [
            ["PEXPIREAT @hash 4102444800000", "HINCRBY @hash field:3 5"], ["PERSIST @hash"],
            ["HSET @hash a 1 field:7 x", "HDEL @hash field:9"], ["ZPOPMIN @zset 5", "ZADD @zset 7.25 m"],
            ["ZREMRANGEBYSCORE @zset 20 30"], ["SMOVE @set @elsewhere member:5"], ["SPOP @set 7"],
            ["LPOP @list", "RPUSH @list a b", "LSET @list 30 x", "LTRIM @list 5 -5"],
            ["APPEND @string tail", "SETRANGE @string 70000 x", "SETBIT @string 8000000 1"],
            ["XADD @stream 9000-1 f v", "XDEL @stream 7000-0", "XTRIM @stream MINID 5500-0"],
            ["XREADGROUP GROUP g c COUNT 30 STREAMS @stream >", "XACK @stream g 5510-0", "XDEL @stream 5511-0"],
            ["XGROUP CREATE @stream late 0", "XGROUP DESTROY @stream idle", "XSETID @stream 9500-0"],
            // What needs a new copy: deleted entries are pending, and the tool has nothing of the stream.
            ["RENAME @stream @river"], ["RENAME @set @bag", "SADD @bag one more"],
            ["COPY @zset @zset2", "ZINCRBY @zset2 1 member:900", "ZUNIONSTORE @sum 2 @zset @zset2"],
            // Small, gone, of another type, and big again.
            ["SET @string small"], ["SETRANGE @string 300000 x"], ["APPEND @string y"], ["DEL @list"],
            ["DEL @hash", "HSET @hash a 1"], ["DEL @bag", "SETRANGE @bag 200000 x"], ["PEXPIRE @bag 1"],
            ["SWAPDB 0 3"], ["SWAPDB 0 3", "ZREM @zset m"], ["MOVE @zset 3"], ["FLUSHALL"],
        ]

        @Test func changesOneByOne() async throws {
            try await MigrationStage.run(Self.options()) { stage in
                try await stage.wait(for: .liveSync)
                // Before the comparison, which reads by DUMP.
                #expect(try stage.source.info("cmdstat_dump") == nil, "something moved as one payload")
                try await stage.expectEqual("the copy")
                for change in Self.changes {
                    let desk = try ChangeDesk(stage.source)
                    for command in change { try desk(command) }
                    try await stage.expectEqual(change.joined(separator: "; "))
                }
                #expect(try stage.target.call("KEYS", "__ferrite_migrate*").array?.isEmpty == true)
            }
        }

        @Test(.enabled(if: RedisVersion.v62.isAvailable)) func fromAnOlderServer() async throws {
            try await MigrationStage.run(Self.options(.v62)) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.expectEqual("the copy")
                let desk = try ChangeDesk(stage.source)
                for command in Self.changes.prefix(11).flatMap(\.self) { try desk(command) }
                try await stage.expectEqual("the changes")
                _ = try await stage.cutover { $0.fence = .none }
                let report = try await stage.report()
                #expect(report.differences == [])
            }
        }

        /// The tool's user at the source may not read in pieces: the values move all the same.
        @Test func withoutThePermissionsBigValuesMoveAsOnePayload() async throws {
            var options = Self.options()
            options.users += ["tool on >pw ~* &* +@all -hscan -sscan -zscan -lrange -getrange -xrange"]
            options.toolUser = "tool"
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.expectEqual("the copy")
                try ChangeDesk(stage.source)("HSET @hash a 1")
                try await stage.expectEqual("a change")
            }
        }

        /// Where the source's allocator proves that its strings are small, their scan costs no more than before.
        @Test func smallStringsAreNotAskedForTheirSizes() async throws {
            var options = MigrationStage.Options(seeds: false)
            options.before = { source, _ in
                try #require(source.info("mem_allocator")?.hasPrefix("jemalloc") == true)
                var request = RequestBuffer()
                for number in 0..<5000 { request.append("SET", "__tenant:acme:\(number)", "value \(number)") }
                for number in 0..<3 { request.append("HSET", "__tenant:acme:h\(number)", "f", "1") }
                try source.connect().perform(request)
            }
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                // One for each hash, and the first, which finds out whether the source knows it.
                let calls = try stage.source.info("cmdstat_memory|usage")
                #expect(calls?.hasPrefix("calls=4,") == true, "\(calls ?? "none")")
                // A string that becomes big later is found out by its touch.
                try stage.source.call("SETRANGE", "__tenant:acme:1", 20_000_000, "x")
                try await stage.expectEqual("a string has grown")
                #expect(try stage.source.info("cmdstat_getrange") != nil, "it moved in pieces")
            }
        }

        @Test func whatIsLeftOfUnfinishedMovesIsRemoved() async throws {
            try await withRedisServer { server in
                for database in [0, 5] {
                    for number in 0..<BigValueMover.workerCount {
                        try server.call("SET", "__ferrite_migrate:part:mig_a:\(number)", "x", database: database)
                    }
                    try server.call("SET", "__ferrite_migrate:part:mig_b:0", "x", database: database)
                }
                let address = ServerAddress(host: "127.0.0.1", port: server.port)
                let plan = try MigrationPlan(
                    id: "mig_a",
                    scope: TenantScope(tenant: "acme"),
                    source: ServerPlan(address: ServerAddress(host: "127.0.0.1", port: 1)),
                    target: ServerPlan(address: address),
                    transfer: TransferOptions()
                )
                try await BigValueMover.removeParts(
                    of: plan,
                    at: RedisEndpoint(address, password: nil),
                    on: MultiThreadedEventLoopGroup.singleton
                )
                for database in [0, 5] {
                    let left = try server.call("KEYS", "*", database: database).array?.compactMap(\.text)
                    #expect(left == ["__ferrite_migrate:part:mig_b:0"])
                }
            }
        }
    }
}
