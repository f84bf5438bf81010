import Foundation
import MigrationCore
import Testing

@Suite struct TLSPlanTests {
    private func server(_ text: String) throws -> ServerPlan {
        try JSONDecoder().decode(ServerPlan.self, from: Data(text.utf8))
    }

    @Test func oldJournalsHaveNone() throws {
        let plan = try server(#"{"address":{"host":"a","port":1},"alternatives":[]}"#)
        #expect(plan.tls == nil && plan.address == ServerAddress(host: "a", port: 1))
    }

    @Test func allOfItIsWrittenDownAndRead() throws {
        let tls = TLSPlan(
            authorities: "/ca",
            certificate: "/c",
            key: "/k",
            keyPassphrase: .file("/p"),
            serverName: "db",
            isInsecure: true,
            minimum: .tls13
        )
        let plan = ServerPlan(address: ServerAddress(host: "a"), tls: tls)
        let bytes = try JSONEncoder().encode(plan)
        #expect(try JSONDecoder().decode(ServerPlan.self, from: bytes) == plan)
        let text = try #require(String(data: bytes, encoding: .utf8))
        for part in [#""tls_min":"1.3""#, #""insecure":true"#, #""sni":"db""#] {
            #expect(text.contains(part), "\(text)")
        }
    }

    @Test func halfOfAPairIsRefused() throws {
        for (tls, words) in [
            (TLSPlan(certificate: "/c"), "--source-cert needs --source-key"),
            (TLSPlan(key: "/k"), "--source-key needs --source-cert"),
            (TLSPlan(keyPassphrase: .url), "without the key"),
        ] {
            let error = #expect(throws: PlanError.self) { try tls.check(side: "source") }
            #expect(error?.message.contains(words) == true)
        }
        try TLSPlan(certificate: "/c", key: "/k", keyPassphrase: .url).check(side: "source")
        try TLSPlan().check(side: "source")
    }

    @Test func onlyWhoDoesNotVerifyIsTold() {
        let address = ServerAddress(host: "a")
        #expect(ServerPlan(address: address).insecureRemark("source") == nil)
        #expect(ServerPlan(address: address, tls: TLSPlan()).insecureRemark("source") == nil)
        let remark = ServerPlan(address: address, tls: TLSPlan(isInsecure: true)).insecureRemark("target")
        #expect(remark?.contains("the target a:6379 is not verified (--target-insecure)") == true)
    }
}
