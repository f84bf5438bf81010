import Foundation
import MigrationTestSupport
import Testing

/// The users of docs/permissions.md: no right is missing in it.
@Suite(.serialized) struct PermissionsTests {
    /// The lines of each block, as arguments.
    private static func blocks() -> [[[String]]] {
        ExampleBlock.all.filter { $0.page == "docs/permissions.md" && $0.language == "redis" }.map { block in
            block.text.replacing("acme-corp", with: CommandStage.tenant)
                .split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        }
    }

    /// Two servers that know the documented users, and a tool that logs in as they.
    private func run(_ body: (CommandStage) throws -> Void) throws {
        let blocks = Self.blocks()
        try #require(blocks.count == 3)
        let planner = blocks[2]
        let servers = try [RedisServer(keepsUsers: true), RedisServer(keepsUsers: true)]
        defer { for server in servers { server.stop() } }
        for (server, lines) in zip(servers, blocks) {
            for line in lines + planner { try server.connect().call(line.map { Bytes($0.utf8) }) }
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
            let cutover = try stage.tool.run(["cutover", id, "--until-verified"])
            #expect(cutover.code == 0 && cutover.errors.isEmpty, "\(cutover.errors)")
            #expect(cutover.output.contains("verification: verified (500/500)"))
            #expect(try stage.source.log(in: "acme-app").answer("SET", "__tenant:acme:k", "v").code == "NOPERM")
            try stage.target.log(in: "acme-app").call("SET", "__tenant:acme:k", "v")
        }
    }

    /// What either server and the journal would show of a command that changed something.
    private func traces(_ stage: CommandStage, _ id: String) throws -> [String] {
        try [stage.source, stage.target].flatMap { server in
            let clients = try server.call("CLIENT", "LIST").text ?? ""
            // The worker opens and closes its own at times of its own.
            let names = clients.split(separator: "\n").filter { !$0.contains("user=mover") }.map { line in
                line.split(separator: " ").filter { $0.hasPrefix("name=") || $0.hasPrefix("user=") }.joined(
                    separator: " "
                )
            }
            return try [
                "\(KeyspaceDigest(server, tenants: [CommandStage.tenant]))",
                "\(server.call("ACL", "LIST").array?.compactMap(\.text) ?? [])",
                "\(server.call("CONFIG", "GET", "*").array?.compactMap(\.text) ?? [])", "\(names.sorted())",
                "refused: \(server.call("ACL", "LOG").array?.count ?? -1)",
            ]
        } + [String(contentsOfFile: "\(stage.tool.journal)/\(id)/events.jsonl", encoding: .utf8)]
    }

    /// Neither server, nor the journal, shows anything of a plan; nor does it lack a right.
    @Test func theyAreEnoughToPlan() throws {
        try run { stage in
            let id = try stage.migrate()
            let folder = try TemporaryFolder()
            try "secret".write(toFile: folder.file("pw"), atomically: true, encoding: .utf8)
            chmod(folder.file("pw"), 0o600)
            let login = [
                "--source-user", "planner", "--target-user", "planner", "--source-password-file", folder.file("pw"),
                "--target-password-file", folder.file("pw"),
            ]
            for fence in ["acl", "pause", "none"] {
                let before = try traces(stage, id)
                let run = try stage.tool.run(["cutover", id, "--plan", "--fence", fence] + login)
                #expect(run.code == 0 && run.errors.isEmpty, "\(run.errors)")
                #expect(run.output.contains("would_start: true\nfence: \(fence)\n"), "\(run.output)")
                #expect(run.output.contains("fenced_user: acme-app loses") == (fence != "none"), "\(run.output)")
                #expect(!run.output.contains("fenced_user: mover"), "\(run.output)")
                #expect(try traces(stage, id) == before)
            }
            // As the migration's own user it is the same plan.
            let own = try stage.tool.json(["cutover", id, "--plan"])
            let planned = try stage.tool.json(["cutover", id, "--plan"] + login)
            #expect(own.names == planned.names)
            #expect(
                own.list("fenced_users").map { $0.text("name") } == planned.list("fenced_users").map { $0.text("name") }
            )
            // Without the right to read the users there is no plan.
            try stage.source.call("ACL", "SETUSER", "planner", "-acl|list")
            try stage.expectRefusal(["cutover", id, "--plan"] + login, 77, "'acl|list'")
        }
    }

    @Test func alsoForAPause() throws {
        try run { stage in
            let id = try stage.migrate()
            let cutover = try stage.tool.run(["cutover", id, "--until-verified", "--fence", "pause"])
            #expect(cutover.code == 0 && cutover.errors.isEmpty, "\(cutover.errors)")
            #expect(try stage.source.log(in: "acme-app").answer("SET", "__tenant:acme:k", "v").code == "NOPERM")
        }
    }
}
