import Foundation
import MigrationTestSupport
import Testing

/// Two real servers, a tenant at the source, and the built binary between them.
struct CommandStage {
    static let tenant = "acme"

    let source: RedisServer
    let target: RedisServer
    let tool: MigrateTool
    /// The tool's ways to the servers, where it was asked for them.
    var sourceProxy: FaultProxy?
    var targetProxy: FaultProxy?

    /// Runs `body` and ends whatever the tool left running.
    static func run(
        keys: Int = 500,
        user: Bool = true,
        password: String? = nil,
        proxied: Bool = false,
        keepsUsers: Bool = false,
        versions: (source: RedisVersion, target: RedisVersion) = (.v7, .v7),
        sourceSettings: [String] = [],
        targetSettings: [String] = [],
        tls: TLSCase? = nil,
        _ body: (CommandStage) throws -> Void
    ) throws {
        let source = try RedisServer(
            versions.source,
            settings: sourceSettings,
            password: password,
            keepsUsers: keepsUsers,
            tls: tls?.source
        )
        let target = try RedisServer(
            versions.target,
            settings: targetSettings,
            password: password,
            keepsUsers: keepsUsers,
            tls: tls?.target
        )
        defer {
            source.stop()
            target.stop()
        }
        var seed = TenantSeed(tenant: tenant, keys: keys)
        seed.longExpiryEvery = nil
        try seed.write(to: source.endpoint)
        if user {
            try source.call("ACL", "SETUSER", "acme-app", "on", ">secret", "~__tenant:acme:*", "&*", "+@all")
            if keepsUsers { try source.call("ACL", "SAVE") }
        }
        let proxies = proxied ? (source: try FaultProxy(to: source), target: try FaultProxy(to: target)) : nil
        let tool = try MigrateTool(
            source: proxies.map { Endpoint(port: $0.source.port, password: password) } ?? source.toolEndpoint,
            target: proxies.map { Endpoint(port: $0.target.port, password: password) } ?? target.toolEndpoint,
            environment: tls?.environment ?? [:]
        )
        defer { tool.endAll() }
        let stage = CommandStage(
            source: source,
            target: target,
            tool: tool,
            sourceProxy: proxies?.source,
            targetProxy: proxies?.target
        )
        try body(stage)
    }

    /// Starts a migration and waits for live_sync.
    func migrate(_ options: [String] = []) throws -> String {
        try tool.migrate(Self.tenant, ["--wait", "live_sync"] + options)
    }

    /// Expects one line on standard error, nothing on standard output, and the exit code.
    func expectRefusal(
        _ arguments: [String],
        _ code: Int,
        _ words: String,
        environment: [String: String] = [:],
        location: SourceLocation = #_sourceLocation
    ) throws {
        let run = try tool.run(arguments, environment: environment, timeout: 60)
        #expect(run.code == code, "\(run.errors)", sourceLocation: location)
        #expect(run.output.isEmpty, "\(run.output)", sourceLocation: location)
        #expect(run.errors.filter(\.isNewline).count == 1, "\(run.errors)", sourceLocation: location)
        #expect(run.errors.hasPrefix("ferrite-migrate: "), sourceLocation: location)
        #expect(run.errors.contains(words), "\(run.errors)", sourceLocation: location)
    }

    /// Waits until `condition` holds, half a minute at most unless told otherwise.
    static func wait(
        _ seconds: Int = 30,
        _ condition: () throws -> Bool,
        location: SourceLocation = #_sourceLocation
    ) throws {
        for _ in 0..<50 * seconds {
            if try condition() { return }
            usleep(20_000)
        }
        Issue.record("it did not come to that", sourceLocation: location)
    }

    var migrations: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: tool.journal)) ?? []
        return names.filter { $0.hasPrefix("mig_") }
    }
}
