import RESP

/// What the target has of a big value: enough to bring it up to date without reading all of it again.
struct BigCopy: Equatable, Sendable {
    var type: BigType
    var expiry: Expiry
    /// Bytes of a string.
    var length = 0
    /// The last entry of a stream that was copied.
    var lastID = StreamID.zero
}

/// The types that can be moved in pieces.
enum BigType: String, Sendable {
    case string, list, set, hash, zset, stream

    /// Tells the number of elements; of a string, its bytes.
    var lengthCommand: ByteString {
        switch self {
        case .string: "STRLEN"
        case .list: "LLEN"
        case .set: "SCARD"
        case .hash: "HLEN"
        case .zset: "ZCARD"
        case .stream: "XLEN"
        }
    }
}

/// The id of a stream's entry: milliseconds and a number within them.
struct StreamID: Hashable, Comparable, Sendable {
    var time: UInt64
    var number: UInt64

    static let zero = StreamID(time: 0, number: 0)

    init(time: UInt64, number: UInt64) {
        self.time = time
        self.number = number
    }

    init?(_ text: String?) {
        let parts = text?.split(separator: "-", omittingEmptySubsequences: false) ?? []
        guard parts.count == 2, let time = UInt64(parts[0]), let number = UInt64(parts[1]) else { return nil }
        self.init(time: time, number: number)
    }

    static func < (left: StreamID, right: StreamID) -> Bool {
        (left.time, left.number) < (right.time, right.number)
    }

    /// Nil of the last one that there can be.
    var next: StreamID? {
        if number < .max { return StreamID(time: time, number: number + 1) }
        return time < .max ? StreamID(time: time + 1, number: 0) : nil
    }

    var bytes: ByteString { "\(time)-\(number)" }
    /// In a range: what follows this id.
    var after: ByteString { "(\(time)-\(number)" }
}
