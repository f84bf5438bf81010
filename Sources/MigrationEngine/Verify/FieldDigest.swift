import MigrationCore
import RESP

/// Digests a hash with its fields' expiries, in any order. What expires until `horizon` is left out.
struct FieldDigest {
    let horizon: Int
    private var count = 0
    private var fields = Digest128.zero
    private var expiringCount = 0
    private var expiries = Digest128.zero

    init(horizon: Int) {
        self.horizon = horizon
    }

    /// A hash of no other fields than such as go now is as good as gone.
    var isEmpty: Bool { count == 0 }

    /// - Parameter expiry: In Unix milliseconds; -1 for none, -2 for a field that has gone.
    mutating func take(_ name: ByteString, _ value: ByteString, expiry: Int) {
        guard expiry == -1 || expiry > horizon else { return }
        count += 1
        var hasher = ValueHasher()
        hasher.add(name)
        hasher.add(value)
        fields.add(hasher.digest())
        guard expiry >= 0 else { return }
        expiringCount += 1
        hasher = ValueHasher()
        hasher.add(name)
        hasher.add(expiry)
        expiries.add(hasher.digest())
    }

    /// A hash without expiries has the summary of one whose server knows none.
    var summary: ValueSummary {
        var parts = [ValueSummary.Part("fields", shown: "\(count)", digest: fields)]
        if expiringCount > 0 {
            parts.append(ValueSummary.Part("field expiries", shown: "\(expiringCount)", digest: expiries))
        }
        return ValueSummary(type: "hash", parts: parts)
    }
}
