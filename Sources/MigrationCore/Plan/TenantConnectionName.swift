import RESP

/// The name of the tool's own connections (`CLIENT SETNAME`): whose migration they belong to, and of which tenant, so
/// that another tool can tell that the tenant is being moved already, whatever journal it is written in; and what they
/// do, so that whoever begins can end those whose last commands may still be on their way.
package struct TenantConnectionName: Equatable, Sendable {
    package enum Role: String, CaseIterable, Sendable {
        /// Writes the tenant's keys.
        case copy
        /// Changes the tenant's users.
        case rights
        /// Removes the tenant's keys and users.
        case erasure
    }

    private static let opening = "ferrite-migrate"

    package let migrationID: String
    /// Eight hexadecimal digits: a name may hold no spaces and no secrets, and a tenant's may be long.
    package let tenantMark: String
    package let role: Role

    package init(migrationID: String, scope: TenantScope, role: Role = .copy) {
        self.migrationID = migrationID
        tenantMark = Self.mark(scope)
        self.role = role
    }

    package init(_ plan: MigrationPlan, role: Role = .copy) {
        self.init(migrationID: plan.id, scope: plan.scope, role: role)
    }

    /// Reads `ferrite-migrate:<migration id>:<tenant's mark>[:<role>]`; nil for anybody else's connection.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard 3...4 ~= parts.count, parts[0] == Self.opening, !parts[1].isEmpty else { return nil }
        guard let role = Role(rawValue: parts.count == 4 ? parts[3] : Role.copy.rawValue) else { return nil }
        migrationID = parts[1]
        tenantMark = parts[2]
        self.role = role
    }

    package var text: String {
        "\(Self.opening):\(migrationID):\(tenantMark)" + (role == .copy ? "" : ":\(role.rawValue)")
    }

    /// Whether a connection of this name has to end before one of `newcomer`'s works: what it sent last may still be on
    /// its way, and would be executed behind what the new one sends.
    ///
    /// Each role follows its own, and an erasure follows everything of its migration. What was to be removed for another
    /// migration of the tenant ends too, because nothing of this one may be: only connections that erase are safe to end
    /// without knowing whose they are, as no migration lives that still needs them.
    package func mustEnd(before newcomer: TenantConnectionName) -> Bool {
        guard tenantMark == newcomer.tenantMark else { return false }
        switch (role, newcomer.role) {
        case (.erasure, .copy), (.erasure, .erasure): return true
        case (_, .erasure): return migrationID == newcomer.migrationID
        default: return role == newcomer.role && migrationID == newcomer.migrationID
        }
    }

    /// Whether it is of another migration of the same tenant.
    package func isOthers(than name: TenantConnectionName) -> Bool {
        tenantMark == name.tenantMark && migrationID != name.migrationID
    }

    /// FNV-1a of the prefix, 32 bits: the same in every process and version.
    private static func mark(_ scope: TenantScope) -> String {
        let hash = scope.prefix.bytes.reduce(UInt32(0x811c_9dc5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
