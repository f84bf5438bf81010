import Foundation
import MigrationEngine
import MigrationTestSupport
import Testing

/// What goes wrong on purpose, each time under a writer of which no write may be lost or done twice.
@Suite(.serialized) struct Faults {}

/// The built binary, two servers, and a writer that goes on whatever happens.
struct FaultStage {
    static let user = "acme-app"
    static let password = "secret"

    let stage: CommandStage
    let writer: LiveWriter

    /// Runs `body`, and checks at the end that nothing was lost, doubled or changed that is not the tenant's.
    static func run(
        keys: Int = 400,
        proxied: Bool = false,
        targetSettings: [String] = [],
        tls: TLSCase? = nil,
        _ body: (FaultStage) throws -> Void
    ) throws {
        try CommandStage.run(keys: keys, proxied: proxied, targetSettings: targetSettings, tls: tls) { stage in
            try TenantSeed(tenant: "other", keys: 50).write(to: stage.source.endpoint)
            try TenantSeed(tenant: "resident", keys: 50).write(to: stage.target.endpoint)
            let others = try KeyspaceDigest(stage.source, tenants: ["other"])
            let residents = try KeyspaceDigest(stage.target, tenants: ["resident"])
            var options = LiveWriter.Options()
            options.rate = 600
            let writer = LiveWriter(
                tenant: CommandStage.tenant,
                at: stage.source.endpoint(user: user, password: password),
                alternative: stage.target.endpoint(user: user, password: password),
                options: options
            )
            let faults = FaultStage(stage: stage, writer: writer)
            try body(faults)
            #expect(try KeyspaceDigest(stage.source, tenants: ["other"]) == others)
            #expect(try KeyspaceDigest(stage.target, tenants: ["resident"]) == residents)
            #expect(try KeyspaceDigest(stage.target, tenants: ["other"]).keys == 0)
        }
    }

    var tool: MigrateTool { stage.tool }

    var id: String {
        get throws { try #require(stage.migrations.first, "no migration was created") }
    }

    func phase() throws -> String? { try tool.status(id).text("phase") }

    /// Waits for `count` more acknowledged writes: the tenant's clients work.
    func more(_ count: Int = 60) {
        #expect(writer.waitForWrites(writer.statistics.acknowledged + count), "\(writer.statistics)")
    }

    /// The migration goes on to its end: live sync, cutover, comparison; and every write is at the target, once.
    func finish() throws {
        more()
        if try phase() != "completed" {
            // A comparison that was under way may end it in between.
            let resumed = try tool.run(["resume", id, "--wait", "live_sync"])
            #expect(try resumed.code == 0 || phase() == "completed", "\(resumed.errors)")
            more()
            // A busy machine interrupts it now and then.
            try CommandStage.wait { try ["live_sync", "completed"].contains(phase()) }
            if try phase() == "live_sync" {
                let answer = try tool.json(["cutover", id, "--until-verified", "--force", "--max-pause", "20000"])
                #expect(answer.object("verification")?.integer("difference_count") == 0)
            }
        }
        try CommandStage.wait { try phase() == "completed" }
        more()
        #expect(try writer.stop().check(on: stage.target) == [])
        try expectOnlyTheTargetOpen()
    }

    /// The source takes no write of the tenant's any more, the target does.
    private func expectOnlyTheTargetOpen() throws {
        let login = (user: Self.user, password: Self.password)
        let source = try stage.source.connect(user: login.user, password: login.password)
        #expect(try source.answer("SET", "__tenant:acme:late", "1").code == "NOPERM")
        let target = try stage.target.connect(user: login.user, password: login.password)
        #expect(try target.answer("SET", "__tenant:acme:late", "1").code == nil)
    }

    func killAll() {
        for process in tool.processes.sorted() { kill(process, SIGKILL) }
    }
}
