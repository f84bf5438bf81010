/// How many keys to ask for at once, so that their answers stay within a few megabytes in the server's output buffer.
/// It begins small, because nothing is known of the first keys, and doubles while they prove to be small.
package struct BatchSizer: Equatable, Sendable {
    /// Bytes of payload in one batch.
    package static let budget = 2 << 20
    package static let maximum = 500

    package private(set) var size = 16

    package init() {}

    /// Takes note of a batch that was answered: its keys and the bytes of their payloads.
    package mutating func answered(keys: Int, bytes: Int) {
        guard keys > 0 else { return }
        let fitting = Self.budget / max(1, bytes / keys)
        size = max(1, min(size * 2, fitting, Self.maximum))
    }
}
