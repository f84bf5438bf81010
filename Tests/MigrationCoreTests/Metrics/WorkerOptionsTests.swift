import FoundationEssentials
import Testing

@testable import MigrationCore

@Suite struct WorkerOptionsTests {
    @Test(arguments: [
        ("127.0.0.1:9121", "127.0.0.1:9121"), ("[::1]:9121", "[::1]:9121"), ("localhost:0", "localhost:0"),
        (":9121", "127.0.0.1:9121"), ("0.0.0.0:65535", "0.0.0.0:65535"), ("[fe80::1%eth0]:1", "[fe80::1%eth0]:1"),
    ])
    func whereAWorkerMayListen(text: String, address: String) throws {
        #expect(ListenAddress(parsing: text)?.description == address)
        #expect(try WorkerOptions(metricsListen: text).listenAddress?.description == address)
    }

    @Test(arguments: [
        "", "9121", "localhost", "localhost:", "localhost:65536", "localhost:-1", "localhost:+1", "::1:9121", "[::1]",
        "[]:1", "[a]:1", "a b:1", "a:1:2", "http://a:1", "a:９１", "user@a:1", "a\n:1", "[::1:1",
    ])
    func whereItCannot(text: String) {
        #expect(ListenAddress(parsing: text) == nil)
        #expect(throws: PlanError.self) { try WorkerOptions(metricsListen: text) }
    }

    @Test func placeholdersBecomeNamesOfFiles() throws {
        let options = try WorkerOptions(metricsFile: "/var/{tenant}/{id}.prom")
        #expect(options.metricsPath(tenant: "acme-corp", id: "mig_1") == "/var/acme-corp/mig_1.prom")
        #expect(options.metricsPath(tenant: "../x", id: "mig_1") == "/var/%2E.%2Fx/mig_1.prom")
        #expect(options.metricsPath(tenant: "a%2Fb", id: "mig_1") == "/var/a%252Fb/mig_1.prom")
        #expect(options.metricsPath(tenant: "é.b", id: "mig_1") == "/var/%C3%A9.b/mig_1.prom")
        #expect(try WorkerOptions().metricsPath(tenant: "a", id: "b") == nil)
        #expect(throws: PlanError.self) { try WorkerOptions(metricsFile: "relative.prom") }
    }

    /// A plan that an older version has written has none.
    @Test func theyTravelWithThePlan() throws {
        var plan = try MigrationPlan(
            id: "mig_1",
            scope: TenantScope(tenant: "acme"),
            source: ServerPlan(address: ServerAddress(host: "a")),
            target: ServerPlan(address: ServerAddress(host: "b")),
            transfer: TransferOptions()
        )
        #expect(!(try text(plan)).contains("worker"))
        plan.worker = try WorkerOptions(metricsListen: "[::1]:9121", metricsFile: "/a")
        let text = try text(plan)
        #expect(text.contains(#""worker":{"metrics_file":"/a","metrics_listen":"[::1]:9121"}"#), "\(text)")
        #expect(try MigrationJSON.decoder().decode(MigrationPlan.self, from: Data(text.utf8)) == plan)
    }

    private func text(_ plan: MigrationPlan) throws -> String {
        String(decoding: try MigrationJSON.encoder().encode(plan), as: UTF8.self)
    }
}
