import RESP

/// Which keys are a tenant's: those that start with its prefix, byte for byte.
package struct TenantScope: Codable, Hashable, Sendable {
    package static let defaultFormat = "__tenant:{tenant_id}:"

    package let tenant: String
    package let prefix: ByteString

    /// `format` is the setting `key_prefix_format`; `{tenant_id}` (or `{id}`) stands for the tenant.
    package init(tenant: String, format: String = TenantScope.defaultFormat) throws(PlanError) {
        guard !tenant.isEmpty else { throw .invalidTenant(tenant, "it is empty") }
        // Scalars and not characters: a combining mark would hide the ':' that it stands on.
        let scalars = tenant.unicodeScalars
        guard !scalars.contains(where: { $0.properties.generalCategory == .control }) else {
            throw .invalidTenant(tenant, "it contains a control character")
        }
        guard !scalars.contains(":") else { throw .invalidTenant(tenant, "it contains ':'") }
        let parts = try Self.split(format)
        let end = try Self.end(of: parts.after, in: format)
        guard !scalars.contains(end) else {
            throw .invalidTenant(tenant, "it contains '\(end)', which ends the tenant in key_prefix_format")
        }
        self.tenant = tenant
        self.prefix = ByteString(parts.before + tenant + parts.after)
    }

    /// - Throws: Where no tenant's prefix can be made of it.
    package static func check(format: String) throws(PlanError) {
        _ = try end(of: split(format).after, in: format)
    }

    /// The tenant's name must end at a character that no name contains, else acme's prefix would begin acme-corp's.
    private static func end(of after: Substring, in format: String) throws(PlanError) -> Unicode.Scalar {
        guard let end = after.unicodeScalars.first else {
            throw .invalidPrefixFormat(format, "a character such as ':' must follow the placeholder")
        }
        return end
    }

    package func contains(_ key: ByteString) -> Bool {
        key.hasPrefix(prefix)
    }

    /// The pattern for SCAN MATCH and ACL comparison: the prefix with its glob characters escaped, and `*`.
    package var pattern: ByteString {
        var bytes: [UInt8] = []
        for byte in prefix.bytes {
            if Self.globCharacters.contains(byte) { bytes.append(UInt8(ascii: "\\")) }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "*"))
        return ByteString(bytes)
    }

    /// The characters that Redis' `stringmatchlen` (util.c) gives a meaning.
    private static let globCharacters: [UInt8] = Array("*?[]\\".utf8)

    private static func split(_ format: String) throws(PlanError) -> (before: Substring, after: Substring) {
        for placeholder in ["{tenant_id}", "{id}"] {
            let parts = format.split(separator: placeholder, omittingEmptySubsequences: false)
            if parts.count == 2 { return (parts[0], parts[1]) }
        }
        throw .invalidPrefixFormat(format, "{tenant_id} must stand in it once")
    }
}
