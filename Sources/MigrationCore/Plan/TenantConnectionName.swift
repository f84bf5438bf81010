import RESP

/// The name of the tool's own connections (`CLIENT SETNAME`): whose migration they belong to, and of which tenant, so
/// that another tool can tell that the tenant is being moved already, whatever journal it is written in.
package struct TenantConnectionName: Equatable, Sendable {
    private static let opening = "ferrite-migrate"

    package let migrationID: String
    /// Eight hexadecimal digits: a name may hold no spaces and no secrets, and a tenant's may be long.
    package let tenantMark: String

    package init(migrationID: String, scope: TenantScope) {
        self.migrationID = migrationID
        tenantMark = Self.mark(scope)
    }

    /// Reads `ferrite-migrate:<migration id>:<tenant's mark>`; nil for anybody else's connection.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == Self.opening, !parts[1].isEmpty else { return nil }
        migrationID = parts[1]
        tenantMark = parts[2]
    }

    package var text: String { "\(Self.opening):\(migrationID):\(tenantMark)" }

    /// FNV-1a of the prefix, 32 bits: the same in every process and version.
    private static func mark(_ scope: TenantScope) -> String {
        let hash = scope.prefix.bytes.reduce(UInt32(0x811c_9dc5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
