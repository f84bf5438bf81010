import MigrationCore
import MigrationEngine
import MigrationTestSupport
import RESP
import Testing

extension LiveMigration {
    /// The comparison that runs across the switch, while the tenant's clients already write at the target.
    @Suite struct SwitchVerificationTests {
        @Test func itsExtentIsAsAsked() async throws {
            for extent in VerifyExtent.allCases {
                try await MigrationStage.run(.init(keys: 2000)) { stage in
                    try await stage.wait(for: .liveSync)
                    try await stage.switchOver { $0.verify = extent }
                    let report = await stage.runner.verification()
                    #expect(await stage.runner.status().phase == .completed)
                    switch extent {
                    case .none: #expect(report == nil)
                    case .sample: #expect(report?.sampleSize == 1000 && report?.keysSource == 2000)
                    case .full: #expect(report?.sampleSize == 2000 && report?.checksumMatch == true)
                    }
                    #expect(report?.differenceCount ?? 0 == 0)
                }
            }
        }

        /// Made at the target inside the fence, before the tenant's clients come: nobody but the verification sees it.
        @Test(arguments: ["SET @k0 planted", "DEL @k1", "PEXPIREAT @k2 2000000000001", "RPUSH @alien v"])
        func aDifferenceMadeInsideTheFenceIsFound(command: String) async throws {
            try await MigrationStage.run(.init(proxied: true)) { stage in
                let writer = stage.writer()
                try await stage.wait(for: .liveSync)
                try await stage.more(200, of: writer)
                let target = stage.target
                stage.sourceProxy?.before(["%R~"]) {
                    _ = try? target.connect().call(ChangeDesk.words(command))
                    return .pass
                }
                try await stage.switchOver()
                try await stage.more(300, of: writer)
                let report = try await stage.report()
                #expect(report.differenceCount == 1 && !report.checksumMatch)
                let key = String(command.split(separator: " ")[1].dropFirst())
                #expect(report.differences.map(\.key) == [ByteString(stage.prefix + key)])
                #expect((report.writtenSinceSwitch ?? 0) > 0)
                #expect(writer.stop().wrongAnswers == [])
                #expect(await stage.runner.status().verification == report)
            }
        }

        /// The tenant overwrites, empties and fills its keys at the target: nothing of that is a difference.
        @Test func whatTheTenantDoesAtTheTargetIsNoDifference() async throws {
            try await MigrationStage.run(.init(keys: 4000)) { stage in
                try await stage.wait(for: .liveSync)
                let login = stage.target.endpoint(user: MigrationStage.user, password: MigrationStage.password)
                let refused = #expect(throws: RESPSocketError.self) {
                    try RESPSocket(login).call("SET", "\(stage.prefix)early", "v")
                }
                #expect(refused != nil)
                try await stage.switchOver()
                let client = try RESPSocket(login)
                for number in 0..<400 { try client.call("SET", "\(stage.prefix)k\(number)", "changed") }
                for number in 400..<500 { try client.call("UNLINK", "\(stage.prefix)k\(number)") }
                try client.call("SET", "\(stage.prefix)new", "v")
                let report = try await stage.report()
                #expect(report.differenceCount == 0, "\(report.differences)")
            }
        }

        /// `verify` beside a live migration: a key that differs for a moment is only on its way.
        @Test func besideALiveMigration() async throws {
            try await MigrationStage.run { stage in
                let writer = stage.writer { $0.rate = 2000 }
                try await stage.wait(for: .liveSync)
                try await stage.more(500, of: writer)
                let clean = try await stage.runner.verify(sample: nil)
                #expect(clean.differenceCount == 0 && clean.writtenSinceSwitch == nil, "\(clean.differences)")
                #expect(clean.keysSource > 1000)
                try stage.target.call("SET", "\(stage.prefix)k0", "planted")
                let report = try await stage.runner.verify(sample: nil)
                #expect(report.differences.map(\.key) == [ByteString("\(stage.prefix)k0")])
                // Of those that are drawn a few may have gone when they are read.
                #expect(40...50 ~= (try await stage.runner.verify(sample: 50).sampleSize))
                _ = writer.stop()
            }
        }

        /// A key that comes back to a value it had looks untouched, as a lock does that is taken and given back.
        @Test(arguments: [FeedPreference.replication, .notifications])
        func besideKeysThatComeAndGo(feed: FeedPreference) async throws {
            try await MigrationStage.run(.init(keys: 100, feed: feed)) { stage in
                let prefix = stage.prefix
                let client = Repeater(stage.source.endpoint, pause: 2000) { socket, round in
                    var request = RequestBuffer()
                    for number in 0..<60 {
                        let (lock, set) = ("\(prefix)lock:\(number)", "\(prefix)set:\(number)")
                        if round % 2 == 0 { request.append("SET", lock, "1") } else { request.append("DEL", lock) }
                        request.append(round % 3 == 0 ? "SADD" : "SREM", set, "b")
                    }
                    try socket.perform(request)
                }
                for number in 0..<60 { try stage.source.call("SADD", "\(prefix)set:\(number)", "a") }
                try await stage.wait(for: .liveSync)
                for _ in 0..<20 {
                    let report = try await stage.runner.verify(sample: nil)
                    #expect(report.differences == [])
                }
                try await client.stop()
                #expect(client.error == nil && client.rounds > 100)
                let report = try await stage.runner.verify(sample: nil)
                #expect(report.outcome == .verified && report.keysChanging == 0)
                try stage.target.call("SADD", "\(prefix)set:7", "planted")
                let planted = try await stage.runner.verify(sample: nil)
                #expect(planted.differences.map(\.key) == [ByteString("\(prefix)set:7")])
            }
        }
    }
}
