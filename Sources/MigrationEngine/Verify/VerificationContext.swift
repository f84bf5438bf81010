import MigrationCore

/// What a verification asks of the migration that it runs beside.
package protocol VerificationContext: Sendable {
    /// True where a feed of the target tells the tenant's own writes there, since the switch, apart.
    var watchesSwitch: Bool { get async }

    /// Waits until everything that was written at the source before this call is at the target. False where that
    /// cannot be waited for: what differs now is judged as it stands.
    ///
    /// - Parameter keys: Those that will be looked at then.
    func settle(_ keys: [KeyName]) async throws(MigrationFailure) -> Bool

    /// Which of these keys have changed at the source since the last `settle` began, one answer a key. Called after
    /// they were read there, and for no others than `settle` was given.
    func changedSinceSettling(_ keys: [KeyName]) async throws(MigrationFailure) -> [Bool]

    /// Which of the keys the tenant's clients have written at the target since the switch, one answer a key. Called
    /// after the keys were read there: the feed must first pass everything that the target had executed when this was
    /// called.
    func writtenSinceSwitch(_ keys: [KeyName]) async throws(MigrationFailure) -> [Bool]

    /// Which of the keys the source has expired or evicted by itself since it was fenced, one answer a key. Called after
    /// the keys were read there.
    func lostAtSource(_ keys: [KeyName]) async throws(MigrationFailure) -> [Bool]
}

extension VerificationContext {
    package func lostAtSource(_ keys: [KeyName]) async throws(MigrationFailure) -> [Bool] {
        Array(repeating: false, count: keys.count)
    }
}

/// For servers that nothing copies between any more: one moment's patience for what is about to expire.
package struct QuiescentContext: VerificationContext {
    private static let patience = Duration.milliseconds(100)

    package init() {}

    package var watchesSwitch: Bool { false }

    package func settle(_ keys: [KeyName]) async -> Bool {
        do {
            try await Task.sleep(for: Self.patience)
            return true
        } catch {
            return false
        }
    }

    /// Nobody tells: that its value is the same at two looks has to do.
    package func changedSinceSettling(_ keys: [KeyName]) async -> [Bool] {
        Array(repeating: false, count: keys.count)
    }

    package func writtenSinceSwitch(_ keys: [KeyName]) async -> [Bool] {
        Array(repeating: false, count: keys.count)
    }
}
