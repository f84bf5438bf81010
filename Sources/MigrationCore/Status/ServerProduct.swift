/// What a server is, by what INFO says: `Redis 7.0.15`, `Valkey 9.1.2`. Others than Redis say in `redis_version` what
/// they are compatible with, and what they are in a field of their own.
package struct ServerProduct: Equatable, Sendable, CustomStringConvertible {
    package let vendor: String
    /// Nil where the server does not say.
    package let version: String?

    private static let others = [
        (field: "valkey_version", vendor: "Valkey"), (field: "ferrite_version", vendor: "Ferrite"),
        (field: "dragonfly_version", vendor: "Dragonfly"),
    ]

    package init(_ info: ServerInfo) {
        let other = Self.others.first { info[$0.field] != nil }
        vendor = other?.vendor ?? "Redis"
        version = info[other?.field ?? "redis_version"]
    }

    package var description: String { "\(vendor) \(version ?? "of an unknown version")" }
}
