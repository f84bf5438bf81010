/// What `cleanup` has removed from the source of a migration that is completed: one run, or all of them together.
package struct CleanupReport: Codable, Equatable, Sendable {
    package enum CodingKeys: String, CodingKey {
        case keysRemoved = "keys_removed"
        case usersRemoved = "users_removed"
    }

    package var keysRemoved: Int
    package var usersRemoved: [String]

    package init(keysRemoved: Int = 0, usersRemoved: [String] = []) {
        self.keysRemoved = keysRemoved
        self.usersRemoved = usersRemoved
    }

    /// What this run and another one have removed together.
    package func adding(_ other: CleanupReport) -> CleanupReport {
        CleanupReport(
            keysRemoved: keysRemoved + other.keysRemoved,
            usersRemoved: usersRemoved + other.usersRemoved.filter { !usersRemoved.contains($0) }
        )
    }
}
