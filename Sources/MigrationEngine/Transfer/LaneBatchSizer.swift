/// How many keys are asked for at once. Values of unknown size wait in the source's output buffer and in ours, so a
/// batch begins small and grows only while its bytes stay within bounds.
struct LaneBatchSizer: Sendable {
    /// Payload bytes that a batch should hold: enough to keep a server busy, little enough to wait for.
    private static let wantedBytes = 1 << 20

    private let most: Int
    private var bytesPerKey = 0.0
    private var limit = 64

    init(most: Int) {
        self.most = most
    }

    var keys: Int { min(most, limit) }

    mutating func observe(keys: Int, bytes: Int) {
        guard keys > 0 else { return }
        let mean = Double(bytes) / Double(keys)
        // Growing values count at once, shrinking ones only gradually.
        bytesPerKey = max(mean, bytesPerKey * 0.8 + mean * 0.2)
        let wanted = Int(Double(Self.wantedBytes) / max(bytesPerKey, 1))
        limit = max(1, min(wanted, limit * 2))
    }
}
