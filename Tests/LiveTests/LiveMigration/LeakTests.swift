import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

extension LiveMigration {
    /// Somebody whom the fence does not stop writes the tenant's keys during a cutover.
    @Suite struct LeakTests {
        struct Leak: Sendable, CustomTestStringConvertible {
            var testDescription: String { command }
            let command: String
            let key: String
            let user: String
            var rules = "~* +@all"
            /// Commands sent at once.
            var burst = 1
            var pause: UInt32 = 100
        }

        static let leaks = [
            Leak(command: "SET", key: "@leak v", user: "default"),
            Leak(command: "DEL", key: "@leak", user: "default"),
            Leak(command: "RPUSH", key: "@leak v", user: "batch", rules: "%W~* +@all"),
            // Hardly a moment at which nothing is on its way.
            Leak(command: "INCR", key: "@leak", user: "default", burst: 10),
        ]

        @Test(arguments: leaks)
        func aLeakIsSeenNamedAndUndone(leak: Leak) async throws {
            let users = [MigrationStage.ownUser] + (leak.user == "default" ? [] : ["\(leak.user) on >pw \(leak.rules)"])
            try await MigrationStage.run(.init(users: users, proxied: true)) { stage in
                try await stage.wait(for: .liveSync)
                let password = leak.user == "default" ? nil : "pw"
                let leaker = Repeater(stage.source.endpoint(user: leak.user, password: password), pause: leak.pause) {
                    var request = RequestBuffer()
                    if leak.command == "DEL" { request.append(ChangeDesk.words("SET ^x v")) }
                    for _ in 0..<leak.burst { request.append(ChangeDesk.words("\(leak.command) \(leak.key)")) }
                    if leak.command == "DEL" { request.append(ChangeDesk.words("COPY ^x @leak")) }
                    _ = ($1, try $0.pipeline(request))
                }
                #expect(try await eventually { leaker.rounds > 5 })
                // The barrier's answer takes its time, so that the leaker has its chance on a loaded machine as well.
                stage.sourceProxy?.before(["%R~", "replication"]) { .passAndHold(100_000) }
                let words = try await stage.refusedCutover(.refused)
                #expect(words.contains("__tenant:acme:leak") && words.contains("(user \(leak.user), "), "\(words)")
                // The tenant works on at the source.
                let client = try stage.source.log(in: MigrationStage.user, password: MigrationStage.password)
                try client.call("SET", "\(stage.prefix)own", "v")
                let target = try stage.target.log(in: MigrationStage.user, password: MigrationStage.password)
                #expect(try target.answer("SET", "\(stage.prefix)own", "v").code == "NOPERM")
                try await leaker.stop()
                try await stage.expectEqual()
                try await stage.switchOver()
                #expect(try await stage.report().differenceCount == 0)
            }
        }

        /// What happens between the barrier and the switch.
        @Test(arguments: ["FLUSHALL", "FLUSHDB", "SWAPDB 0 9", "RENAME @k0 elsewhere", "SET @k0 v"])
        func oneLeakInsideTheFence(command: String) async throws {
            try await MigrationStage.run(.init(proxied: true)) { stage in
                try await stage.wait(for: .liveSync)
                let source = stage.source
                stage.sourceProxy?.before(["%R~", "replication", "replication"]) {
                    _ = try? source.connect().call(ChangeDesk.words(command))
                    return .pass
                }
                let words = try await stage.refusedCutover(.refused)
                #expect(words.contains(String(command.split(separator: " ")[0])), "\(words)")
                try await stage.expectEqual(command)
                try await stage.switchOver()
                try stage.expectOthersUntouched()
            }
        }

        /// The source's own deletions reach the stream after the fence as well, and what the tenant publishes.
        @Test(arguments: ChangeTests.feeds)
        func expiryAndEvictionAndMessagesAreNoLeaks(feed: FeedPreference) async throws {
            for round in 0..<3 {
                let policy = round == 2 ? "allkeys-random" : "noeviction"
                let settings = ["maxmemory-policy \(policy)", "hz 100"]
                try await MigrationStage.run(.init(keys: 300, sourceSettings: settings, feed: feed)) { stage in
                    let client = try stage.source.connect()
                    var request = RequestBuffer()
                    for number in 0..<6000 {
                        request.append("SET", "\(stage.prefix)brief:\(number)", number, "PX", 300 + number / 2)
                    }
                    try client.perform(request)
                    let login = stage.source.endpoint(user: MigrationStage.user, password: MigrationStage.password)
                    let publisher = Repeater(login) { socket, round in
                        try socket.call("PUBLISH", "__tenant:acme:news", round)
                        try socket.call("SPUBLISH", "__tenant:acme:news", round)
                    }
                    try await stage.wait(for: .liveSync)
                    let used = try #require(try stage.source.info("used_memory").flatMap { Int($0) })
                    if round == 2 { try stage.source.call("CONFIG", "SET", "maxmemory", used + 100_000) }
                    // A server at its limit may refuse one while it makes room.
                    let filler = Repeater(stage.source.endpoint) { socket, round in
                        _ = try socket.answer("SET", "filler:\(round % 5000)", Bytes(repeating: 1, count: 500))
                    }
                    #expect(try await eventually { try stage.source.info("expired_keys") != "0" })
                    try await stage.switchOver { $0.force = true }
                    try await filler.stop()
                    try await publisher.stop()
                    #expect(publisher.error == nil && filler.error == nil)
                }
            }
        }
    }
}
