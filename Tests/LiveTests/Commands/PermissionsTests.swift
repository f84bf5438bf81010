import Foundation
import MigrationTestSupport
import Testing

/// The users of docs/permissions.md: no right is missing in it.
@Suite(.serialized) struct PermissionsTests {
    private static let document = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/permissions.md")

    /// The lines of each block, as arguments.
    private static func blocks() throws -> [[[String]]] {
        let text = try String(contentsOf: document, encoding: .utf8)
            .replacingOccurrences(of: "acme-corp", with: CommandStage.tenant)
        return text.components(separatedBy: "```").enumerated().filter { $0.offset % 2 == 1 }.map { block in
            block.element.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        }
    }

    /// Two servers that know the documented users, and a tool that logs in as they.
    private func run(_ body: (CommandStage) throws -> Void) throws {
        let blocks = try Self.blocks()
        try #require(blocks.count == 2)
        let servers = try [RedisServer(keepsUsers: true), RedisServer(keepsUsers: true)]
        defer { for server in servers { server.stop() } }
        for (server, lines) in zip(servers, blocks) {
            for line in lines { try server.connect().call(line.map { Bytes($0.utf8) }) }
        }
        try TenantSeed(tenant: CommandStage.tenant, keys: 500).write(to: servers[0].endpoint)
        try servers[0].call("ACL", "SETUSER", "acme-app", "on", ">pw", "~__tenant:acme:*", "+@all")
        let ends = servers.map { $0.endpoint(user: "mover", password: "secret") }
        let tool = try MigrateTool(source: ends[0], target: ends[1])
        defer { tool.endAll() }
        try body(CommandStage(source: servers[0], target: servers[1], tool: tool))
    }

    @Test func theyAreEnough() throws {
        try run { stage in
            let checks = try stage.tool.json(stage.tool.validateArguments(CommandStage.tenant))
            for check in checks.list("checks") {
                #expect(check.text("status") == "ok", "\(check.text("name") ?? ""): \(check.text("reason") ?? "")")
            }
            let id = try stage.migrate()
            let cutover = try stage.tool.run(["cutover", id, "--wait"])
            #expect(cutover.code == 0 && cutover.errors.isEmpty, "\(cutover.errors)")
            #expect(cutover.output.contains("verification: verified (500/500)"))
            #expect(try stage.source.log(in: "acme-app").answer("SET", "__tenant:acme:k", "v").code == "NOPERM")
            try stage.target.log(in: "acme-app").call("SET", "__tenant:acme:k", "v")
        }
    }

    @Test func alsoForAPause() throws {
        try run { stage in
            let id = try stage.migrate()
            let cutover = try stage.tool.run(["cutover", id, "--wait", "--fence", "pause"])
            #expect(cutover.code == 0 && cutover.errors.isEmpty, "\(cutover.errors)")
            #expect(try stage.source.log(in: "acme-app").answer("SET", "__tenant:acme:k", "v").code == "NOPERM")
        }
    }
}
