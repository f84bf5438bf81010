/// A digest of 128 bits. As a sum, each 64-bit half is added by itself and wraps, so the order in which digests
/// are added does not matter.
package struct Digest128: Hashable, Sendable {
    package static let zero = Digest128(high: 0, low: 0)

    package var high: UInt64
    package var low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    package mutating func add(_ other: Digest128) {
        high &+= other.high
        low &+= other.low
    }

    /// 32 digits.
    package var hexadecimal: String {
        Self.padded(high) + Self.padded(low)
    }

    private static func padded(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
