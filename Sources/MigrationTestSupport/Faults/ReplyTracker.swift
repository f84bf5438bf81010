/// Follows a server's answers byte by byte, as far as it needs to know where one begins, so that a corruption hits what
/// must be noticed. It shares nothing with the product's codec.
struct ReplyTracker {
    private enum Step {
        case start
        /// Within a header: its type, and the number so far.
        case header(UInt8, Int)
        case payload(left: Int)
        /// What follows is no RESP: the RDB of a full synchronisation.
        case lost
    }

    private var step = Step.start
    /// Values still owed within the current array.
    private var owed = 0
    private var isWithin = false

    /// Goes through the bytes of `chunk`, and returns the first index from `first` on that is fit for `wanted`.
    mutating func advance(_ chunk: ArraySlice<UInt8>, wanted: Fault.Corruption?, from first: Int) -> Int? {
        var found: Int?
        var index = chunk.startIndex
        while index < chunk.endIndex {
            var place: (kind: Fault.Corruption, index: Int)?
            switch step {
            case .lost: return found
            case .start:
                begin(chunk[index])
                if case .header = step { place = (.type, index) }
                index += 1
            case .header(let type, let number):
                if chunk[index] == UInt8(ascii: "\n") {
                    if "$*".utf8.contains(type), index >= chunk.startIndex + 2 { place = (.length, index - 2) }
                    end(type, number)
                } else {
                    step = Self.header(type, number, chunk[index])
                }
                index += 1
            case .payload(let left):
                if !isWithin, left > 14 { place = (.payload, index) }
                let count = min(left, chunk.endIndex - index)
                step = left == count ? .start : .payload(left: left - count)
                index += count
            }
            if found == nil, let place, place.kind == wanted, place.index >= first { found = place.index }
        }
        return found
    }

    private mutating func begin(_ byte: UInt8) {
        // A primary keeps a replica waiting with newlines (Redis replication.c).
        guard byte != UInt8(ascii: "\n") else { return }
        isWithin = owed > 0
        if isWithin { owed -= 1 }
        step = .header(byte, 0)
    }

    private static func header(_ type: UInt8, _ number: Int, _ byte: UInt8) -> Step {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            // A negative length stays negative; what is too long for a number is none that counts.
            let digit = Int(byte & 0xf)
            return .header(type, number < 0 ? number : (number % (1 << 50)) * 10 + digit)
        case UInt8(ascii: "-"): return .header(type, -1)
        case UInt8(ascii: "F") where type == UInt8(ascii: "+") && number == 0: return .lost
        case UInt8(ascii: "E") where type == UInt8(ascii: "$"): return .lost
        default: return .header(type, number)
        }
    }

    private mutating func end(_ type: UInt8, _ number: Int) {
        step = .start
        switch type {
        case UInt8(ascii: "$") where number >= 0: step = .payload(left: number + 2)
        case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: ">"): owed += max(0, number)
        case UInt8(ascii: "%"): owed += 2 * max(0, number)
        default: break
        }
    }
}

extension Fault.Corruption {
    /// The byte that comes in the place of another.
    func apply(to byte: UInt8) -> UInt8 {
        switch self {
        case .type, .payload: byte ^ 0x80
        // The neighbour: 0 and 1, 2 and 3, ...
        case .length: byte ^ 1
        }
    }
}
