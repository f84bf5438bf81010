import Foundation
import MigrationCore
import MigrationEngine
import RedisClient
import Testing

@testable import ferrite_migrate

@Suite struct PlanArgumentsTests {
    private func settings(_ options: [Setting: String], _ variables: [String: String] = [:]) throws -> Settings {
        var layer: [Setting: LocatedValue] = [:]
        for (setting, text) in options { layer[setting] = try setting.parse(text, origin: .option) }
        return Settings(layers: [try Environment(variables).settings(), layer])
    }

    private func plan(
        _ options: [Setting: String],
        _ variables: [String: String] = [:],
        tenant: String = "acme"
    ) throws -> PreparedPlan {
        try settings(options, variables).plan(tenant: tenant, replace: false) { _ in }
    }

    private func failure(_ options: [Setting: String], tenant: String = "acme") -> CommandFailure? {
        do {
            _ = try plan(options, tenant: tenant)
            return nil
        } catch {
            return error as? CommandFailure
        }
    }

    @Test func aPlanHoldsWhatWasAskedFor() throws {
        let prepared = try plan(
            [
                .source: "redis://tool@a:1/2", .target: "b", .parallel: "8", .databases: "3,1,3", .copyACL: "all",
                .targetUser: "mover",
            ],
            ["FERRITE_MIGRATE_SOURCE_PASSWORD": "one", "FERRITE_MIGRATE_TARGET_PASSWORD": "two"]
        )
        let plan = prepared.plan
        #expect(plan.source.address == ServerAddress(host: "a", port: 1, username: "tool", database: 2))
        #expect(plan.target.address == ServerAddress(host: "b", port: 6379, username: "mover"))
        #expect(plan.transfer.parallel == 8)
        #expect(plan.databases == [1, 3])
        #expect(plan.userCopy == .all)
        #expect(prepared.sourcePassword == "one")
        #expect(plan.source.secret == .environment("FERRITE_MIGRATE_SOURCE_PASSWORD"))
        #expect(prepared.targetPassword == "two")
    }

    /// 0 takes a limit of an earlier place back.
    @Test func limitsAreSettings() throws {
        let none = try plan([.target: "b"]).plan.transfer
        #expect(none.maxKeysPerSecond == nil && none.maxBytesPerSecond == nil)
        let variables = ["FERRITE_MIGRATE_MAX_RATE": "500", "FERRITE_MIGRATE_MAX_BANDWIDTH": "10mb"]
        let both = try plan([.target: "b"], variables).plan.transfer
        #expect(both.maxKeysPerSecond == 500 && both.maxBytesPerSecond == 10 << 20)
        let lifted = try plan([.target: "b", .maxRate: "0"], variables).plan.transfer
        #expect(lifted.maxKeysPerSecond == nil && lifted.maxBytesPerSecond == 10 << 20)
    }

    @Test func theFeedIsLeftOpenUnlessSaid() throws {
        #expect(try plan([.target: "b"]).plan.feed == .auto)
        #expect(try plan([.target: "b", .feed: "notifications"]).plan.feed == .notifications)
        #expect(try plan([.target: "b"], ["FERRITE_MIGRATE_FEED": "replication"]).plan.feed == .replication)
        #expect(throws: CommandFailure.self) { try plan([.target: "b", .feed: "psync"]) }
    }

    @Test func theSourceIsThisMachineUnlessSaid() throws {
        let plan = try plan([.target: "b:1"]).plan
        #expect(plan.source.address.description == "127.0.0.1:6379")
        #expect(plan.source.secret == nil)
    }

    @Test func aURLOfTheCommandLineWinsOverTheEnvironment() throws {
        let prepared = try plan(
            [.source: "redis://u:fromurl@a", .target: "b"],
            ["FERRITE_MIGRATE_SOURCE_PASSWORD": "fromenv"]
        )
        #expect(prepared.sourcePassword == "fromurl")
        #expect(prepared.plan.source.secret == .url)
    }

    /// The command stands in the plan, and the password nowhere.
    @Test func aPasswordCommandWinsOnItsLevel() throws {
        let variables = [
            "FERRITE_MIGRATE_SOURCE_PASSWORD_COMMAND": "token", "FERRITE_MIGRATE_SOURCE_PASSWORD": "fromenv",
        ]
        let prepared = try plan([.target: "b"], variables)
        #expect(prepared.plan.source.secret == .command("token"))
        #expect(prepared.sourcePassword == nil && prepared.endpoints.source.passwordSource != nil)
        let other = try plan([.source: "redis://u:fromurl@a", .target: "b"], variables)
        #expect(other.plan.source.secret == .url && other.endpoints.source.passwordSource == nil)
        // What is given with a later command goes before what the plan says.
        let again = try settings([:], ["FERRITE_MIGRATE_SOURCE_PASSWORD": "now"])
            .passwords(for: prepared.plan) { _ in }
        #expect(again.sourcePassword == "now" && again.endpoints.source.passwordSource == nil)
        let same = try settings([:]).passwords(for: prepared.plan) { _ in }
        #expect(same.endpoints.source.passwordSource != nil)
    }

    @Test func tlsStandsInThePlanWithoutItsPassphrase() throws {
        let prepared = try plan(
            [
                .source: "rediss://a:1,b", .target: "b:2", .sourceCACert: "ca", .sourceCert: "/c", .sourceKey: "/k",
                .sourceSNI: "db", .sourceTLSMin: "1.3",
            ],
            ["FERRITE_MIGRATE_SOURCE_KEY_PASSPHRASE": "hush"]
        )
        let tls = try #require(prepared.plan.source.tls)
        #expect(tls.authorities == FileManager.default.currentDirectoryPath + "/ca")
        #expect(tls.certificate == "/c" && tls.key == "/k" && tls.serverName == "db" && tls.minimum == .tls13)
        #expect(tls.keyPassphrase == .environment("FERRITE_MIGRATE_SOURCE_KEY_PASSPHRASE") && !tls.isInsecure)
        #expect(prepared.sourceKeyPassphrase == "hush" && prepared.plan.target.tls == nil)
        let text = String(decoding: try JSONEncoder().encode(prepared.plan), as: UTF8.self)
        #expect(!text.contains("hush"))
        let missing = #expect(throws: CommandFailure.self) {
            try settings([:]).passwords(for: prepared.plan) { _ in }
        }
        #expect(missing?.message?.contains("--source-key-passphrase-file") == true)
    }

    @Test func aPasswordFileWinsAndIsItsFirstLine() throws {
        let path = NSTemporaryDirectory() + "ferrite-password-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("s3cret\r\nsecond\n".utf8).write(to: URL(filePath: path))
        var warnings: [String] = []
        chmod(path, 0o644)
        let prepared = try settings([.source: "redis://u:fromurl@a", .target: "b", .sourcePasswordFile: path])
            .plan(tenant: "acme", replace: false) { warnings.append($0) }
        #expect(prepared.sourcePassword == "s3cret")
        #expect(prepared.plan.source.secret == .file(path))
        #expect(warnings == ["the password file \(path) can be read by everybody; chmod 600 it"])
        warnings = []
        chmod(path, 0o600)
        _ = try Secret.read(path) { warnings.append($0) }
        #expect(warnings.isEmpty)
    }

    @Test(arguments: ["", "\n", "\r\nx"])
    func anEmptyPasswordFileIsRefused(text: String) throws {
        let path = NSTemporaryDirectory() + "ferrite-password-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(text.utf8).write(to: URL(filePath: path))
        #expect(throws: CommandFailure.self) { try Secret.read(path) { _ in } }
    }

    @Test(arguments: [
        ([Setting.source: "a", .target: "a:6379"], ExitReason.configuration, "source and target are the same server"),
        ([.source: "a"], .usage, "no target was given"),
        ([.target: "b", .targetCACert: "/ca"], .usage, "--target-cacert is for TLS, and the target's address"),
        ([.target: "redis://b", .targetInsecure: "true"], .usage, "--target-insecure is for TLS"),
        ([.source: "redis://a", .target: "b", .sourceTLSMin: "1.3"], .usage, "--source-tls-min is for TLS"),
        ([.target: "rediss://b", .targetCert: "/c"], .usage, "--target-cert needs --target-key"),
        ([.source: "rediss://a", .sourceKey: "/k", .target: "b"], .usage, "--source-key needs --source-cert"),
        ([.source: "rediss://a,redis://b", .target: "c"], .usage, "either all addresses of a server"),
        ([.target: "http://b"], .usage, "is not a server's address"),
        ([.target: "b:0"], .usage, "the port must be a number from 1 to 65535"),
        ([.target: "b", .mode: "fast"], .usage, "mode fast is not supported yet"),
        ([.target: "b", .sourceUser: "tool"], .usage, "no password was given for user tool"),
    ])
    func aWrongPlanIsRefused(options: [Setting: String], status: ExitReason, words: String) {
        let failure = failure(options)
        #expect(failure?.status == status)
        #expect(failure?.message?.contains(words) == true, "\(failure?.message ?? "nothing")")
    }

    @Test(arguments: ["", "a:b", "a\u{7}b", "a\nb"])
    func aWrongTenantIsRefused(tenant: String) {
        let failure = failure([.target: "b"], tenant: tenant)
        #expect(failure?.status == .usage)
        #expect(failure?.message?.contains("tenant") == true)
        #expect(failure?.message?.unicodeScalars.contains { $0.value < 0x20 } == false)
    }

    @Test func theFileCanSwitchMigrationsOff() {
        let off = Settings(layers: [[.enabled: LocatedValue(value: .flag(false), origin: .file(path: "f", line: 1))]])
        #expect(throws: CommandFailure.self) { try off.plan(tenant: "acme", replace: false) { _ in } }
    }

    @Test func aPasswordIsInNoMessage() throws {
        let failure = failure([.target: "redis://u:hunter2@:1"])
        #expect(failure?.message?.contains("hunter2") == false)
    }
}
