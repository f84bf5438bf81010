/// What `cleanup` has removed from the source of a migration that is completed.
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
}
