import MigrationCore
import MigrationEngine
import MigrationTestSupport
import NIOCore
import NIOPosix
import RedisClient
import Synchronization
import Testing

extension LiveMigration {
    /// The notification feed by itself.
    @Suite struct NotificationFeedTests {
        static func feed(
            _ port: Int,
            user: String? = nil,
            databases: [Int]? = nil,
            pulse: NotificationPulse = NotificationPulse(),
            recorded: NotificationSetting? = nil,
            record: @escaping NotificationFeed.Recorder = { _ in }
        ) throws -> NotificationFeed {
            NotificationFeed(
                endpoint: RedisEndpoint(
                    host: "127.0.0.1",
                    port: port,
                    username: user,
                    password: user.map { _ in "pw" }
                ),
                scope: try TenantScope(tenant: "acme"),
                databases: databases,
                group: MultiThreadedEventLoopGroup.singleton,
                pulse: pulse,
                recorded: recorded,
                record: record
            )
        }

        static func attached(
            _ server: RedisServer,
            databases: [Int]? = nil,
            _ body: (NotificationFeed, NotedSink) async throws -> Void
        ) async throws {
            let (feed, sink) = (try feed(server.port, databases: databases), NotedSink())
            let attachment = try await feed.attach(to: sink, from: nil)
            #expect(!attachment.continued && attachment.position.offset == feed.offset)
            do {
                try await body(feed, sink)
            } catch {
                await feed.detach()
                throw error
            }
            await feed.detach()
        }

        /// Whatever a server has executed before it is asked where it stands has been told once the feed is there.
        @Test(arguments: RedisVersion.available)
        func nothingOverTakesAMarker(version: RedisVersion) async throws {
            try await withRedisServer(version) { server in
                try await Self.attached(server) { feed, sink in
                    let noise = Repeater(server.endpoint, pause: 3000) { socket, round in
                        var request = RequestBuffer()
                        for number in 0..<20 { request.append("INCR", "__tenant:acme:noise:\(number)") }
                        _ = (round, try socket.pipeline(request))
                    }
                    let client = try server.connect(database: 3)
                    for round in 0..<100 {
                        try client.call("SET", "__tenant:acme:before:\(round)", "v")
                        let barrier = try await feed.serverOffset()
                        try client.call("SET", "__tenant:acme:after:\(round)", "v")
                        #expect(try await eventually { feed.offset >= barrier })
                        let before = sink.first("before:\(round)")
                        #expect(before.map { $0.offset < barrier } == true, "\(round)")
                        let end = try await feed.serverOffset()
                        #expect(try await eventually { feed.offset >= end })
                        let after = sink.first("after:\(round)")
                        #expect(after.map { $0.offset >= barrier } == true, "\(round)")
                    }
                    try await noise.stop()
                    #expect(noise.rounds > 10 && sink.lost == [])
                }
            }
        }

        static let clearings = [
            ["FLUSHALL"], ["FLUSHDB"], ["SWAPDB 0 3"], ["MULTI", "FLUSHDB", "EXEC"], ["FLUSHALL ASYNC"],
            ["CONFIG RESETSTAT"], ["CONFIG RESETSTAT", "FLUSHALL"],
        ]

        /// Nobody is notified of these.
        @Test(arguments: clearings)
        func whatEmptiesDatabasesIsNoticedBeforeTheNextBarrier(commands: [String]) async throws {
            try await withRedisServer { server in
                let client = try server.connect()
                try client.call("FLUSHALL")
                for _ in 0..<200 { try client.call("PING") }
                try await Self.attached(server) { feed, sink in
                    let before = try await feed.serverOffset()
                    #expect(sink.clearings.isEmpty)
                    for command in commands { try client.call(ChangeDesk.words(command)) }
                    let barrier = try await feed.serverOffset()
                    #expect(sink.clearings.count == 1)
                    #expect(sink.clearings.allSatisfy { $0.offset < barrier }, "\(before)")
                    #expect(commands.contains { $0.hasPrefix(sink.clearings.first?.command ?? "?") })
                    _ = try await feed.serverOffset()
                    #expect(sink.clearings.count == 1)
                    // A script's is noticed by itself, without anybody asking.
                    try client.call("EVAL", "redis.call('FLUSHALL')", 0)
                    #expect(try await eventually { sink.clearings.count == 2 })
                    #expect(sink.lost == [])
                }
            }
        }

        @Test func itHearsOfTheTenantsKeysAlone() async throws {
            try await withRedisServer { server in
                try await Self.attached(server, databases: [0, 9]) { feed, sink in
                    let client = try server.connect()
                    let lookalikes = [
                        "__tenant:acme-corp:k", "x__:__tenant:acme:k", "__tenant:acme", "__keyspace@0__:k",
                    ]
                    for key in lookalikes + ["__tenant:acme:", "__tenant:acme:*[a]", "__tenant:acme:\r\n"] {
                        for database in [0, 5, 9] {
                            try client.call("SELECT", database)
                            try client.call("SET", key, "v")
                        }
                    }
                    let end = try await feed.serverOffset()
                    #expect(try await eventually { feed.offset >= end })
                    let keys = ["__tenant:acme:", "__tenant:acme:*[a]", "__tenant:acme:\\x0d\\x0a"]
                    #expect(sink.names == Set([0, 9].flatMap { number in keys.map { "\(number) \($0)" } }))
                }
            }
        }

        @Test func theServersOwnDeathsAreNoWrites() async throws {
            try await withRedisServer(settings: ["maxmemory-policy allkeys-random"]) { server in
                try await Self.attached(server) { _, sink in
                    let client = try server.connect()
                    try client.call("SET", "__tenant:acme:brief", "v", "PX", 20)
                    try client.call("SET", "__tenant:acme:gone", "v")
                    try client.call("DEL", "__tenant:acme:gone")
                    #expect(try await eventually { sink.noted.contains { $0.command == "expired" } })
                    let used = try #require(try server.info("used_memory").flatMap { Int($0) })
                    try client.call("CONFIG", "SET", "maxmemory", used + 300_000)
                    for number in 0..<500 {
                        try client.call("SET", "__tenant:acme:evict:\(number)", Bytes(repeating: 7, count: 2000))
                    }
                    #expect(try await eventually { sink.noted.contains { $0.command == "evicted" } })
                    #expect(
                        sink.noted.filter { !$0.isWrite }.allSatisfy { ["expired", "evicted"].contains($0.command) }
                    )
                    #expect(sink.noted.contains { $0.command == "del" && $0.isWrite })
                }
            }
        }

        /// XREADGROUP, XACK, XCLAIM and XAUTOCLAIM change a stream and notify nobody.
        @Test func consumerGroupsAreReadAgain() async throws {
            try await withRedisServer { server in
                let client = try server.connect(database: 3)
                let desk = [
                    "XADD @x 1-1 f v", "XGROUP CREATE @x g 0", "XREADGROUP GROUP g a STREAMS @x >", "XADD @plain * f v",
                ]
                for line in desk { try client.call(ChangeDesk.words(line)) }
                try await Self.attached(server) { feed, sink in
                    let changes = [
                        "XREADGROUP GROUP g a STREAMS @x 0", "XCLAIM @x g a 0 1-1", "XAUTOCLAIM @x g a 0 0",
                        "XACK @x g 1-1",
                    ]
                    for (index, change) in changes.enumerated() {
                        try client.call(ChangeDesk.words(change))
                        let barrier = try await feed.serverOffset()
                        let doubts = sink.noted.filter { $0.offset < barrier }
                        #expect(
                            doubts.map(\.name) == Array(repeating: "3 __tenant:acme:x", count: index + 1),
                            "\(change)"
                        )
                        #expect(doubts.allSatisfy { !$0.isWrite })
                    }
                    // A group that comes later, under a name that comes later still.
                    try client.call(ChangeDesk.words("XGROUP CREATE @new h $ MKSTREAM"))
                    try client.call(ChangeDesk.words("RENAME @new @newer"))
                    try client.call(ChangeDesk.words("XGROUP CREATECONSUMER @newer h c"))
                    let start = sink.noted.count
                    try client.call(ChangeDesk.words("XREADGROUP GROUP h c STREAMS @newer >"))
                    _ = try await feed.serverOffset()
                    #expect(
                        sink.noted[start...].contains {
                            $0.name == "3 __tenant:acme:newer" && $0.command == "XREADGROUP"
                        }
                    )
                    #expect(!sink.names.contains("3 __tenant:acme:plain"))
                }
            }
        }
    }

    /// What ends a notification feed, and what it leaves behind.
    @Suite struct NotificationLossTests {
        typealias Feeds = NotificationFeedTests

        @Test(arguments: ["CLIENT KILL TYPE pubsub", "CONFIG SET notify-keyspace-events gK", "REPLICAOF 127.0.0.1 1"])
        func aLossIsReportedOnce(command: String) async throws {
            try await withRedisServer { server in
                let (feed, sink) = (try Feeds.feed(server.port), NotedSink())
                _ = try await feed.attach(to: sink, from: nil)
                try server.connect().call(ChangeDesk.words(command))
                #expect(try await eventually { !sink.lost.isEmpty })
                await #expect(throws: MigrationFailure.self) { try await feed.serverOffset() }
                await feed.detach()
                #expect(sink.lost.count == 1 && sink.lost[0].count > 10, "\(sink.lost)")
            }
        }

        /// A feed that cannot be told from a silent one by what it says.
        @Test func aLinkThatIsDeadWithoutAWordIsNoticed() async throws {
            try await withRedisServer { server in
                let proxy = try ServerProxy(to: server)
                defer { proxy.stop() }
                let pulse = NotificationPulse(interval: .milliseconds(200), patience: .milliseconds(1000))
                let (feed, sink) = (try Feeds.feed(proxy.port, pulse: pulse), NotedSink())
                _ = try await feed.attach(to: sink, from: nil)
                try await Task.sleep(for: .milliseconds(2500))
                #expect(sink.lost == [], "it is silent, and alive")
                proxy.before(["PING"]) { .passAndHold(6_000_000) }
                #expect(try await eventually(5) { sink.lost.first?.contains("said nothing for 1 s") == true })
                await feed.detach()
            }
        }

        /// A client that does not read is cut off by its output buffer limit; the tool reads, and is not.
        @Test func theOutputBufferLimitIsNotReached() async throws {
            try await withRedisServer(settings: ["client-output-buffer-limit pubsub 3mb 2mb 5"]) { server in
                try await Feeds.attached(server) { feed, sink in
                    let client = try server.connect()
                    let idle = try server.connect()
                    try idle.call("PSUBSCRIBE", "__keyspace@0__:__tenant:acme:*")
                    let script = "for i = 1, 500 do redis.call('INCR', '__tenant:acme:n' .. i) end"
                    for _ in 0..<40 {
                        // A megabyte, and then a moment for a loaded machine.
                        for _ in 0..<10 { try client.call("EVAL", script, 0) }
                        let barrier = try await feed.serverOffset()
                        #expect(try await eventually { feed.offset >= barrier })
                    }
                    #expect(sink.lost == [])
                    #expect(sink.noted.count == 200_000)
                    let left = try client.call("CLIENT", "LIST", "TYPE", "pubsub").text ?? ""
                    #expect(left.split(separator: "\n").count == 1, "\(idle.endpoint): \(left)")
                }
            }
        }

        @Test func whatIsChangedIsRecordedFirstAndPutBack() async throws {
            try await withRedisServer { server in
                let recorded = Mutex<[NotificationSetting]>([])
                let feed = try Feeds.feed(server.port) { setting in
                    let now = try? NotificationTests.setting(server)
                    recorded.withLock { if now == "" { $0.append(setting) } }
                }
                _ = try await feed.attach(to: NotedSink(), from: nil)
                let setting = NotificationSetting(original: "", raised: "AK")
                #expect(recorded.withLock { $0 } == [setting] && feed.setting == setting)
                #expect(try NotificationTests.setting(server) == "AK")
                // Somebody else listens meanwhile: theirs stays.
                try server.call("CONFIG", "SET", "notify-keyspace-events", "AKE")
                await feed.detach()
                #expect(try NotificationTests.setting(server) == "E")
            }
        }

        /// A record that cannot be made is no reason to change anything.
        @Test func withoutARecordNothingIsChanged() async throws {
            try await withRedisServer { server in
                let feed = try Feeds.feed(server.port) { _ throws(MigrationFailure) in
                    throw MigrationFailure(.failed, "the disk is full")
                }
                await #expect(throws: MigrationFailure.self) { try await feed.attach(to: NotedSink(), from: nil) }
                #expect(try NotificationTests.setting(server) == "")
            }
        }

        /// The setting of a feed that died is known to its successor.
        @Test func aSuccessorPutsBackWhatItsForerunnerChanged() async throws {
            try await withRedisServer(settings: ["notify-keyspace-events AK"]) { server in
                let recorded = NotificationSetting(original: "Ex", raised: "AK")
                let feed = try Feeds.feed(server.port, recorded: recorded)
                let attachment = try await feed.attach(
                    to: NotedSink(),
                    from: FeedPosition(replicationID: "notifications", offset: 7, database: 0)
                )
                #expect(!attachment.continued)
                await feed.detach()
                #expect(try Set(NotificationTests.setting(server) ?? "") == ["E", "x"])
            }
        }

        /// Two tenants of one server: the first to end leaves the second its notifications.
        @Test func theLastOfSeveralFeedsPutsItBack() async throws {
            try await withRedisServer(settings: ["notify-keyspace-events Ex"]) { server in
                let (first, second) = (try Feeds.feed(server.port), try Feeds.feed(server.port))
                let sink = NotedSink()
                _ = try await first.attach(to: NotedSink(), from: nil)
                _ = try await second.attach(to: sink, from: nil)
                await first.detach()
                #expect(try Set(NotificationTests.setting(server) ?? "").isSuperset(of: "AK"))
                try await Task.sleep(for: .milliseconds(500))
                try server.call("SET", "__tenant:acme:k", "v")
                #expect(try await eventually { sink.names == ["0 __tenant:acme:k"] })
                #expect(sink.lost == [])
                await second.detach()
                #expect(try Set(NotificationTests.setting(server) ?? "") == ["E", "x"])
            }
        }
    }
}
