/// What `cleanup` has removed from the source of a migration that is completed: one run, or all of them together.
package struct CleanupReport: Codable, Equatable, Sendable {
    package enum CodingKeys: String, CodingKey {
        case keysRemoved = "keys_removed"
        case usersRemoved = "users_removed"
        case isWhole = "whole"
    }

    package var keysRemoved: Int
    package var usersRemoved: [String]
    /// Nothing is left to remove. Older versions did not say it of a run that came to its end, and are believed.
    package var isWhole: Bool

    package init(keysRemoved: Int = 0, usersRemoved: [String] = [], isWhole: Bool = true) {
        self.keysRemoved = keysRemoved
        self.usersRemoved = usersRemoved
        self.isWhole = isWhole
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        keysRemoved = try container.decode(Int.self, forKey: .keysRemoved)
        usersRemoved = try container.decode([String].self, forKey: .usersRemoved)
        isWhole = try container.decodeIfPresent(Bool.self, forKey: .isWhole) ?? true
    }

    /// What this run and another one have removed together.
    package func adding(_ other: CleanupReport) -> CleanupReport {
        CleanupReport(
            keysRemoved: keysRemoved + other.keysRemoved,
            usersRemoved: usersRemoved + other.usersRemoved.filter { !usersRemoved.contains($0) },
            isWhole: other.isWhole
        )
    }
}
