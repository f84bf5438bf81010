import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

extension LiveMigration {
    /// Types whose commands notify nobody, with the feed that lives by notifications.
    @Suite(.enabled(if: RedisVersion.v82.isAvailable, "redis-server 8.2 is not on this machine"))
    struct SilentTypeTests {
        private static func cards(_ server: RedisServer, _ names: [String]) throws -> [String] {
            let client = try server.connect()
            return try names.map { name in
                let card = try client.answer("VCARD", "__tenant:acme:\(name)").integer ?? 0
                let attribute = try client.answer("VGETATTR", "__tenant:acme:\(name)", "a").text ?? "-"
                return "\(name) \(card) \(attribute)"
            }
        }

        @Test func vectorSetsAreFollowed() async throws {
            let options = MigrationStage.Options(
                keys: 100,
                sourceVersion: .v82,
                targetVersion: .v82,
                feed: .notifications
            )
            try await MigrationStage.run(options) { stage in
                let client = try stage.source.connect()
                let names = ["old", "new", "gone", "late"]
                try client.call(ChangeDesk.words("VADD @gone VALUES 2 1 2 a"))
                try await stage.wait(for: .liveSync)
                for step in [
                    "VADD @old VALUES 2 1 2 a", "VADD @new VALUES 2 3 4 a", "VADD @old VALUES 2 5 6 b",
                    "VSETATTR @old a {}", "VREM @gone a",
                ] {
                    try client.call(ChangeDesk.words(step))
                    let now = try Self.cards(stage.source, names)
                    #expect(try await eventually { try Self.cards(stage.target, names) == now }, "\(step)")
                }
                // Inside the fence, too, everything until the barrier counts.
                try client.call(ChangeDesk.words("VADD @late VALUES 2 7 8 a"))
                try client.call(ChangeDesk.words("VREM @new a"))
                try await stage.switchOver()
                #expect(try Self.cards(stage.target, names) == ["old 2 {}", "new 0 -", "gone 0 -", "late 1 -"])
            }
        }
    }
}
