import MigrationCore

/// Whether the tenant's users at the source have changed since they were brought to the target. Those that are known are
/// looked at alone: a list of all users is dear where they are many, and new ones can wait for the cutover.
struct UserWatch {
    /// What was seen last.
    private var seen: [ACLUser]?

    /// Whether one has changed since the last look; the first counts as a change, because nobody knows what was before.
    mutating func sawChange(in users: [ACLUser]) -> Bool {
        defer { seen = users }
        return users != seen
    }

    /// What was seen could not be brought to the target.
    mutating func forget() { seen = nil }
}
