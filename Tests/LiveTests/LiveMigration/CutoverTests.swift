import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Synchronization
import Testing

extension LiveMigration {
    /// Fence, drain, switch, with clients of every kind at work.
    @Suite struct CutoverTests {
        @Test func aCutoverUnderTrafficLosesAndDoublesNothing() async throws {
            try await MigrationStage.run(.init(keys: 3000, databases: [0, 3])) { stage in
                let writer = stage.writer {
                    $0.databases = [0, 3]
                    $0.rate = 3000
                }
                try await stage.wait(for: .liveSync)
                try await stage.more(2000, of: writer)
                let (downtime, keys) = try await stage.switchOver()
                #expect(downtime > 0)
                #expect(keys > 3000)
                try await stage.more(2000, of: writer)
                let ledger = writer.stop()
                #expect(try ledger.check(on: stage.target) == [])
                #expect(ledger.statistics.refused > 0)
                let report = try await stage.report()
                #expect(report.differenceCount == 0, "\(report.differences)")
                #expect((report.writtenSinceSwitch ?? 0) > 0)
                let status = await stage.runner.status()
                #expect(status.phase == .completed && status.progress == 100)
                #expect(status.downtimeMilliseconds == downtime && status.keysMigrated == keys)
                #expect(status.lagKeys == 0 && status.lagBytes == 0 && status.stragglers == 0)
                #expect(status.verification == report && status.writesRefusedSince != nil && status.error == nil)
                try stage.expectOthersUntouched()
            }
        }

        /// A client that waits in BLPOP is sent away, and what is pushed afterwards stays.
        @Test func blockedClientsAreSentAwayAndNothingIsPopped() async throws {
            let commands = [
                "BLPOP @q 0", "BRPOPLPUSH @q @r 0", "BLMOVE @q @r LEFT LEFT 0", "BZPOPMIN @z 0", "BLMPOP 0 1 @q LEFT",
                "XREADGROUP GROUP g c BLOCK 0 STREAMS @x >",
            ]
            var options = MigrationStage.Options()
            options.before = { source, _ in
                try source.call("XGROUP", "CREATE", "__tenant:acme:x", "g", "$", "MKSTREAM")
            }
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                let blocked = try commands.map { line in
                    let socket = try stage.source.log(in: MigrationStage.user, password: MigrationStage.password)
                    var request = RequestBuffer()
                    request.append(ChangeDesk.words(line))
                    try socket.send(request.bytes)
                    return socket
                }
                #expect(try await eventually { try stage.source.info("blocked_clients") == "\(commands.count)" })
                try await stage.switchOver()
                for (socket, command) in zip(blocked, commands) {
                    let reply = try socket.receive()
                    let isSentAway = reply == .null || reply.code == "NOPERM" || reply.code == "UNBLOCKED"
                    #expect(isSentAway, "\(command): \(reply)")
                }
                let client = try stage.source.connect()
                for push in ["RPUSH @q v", "ZADD @z 1 v", "XADD @x * f v"] { try client.call(ChangeDesk.words(push)) }
                for length in ["LLEN @q", "ZCARD @z", "XLEN @x"] {
                    #expect(try client.call(ChangeDesk.words(length)).integer == 1, "\(length)")
                }
                // An entry that was given to a consumer would be pending.
                #expect(try client.call(ChangeDesk.words("XPENDING @x g")).array?.first?.integer == 0)
            }
        }

        /// A client of the tenant that also has keys elsewhere may go on waiting there.
        @Test func aClientThatBlocksElsewhereAgainAndAgainIsNoObstacle() async throws {
            let user = "\(MigrationStage.ownUser) ~elsewhere:*"
            try await MigrationStage.run(.init(users: [user])) { stage in
                try await stage.wait(for: .liveSync)
                let login = stage.source.endpoint(user: MigrationStage.user, password: MigrationStage.password)
                let waiter = Repeater(login, pause: 0) { socket, _ in
                    _ = try socket.call("BLPOP", "elsewhere:q", "0.5")
                }
                #expect(try await eventually { try stage.source.info("blocked_clients") == "1" })
                try await stage.switchOver()
                try stage.source.call("RPUSH", "elsewhere:q", "a")
                let goesOn = try await eventually { try stage.source.call("EXISTS", "elsewhere:q").integer == 0 }
                #expect(goesOn && waiter.error == nil)
                try await waiter.stop()
            }
        }

        @Test func anOpenTransactionIsRefusedAsAWhole() async throws {
            try await MigrationStage.run { stage in
                try await stage.wait(for: .liveSync)
                let client = try stage.source.log(in: MigrationStage.user, password: MigrationStage.password)
                for line in ["MULTI", "SET @t:1 a", "INCR @t:2"] { try client.call(ChangeDesk.words(line)) }
                try await stage.switchOver()
                let reply = try client.answer("EXEC")
                #expect(
                    reply.code == "EXECABORT" || reply.array?.allSatisfy { $0.code == "NOPERM" } == true,
                    "\(reply)"
                )
                #expect(try stage.source.call("EXISTS", "\(stage.prefix)t:1", "\(stage.prefix)t:2").integer == 0)
                try await stage.expectEqual()
            }
        }

        /// A script that runs when the fence comes ends first, and all that it wrote moves.
        @Test func aLongScriptEndsBeforeTheFence() async throws {
            try await MigrationStage.run { stage in
                try await stage.wait(for: .liveSync)
                let script = """
                    local n = 0
                    for i = 1, 300 do
                        for j = 1, 3000 do n = n + 1 end
                        redis.call('INCR', KEYS[1])
                    end
                    return 300
                    """
                let login = stage.source.endpoint(user: MigrationStage.user, password: MigrationStage.password)
                let counted = Mutex(0)
                let client = Repeater(login, pause: 0) { socket, _ in
                    let reply = try socket.call("EVAL", script, "1", "__tenant:acme:counter")
                    counted.withLock { $0 += reply.integer ?? 0 }
                }
                #expect(try await eventually { client.rounds > 0 })
                try await stage.switchOver()
                try await client.stop()
                #expect(client.error?.contains("NOPERM") == true)
                let count = counted.withLock { $0 }
                #expect(try stage.source.call("GET", "\(stage.prefix)counter").integer == count)
                #expect(try stage.target.call("GET", "\(stage.prefix)counter").integer == count)
                #expect(try await stage.report().differenceCount == 0)
            }
        }

        /// The tenant's own FLUSHALL is done wholly or not at all.
        @Test func flushesOfTheTenantAtTheMomentOfTheFence() async throws {
            for round in 0..<3 {
                try await MigrationStage.run(.init(keys: 300)) { stage in
                    try await stage.wait(for: .liveSync)
                    let login = stage.source.endpoint(user: MigrationStage.user, password: MigrationStage.password)
                    let last = Mutex(-1)
                    let client = Repeater(login, pause: 2000) { socket, round in
                        try socket.call("FLUSHALL")
                        last.withLock { $0 = -1 }
                        try socket.call("SET", "__tenant:acme:round", round)
                        last.withLock { $0 = round }
                    }
                    #expect(try await eventually { client.rounds > 5 + round })
                    try await stage.switchOver()
                    try await client.stop()
                    #expect(client.error?.contains("NOPERM") == true)
                    let value = try stage.target.call("GET", "\(stage.prefix)round").integer ?? -1
                    #expect(value == last.withLock { $0 })
                    #expect(try await stage.report().differenceCount == 0)
                    try stage.expectOthersUntouched()
                }
            }
        }

        /// Others of the same server never get an error, and never wait long.
        @Test func anotherTenantsWriterFeelsNothing() async throws {
            let neighbour = "corp on >pw ~__tenant:acme-corp:* +@all"
            try await MigrationStage.run(.init(users: [MigrationStage.ownUser, neighbour])) { stage in
                var options = LiveWriter.Options()
                options.rate = 2000
                let login = stage.source.endpoint(user: "corp", password: "pw")
                let writer = LiveWriter(tenant: "acme-corp", at: login, options: options)
                try await stage.wait(for: .liveSync)
                try await stage.more(300, of: writer)
                try await stage.switchOver()
                try await stage.more(300, of: writer)
                _ = try await stage.report()
                let ledger = writer.stop()
                #expect(ledger.statistics.refused == 0 && ledger.statistics.unanswered == 0)
                #expect(ledger.statistics.longestWrite < 1)
                #expect(try ledger.check(on: stage.source) == [])
            }
        }

        @Test func lagOverTheLimitRefusesUnlessForced() async throws {
            try await MigrationStage.run(.init(keys: 100)) { stage in
                try await stage.wait(for: .liveSync)
                stage.target.suspend()
                let client = try stage.source.connect()
                for number in 0..<50 { try client.call("SET", "\(stage.prefix)lag:\(number)", number) }
                #expect(try await eventually { await stage.runner.status().lagKeys == 50 })
                let failure = await #expect(throws: MigrationFailure.self) {
                    _ = try await stage.cutover { $0.maxLag = 49 }
                }
                #expect(failure?.kind == .notNow)
                #expect(failure?.message.contains("lag_keys is 50") == true)
                async let forced = stage.cutover {
                    $0.maxLag = 49
                    $0.force = true
                }
                try await Task.sleep(for: .milliseconds(50))
                stage.target.resume()
                guard case .switched = try await forced else {
                    Issue.record("a forced cutover was refused")
                    return
                }
                #expect(try await stage.report().differenceCount == 0)
            }
        }

        /// Refused twice, switched, and moved back to where it came from.
        @Test func thereAndBackAgain() async throws {
            try await MigrationStage.run(.init(keys: 500, proxied: true)) { stage in
                let writer = stage.writer()
                try await stage.wait(for: .liveSync)
                for number in 0..<2 {
                    let leaker = Repeater(stage.source.endpoint, pause: 50) { socket, round in
                        try socket.call("SET", "__tenant:acme:leak", round)
                    }
                    #expect(try await eventually { leaker.rounds > 5 })
                    stage.sourceProxy?.before(["%R~", "replication"]) { .passAndHold(100_000) }
                    _ = try await stage.refusedCutover(.refused)
                    try await leaker.stop()
                    try await stage.more(50 + number, of: writer)
                }
                try await stage.switchOver()
                #expect(try await stage.report().differenceCount == 0)
                try await stage.more(100, of: writer)
                let back = MigrationStage.Options(replace: true, seeds: false)
                try await MigrationStage.run(back, stage.target, stage.source) { back in
                    try await back.wait(for: .liveSync)
                    try await stage.more(100, of: writer)
                    try await back.switchOver()
                    try await stage.more(100, of: writer)
                    #expect(try writer.stop().check(on: stage.source) == [])
                    #expect(try await back.report().differenceCount == 0)
                }
            }
        }

        @Test func withoutAUserOfItsOwnTheWaysAreNamed() async throws {
            let admin = "ops on >pw ~* +@all"
            try await MigrationStage.run(.init(users: [admin])) { stage in
                try await stage.wait(for: .liveSync)
                let words = try await stage.refusedCutover(.refused)
                #expect(words.contains("--fence pause") && words.contains("--fence none"))
                try await stage.expectEqual()
            }
        }

        @Test func thePauseFenceHoldsWritesWithoutAnError() async throws {
            try await MigrationStage.run(.init(keys: 6000, users: [])) { stage in
                let client = Repeater(stage.source.endpoint) { socket, _ in try socket.call("INCR", "__tenant:acme:n") }
                try await stage.wait(for: .liveSync)
                #expect(try await eventually { client.rounds > 50 })
                try await stage.switchOver { $0.fence = .pause }
                // The verification stands still, and the source is still watched.
                stage.target.suspend()
                let rounds = client.rounds
                #expect(try await eventually { client.rounds > rounds + 50 })
                try await client.stop()
                #expect(client.error == nil)
                // Nobody told the client: it went on at the source, and its writes were seen, and not applied.
                let written = try #require(try stage.source.call("GET", "\(stage.prefix)n").integer)
                #expect(written == client.rounds)
                #expect(try await eventually { (await stage.runner.status().stragglers ?? 0) >= 50 })
                let status = await stage.runner.status()
                #expect(status.phase == .cleanup && status.lagKeys == 0)
                stage.target.resume()
                let moved = try #require(try stage.target.call("GET", "\(stage.prefix)n").integer)
                #expect(moved + (status.stragglers ?? 0) == written)
            }
        }

        @Test func withoutAFenceTheStreamAloneIsTheProof() async throws {
            try await MigrationStage.run(.init(users: [])) { stage in
                let client = Repeater(stage.source.endpoint) { socket, _ in try socket.call("INCR", "__tenant:acme:n") }
                try await stage.wait(for: .liveSync)
                #expect(try await eventually { client.rounds > 10 })
                let words = try await stage.refusedCutover(.refused) { $0.fence = .none }
                #expect(words.contains("__tenant:acme:n") && words.contains("INCR"))
                try await client.stop()
                try await stage.switchOver { $0.fence = .none }
                try await stage.expectEqual()
            }
        }

        /// After the switch the source is closed to the tenant, keeps its data, and has no more say.
        @Test(arguments: [VerifyExtent.none, .full])
        func afterTheSwitchTheSourceHasNoMoreSay(verify: VerifyExtent) async throws {
            try await MigrationStage.run { stage in
                try stage.source.call("SET", "\(stage.prefix)renewed", "v")
                try stage.source.call("SET", "\(stage.prefix)straggler", "moved")
                try await stage.wait(for: .liveSync)
                let before = try KeyspaceDigest(stage.source, tenants: ["acme"]).keys
                try stage.source.call("PEXPIRE", "\(stage.prefix)renewed", "3000")
                try await stage.switchOver { $0.verify = verify }
                // The tenant renews its key at the target, and the source expires it (RedisShake #943).
                let client = try stage.target.log(in: MigrationStage.user, password: MigrationStage.password)
                #expect(try client.call("PEXPIRE", "\(stage.prefix)renewed", 600_000).integer == 1)
                try stage.source.call("SET", "\(stage.prefix)straggler", "late")
                try stage.source.call("RPUSH", "\(stage.prefix)straggler2", "late")
                let old = try stage.source.log(in: MigrationStage.user, password: MigrationStage.password)
                #expect(try old.answer("SET", "\(stage.prefix)k", "v").code == "NOPERM")
                #expect(try old.call("GET", "\(stage.prefix)straggler").text == "late")
                #expect(try await eventually { try stage.source.call("EXISTS", "\(stage.prefix)renewed").integer == 0 })
                #expect(try client.call("EXISTS", "\(stage.prefix)renewed").integer == 1)
                #expect(try client.call("GET", "\(stage.prefix)straggler").text == "moved")
                #expect(try client.call("EXISTS", "\(stage.prefix)straggler2").integer == 0)
                #expect(try KeyspaceDigest(stage.source, tenants: ["acme"]).keys == before)
            }
        }
    }
}
