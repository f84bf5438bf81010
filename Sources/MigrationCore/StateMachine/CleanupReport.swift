/// What `cleanup` has removed from the source of a migration that is completed: one run, or all of them together.
package struct CleanupReport: Codable, Equatable, Sendable {
    package enum CodingKeys: String, CodingKey {
        case keysRemoved = "keys_removed"
        case usersRemoved = "users_removed"
        case usersKept = "users_kept"
        case isWhole = "whole"
    }

    package var keysRemoved: Int
    package var usersRemoved: [String]
    /// Users of the tenant that also have keys of others: they stay, as the fence has left them.
    package var usersKept: [String]
    /// Nothing is left to remove. Older versions did not say it of a run that came to its end, and are believed.
    package var isWhole: Bool

    package init(keysRemoved: Int = 0, usersRemoved: [String] = [], usersKept: [String] = [], isWhole: Bool = true) {
        self.keysRemoved = keysRemoved
        self.usersRemoved = usersRemoved
        self.usersKept = usersKept
        self.isWhole = isWhole
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        keysRemoved = try container.decode(Int.self, forKey: .keysRemoved)
        usersRemoved = try container.decode([String].self, forKey: .usersRemoved)
        usersKept = try container.decodeIfPresent([String].self, forKey: .usersKept) ?? []
        isWhole = try container.decodeIfPresent(Bool.self, forKey: .isWhole) ?? true
    }

    /// What this run and another one have removed together.
    package func adding(_ other: CleanupReport) -> CleanupReport {
        CleanupReport(
            keysRemoved: keysRemoved + other.keysRemoved,
            usersRemoved: usersRemoved + other.usersRemoved.filter { !usersRemoved.contains($0) },
            usersKept: usersKept + other.usersKept.filter { !usersKept.contains($0) },
            isWhole: other.isWhole
        )
    }
}
