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
        "ferrite-migrate:mig_1:00ff00ff:other", "ferrite-migrate:mig_1:00ff00ff:rights:",
    ])
    func anybodyElsesIsNone(text: String) {
        #expect(TenantConnectionName(text) == nil)
    }

    @Test(arguments: TenantConnectionName.Role.allCases)
    func itsRoleIsReadAsItIsWritten(role: TenantConnectionName.Role) throws {
        let name = TenantConnectionName(migrationID: "mig_1", scope: try TenantScope(tenant: "acme"), role: role)
        #expect(TenantConnectionName(name.text) == name)
    }

    /// The first of each pair ends before the second works: within a migration, and of another one of the tenant.
    @Test func whoEndsBeforeWhom() throws {
        let own: [[TenantConnectionName.Role]] = [
            [.copy, .copy], [.rights, .rights], [.erasure, .erasure], [.erasure, .copy], [.copy, .erasure],
            [.rights, .erasure],
        ]
        let others: [[TenantConnectionName.Role]] = [[.erasure, .copy], [.erasure, .erasure]]
        for first in TenantConnectionName.Role.allCases {
            for second in TenantConnectionName.Role.allCases {
                let newcomer = try name("mig_1", "acme", second)
                let pair = [first, second]
                #expect(try name("mig_1", "acme", first).mustEnd(before: newcomer) == own.contains(pair), "\(pair)")
                #expect(try name("mig_2", "acme", first).mustEnd(before: newcomer) == others.contains(pair), "\(pair)")
                #expect(try !name("mig_1", "other", first).mustEnd(before: newcomer))
            }
        }
    }

    private func name(
        _ id: String,
        _ tenant: String,
        _ role: TenantConnectionName.Role
    ) throws -> TenantConnectionName {
        TenantConnectionName(migrationID: id, scope: try TenantScope(tenant: tenant), role: role)
    }
}
