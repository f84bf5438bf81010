import RESP

/// What `cancel` has removed from the target, and what it found there that is not the migration's.
package struct CancelReport: Codable, Equatable, Sendable {
    package enum CodingKeys: String, CodingKey {
        case keysRemoved = "keys_removed"
        case usersRemoved = "users_removed"
        case keysLeft = "keys_left"
        case leftExamples = "left_examples"
    }

    package var keysRemoved: Int
    package var usersRemoved: [String]
    /// Keys of the tenant that this migration did not put there.
    package var keysLeft: Int
    /// The first of them.
    package var leftExamples: [ByteString]

    package static let mostExamples = 20

    package init(
        keysRemoved: Int = 0,
        usersRemoved: [String] = [],
        keysLeft: Int = 0,
        leftExamples: [ByteString] = []
    ) {
        self.keysRemoved = keysRemoved
        self.usersRemoved = usersRemoved
        self.keysLeft = keysLeft
        self.leftExamples = leftExamples
    }
}
