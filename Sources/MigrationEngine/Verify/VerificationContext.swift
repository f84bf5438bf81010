import MigrationCore

/// What a verification asks of the migration that it runs beside.
package protocol VerificationContext: Sendable {
    /// True where a feed of the target tells the tenant's own writes there, since the switch, apart.
    var watchesSwitch: Bool { get async }

    /// Waits until everything that was written at the source before this call is at the target. False where that
    /// cannot be waited for: what differs now is judged as it stands.
    ///
    /// - Parameter attempt: 1 for the first wait for these keys, counting up.
    func settle(attempt: Int) async throws(MigrationFailure) -> Bool

    /// Which of the keys the tenant's clients have written at the target since the switch, one answer a key. Called
    /// after the keys were read there: the feed must first pass everything that the target had executed when this was
    /// called.
    func writtenSinceSwitch(_ keys: [KeyName]) async throws(MigrationFailure) -> [Bool]
}

/// For servers that nothing copies between any more: one moment's patience for what is about to expire.
package struct QuiescentContext: VerificationContext {
    private static let patience = Duration.milliseconds(100)

    package init() {}

    package var watchesSwitch: Bool { false }

    package func settle(attempt: Int) async -> Bool {
        do {
            try await Task.sleep(for: Self.patience)
            return true
        } catch {
            return false
        }
    }

    package func writtenSinceSwitch(_ keys: [KeyName]) async -> [Bool] {
        Array(repeating: false, count: keys.count)
    }
}
