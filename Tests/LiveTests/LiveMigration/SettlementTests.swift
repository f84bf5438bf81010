import Foundation
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

extension LiveMigration {
    /// What a cutover leaves behind at both servers.
    @Suite struct SettlementTests {
        private static let neighbour = "corp-app on >pw ~__tenant:acme-corp:* +@all"

        /// The pause ends with the switch; from then on the tenant's users are refused and nobody else waits.
        @Test func afterAPauseTheSourceRefusesTheTenant() async throws {
            let users = [MigrationStage.ownUser, Self.neighbour]
            try await MigrationStage.run(.init(keepsUsers: true, users: users)) { stage in
                try await stage.wait(for: .liveSync)
                let stale = try stage.source.log(in: MigrationStage.user, password: MigrationStage.password)
                let waiting = try stage.source.log(in: MigrationStage.user, password: MigrationStage.password)
                var request = RequestBuffer()
                request.append("BLPOP", "\(stage.prefix)nothing", "0")
                try waiting.send(request.bytes)
                try stale.call("SET", "\(stage.prefix)k", "v")
                try await stage.switchOver { $0.fence = .pause }
                #expect(try stale.answer("SET", "\(stage.prefix)k", "lost").code == "NOPERM")
                #expect(try stale.call("GET", "\(stage.prefix)k").text == "v")
                try stage.source.log(in: "corp-app").call("SET", "__tenant:acme-corp:k", "v")
                #expect(try stage.source.call("EXISTS", "\(stage.prefix)nothing") == .integer(0))
                #expect(await stage.runner.status().note == nil)
                #expect(try await stage.report().differenceCount == 0)
            }
        }

        /// A client that waited out the pause is looked at again when it goes on.
        @Test func aWriteThatWaitedOutThePauseIsRefused() async throws {
            try await MigrationStage.run(.init(users: [MigrationStage.ownUser])) { stage in
                let writer = stage.writer { $0.rate = 2000 }
                try await stage.wait(for: .liveSync)
                try await stage.more(200, of: writer)
                try await stage.switchOver { $0.fence = .pause }
                try await stage.more(200, of: writer)
                #expect(try writer.stop().check(on: stage.target) == [])
                #expect(try await stage.report().differenceCount == 0)
                #expect(await stage.runner.status().stragglers == 0)
            }
        }

        /// Redis 7.0 ends itself when a client is unblocked that a pause holds (networking.c, "Unknown blocking type").
        @Test(arguments: [["SET", "__tenant:acme:k", "v"], ["BLPOP", "__tenant:acme:nothing", "0"]])
        func clientsThatAForeignPauseHoldsAreLeftAlone(command: [String]) async throws {
            try await MigrationStage.run { stage in
                try await stage.wait(for: .liveSync)
                let client = try stage.source.log(in: MigrationStage.user, password: MigrationStage.password)
                try stage.source.call("CLIENT", "PAUSE", 1500, "WRITE")
                var request = RequestBuffer()
                request.append(command.map { Bytes($0.utf8) })
                try client.send(request.bytes)
                let process = stage.source.pid
                try await stage.switchOver()
                #expect(try client.receive().code == "NOPERM")
                #expect(try stage.source.call("PING").text == "PONG" && stage.source.pid == process)
                #expect(try await stage.report().differenceCount == 0)
            }
        }

        @Test func aTenantWithoutUsersStaysOpenAndThatIsSaid() async throws {
            try await MigrationStage.run(.init(users: [])) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.switchOver { $0.fence = .pause }
                let note = try #require(await stage.runner.status().note)
                #expect(note.contains("still takes the tenant's writes"), "\(note)")
                #expect(note.contains("no ACL user of its own"), "\(note)")
                try stage.source.call("SET", "\(stage.prefix)k", "v")
            }
        }

        @Test func aUserThatCannotBeFencedIsNamed() async throws {
            let wide = "acme-wide on >pw ~__tenant:acme:* ~__tenant:* +@all"
            try await MigrationStage.run(.init(users: [MigrationStage.ownUser, wide])) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.switchOver { $0.fence = .pause }
                let note = try #require(await stage.runner.status().note)
                #expect(note.contains("acme-wide cannot be fenced") && !note.contains("acme-app"), "\(note)")
                let stale = try stage.source.log(in: MigrationStage.user, password: MigrationStage.password)
                #expect(try stale.answer("SET", "\(stage.prefix)k", "lost").code == "NOPERM")
            }
        }

        /// The fence and the copied users outlive a restart of both servers.
        @Test(arguments: [FenceKind.acl, .pause])
        func usersAreSaved(fence: FenceKind) async throws {
            try await MigrationStage.run(.init(keepsUsers: true)) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.switchOver { $0.fence = fence }
                _ = try await stage.report()
                #expect(await stage.runner.status().note == nil)
                try stage.source.restart()
                try stage.target.restart()
                let old = try stage.source.log(in: MigrationStage.user, password: MigrationStage.password)
                #expect(try old.answer("SET", "\(stage.prefix)k", "v").code == "NOPERM")
                let new = try stage.target.log(in: MigrationStage.user, password: MigrationStage.password)
                try new.call("SET", "\(stage.prefix)k", "v")
            }
        }

        @Test func usersThatLiveInMemoryOnlyAreNamed() async throws {
            try await MigrationStage.run { stage in
                try await stage.wait(for: .liveSync)
                try await stage.switchOver()
                let note = try #require(await stage.runner.status().note)
                #expect(
                    note.contains("the fence at source") && note.contains("the tenant's users at target"),
                    "\(note)"
                )
                #expect(note.contains("CONFIG REWRITE"), "\(note)")
                _ = try await stage.report()
                let id = URL(filePath: stage.journal).lastPathComponent
                let contents = try JournalContents.read(MigrationFolder(id: id, path: stage.journal))
                #expect(contents.status.note == note)
            }
        }

        @Test func aToolThatMayNotSaveUsersSaysSo() async throws {
            var options = MigrationStage.Options(keepsUsers: true)
            options.users = [MigrationStage.ownUser, "tool on >pw ~* &* +@all -acl|save"]
            options.toolUser = "tool"
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.switchOver()
                let note = try #require(await stage.runner.status().note)
                #expect(note.contains("grant it +acl|save") && !note.contains("at target"), "\(note)")
            }
        }
    }
}
