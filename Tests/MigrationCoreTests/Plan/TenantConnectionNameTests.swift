import MigrationCore
import Testing

@Suite struct TenantConnectionNameTests {
    @Test func itIsReadAsItIsWritten() throws {
        let name = TenantConnectionName(migrationID: "mig_7f3a9c0d21", scope: try TenantScope(tenant: "acme"))
        #expect(name.text.hasPrefix("ferrite-migrate:mig_7f3a9c0d21:"))
        #expect(TenantConnectionName(name.text) == name)
        #expect(name.tenantMark.count == 8)
        // Also between versions: what another one wrote must be known again.
        #expect(name.tenantMark == "b68c2849")
    }

    @Test func theTenantTellsTheMark() throws {
        let marks = try ["acme", "acme-corp", "Acme", "köln", "a b"].map {
            TenantConnectionName(migrationID: "mig_1", scope: try TenantScope(tenant: $0)).tenantMark
        }
        #expect(Set(marks).count == marks.count)
        let other = TenantConnectionName(
            migrationID: "mig_1",
            scope: try TenantScope(tenant: "acme", format: "t:{id}:")
        )
        #expect(!marks.contains(other.tenantMark))
        #expect(marks.allSatisfy { $0.allSatisfy(\.isHexDigit) })
    }

    @Test(arguments: [
        "", "ferrite-migrate", "ferrite-migrate:mig_1", "ferrite-migrate::00ff00ff", "app:mig_1:00ff00ff", "a:b:c:d",
    ])
    func anybodyElsesIsNone(text: String) {
        #expect(TenantConnectionName(text) == nil)
    }
}
