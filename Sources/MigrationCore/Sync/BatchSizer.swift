/// How many keys to ask for at once. Values of unknown size wait in the server's output buffer and in ours, so a batch
/// begins small and grows only while its bytes stay within bounds.
package struct BatchSizer: Equatable, Sendable {
    /// Keys of a batch, at most.
    package var most: Int
    private var wantedBytes: Int
    private var bytesPerKey = 0.0
    private var limit: Int

    /// - Parameters:
    ///   - first: Keys of the first batch, of which nothing is known.
    ///   - bytes: Payload that a batch should hold: enough to keep a server busy, little enough to wait for.
    package init(first: Int, most: Int, bytes: Int) {
        limit = first
        self.most = most
        wantedBytes = bytes
    }

    /// Keys of the next batch, at least one.
    package var size: Int { min(most, limit) }

    /// A batch should hold so much from now on.
    package mutating func restrict(bytes: Int) {
        wantedBytes = bytes
        limit = min(limit, Self.guess(bytes), max(1, Int(Double(bytes) / max(bytesPerKey, 1))))
    }

    /// Keys to begin with where nothing is known of their values.
    private static func guess(_ bytes: Int) -> Int { max(1, bytes >> 14) }

    /// Takes note of keys that were answered, and of the bytes of their payloads.
    package mutating func answered(keys: Int, bytes: Int) {
        guard keys > 0 else { return }
        let mean = Double(bytes) / Double(keys)
        // Growing values count at once, shrinking ones only gradually.
        bytesPerKey = max(mean, bytesPerKey * 0.8 + mean * 0.2)
        let fitting = Int(Double(wantedBytes) / max(bytesPerKey, 1))
        limit = max(1, min(fitting, limit * 2))
    }
}
