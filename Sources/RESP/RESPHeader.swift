/// What the peer sent is not RESP, or passes a bound that no honest peer passes.
package enum RESPError: Error, Equatable, Sendable {
    case unknownType(UInt8)
    case malformedNumber
    case malformedLine
    case missingTerminator
    case tooLong(Int)
    case tooDeep
}

/// Bounds on what a peer may claim, so that a hostile or broken one cannot make the tool allocate without end.
package enum RESPLimit {
    /// `proto-max-bulk-len` may be raised above its default of 512 MB; nobody sends a single bulk of 16 GiB.
    package static let bulkLength = 16 << 30
    /// Elements of one aggregate. A SCAN page or an HGETALL of a huge hash stays below it.
    package static let elements = 1 << 28
    /// Bytes of a status, error, number or length line up to its CRLF, type byte included.
    package static let line = 64 << 10
    package static let depth = 32
}

/// The first line of a RESP reply (Redis "RESP protocol specification", RESP2 and RESP3): its type byte and either a
/// number (`:`, `$`, `*`, …) or the place of its text (`+`, `-`, `,`, …).
package struct RESPHeader: Equatable, Sendable {
    package enum Kind: UInt8, Sendable {
        case simpleString = 0x2B  // +
        case error = 0x2D  // -
        case integer = 0x3A  // :
        case bulkString = 0x24  // $
        case array = 0x2A  // *
        case null = 0x5F  // _
        case double = 0x2C  // ,
        case boolean = 0x23  // #
        case bulkError = 0x21  // !
        case verbatimString = 0x3D  // =
        case bigNumber = 0x28  // (
        case map = 0x25  // %
        case set = 0x7E  // ~
        case attribute = 0x7C  // |
        case push = 0x3E  // >

        var hasNumber: Bool {
            switch self {
            case .integer, .bulkString, .array, .bulkError, .verbatimString, .map, .set, .attribute, .push: true
            case .simpleString, .error, .null, .double, .boolean, .bigNumber: false
            }
        }
    }

    package let kind: Kind
    /// The integer, the byte length or the element count; -1 is RESP2's null. 0 where the line is text.
    package let number: Int
    /// Where the line's text begins; it ends two bytes before `end`.
    package let textStart: Int
    /// The offset of the first byte after the line's CRLF.
    package let end: Int

    /// Digits of a number, leading zeros among them.
    private static let longestNumber = 32

    /// Reads the line that begins at `start`. Nil means that more bytes are needed.
    @inline(__always)
    package static func parse(
        _ bytes: UnsafeRawBufferPointer,
        at start: Int
    ) throws(RESPError) -> RESPHeader? {
        guard start < bytes.count else { return nil }
        guard let kind = Kind(rawValue: bytes[start]) else { throw .unknownType(bytes[start]) }
        if kind.hasNumber {
            return try parseNumber(kind, bytes, at: start)
        }
        return try parseText(kind, bytes, at: start)
    }

    @inline(__always)
    private static func parseNumber(
        _ kind: Kind,
        _ bytes: UnsafeRawBufferPointer,
        at start: Int
    ) throws(RESPError) -> RESPHeader? {
        var index = start + 1
        var negative = false
        if index < bytes.count, bytes[index] == 0x2D || bytes[index] == 0x2B {
            negative = bytes[index] == 0x2D
            index += 1
        }
        var value = 0
        var digits = 0
        while index < bytes.count {
            let digit = Int(bytes[index]) &- 0x30
            if digit >= 0 && digit <= 9 {
                // Kept negative, because Int64's least value has no positive twin.
                let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, underflow) = scaled.subtractingReportingOverflow(digit)
                guard !overflow, !underflow else { throw .malformedNumber }
                value = sum
                digits += 1
                index += 1
                continue
            }
            guard bytes[index] == 0x0D, digits > 0, digits < longestNumber else { throw .malformedNumber }
            guard index + 1 < bytes.count else { return nil }
            guard bytes[index + 1] == 0x0A else { throw .malformedLine }
            guard negative || value != Int.min else { throw .malformedNumber }
            return try checked(kind, negative ? value : -value, textStart: start + 1, end: index + 2)
        }
        guard digits < longestNumber else { throw .malformedNumber }
        return nil
    }

    @inline(__always)
    private static func checked(
        _ kind: Kind,
        _ number: Int,
        textStart: Int,
        end: Int
    ) throws(RESPError) -> RESPHeader {
        if kind != .integer {
            // Only RESP2's nulls are of length -1.
            let least = kind == .bulkString || kind == .array ? -1 : 0
            let most =
                kind == .bulkString || kind == .bulkError || kind == .verbatimString
                ? RESPLimit.bulkLength : RESPLimit.elements
            guard number >= least else { throw .malformedNumber }
            guard number <= most else { throw .tooLong(number) }
        }
        return RESPHeader(kind: kind, number: number, textStart: textStart, end: end)
    }

    private static func parseText(
        _ kind: Kind,
        _ bytes: UnsafeRawBufferPointer,
        at start: Int
    ) throws(RESPError) -> RESPHeader? {
        var index = start + 1
        let last = min(bytes.count, start + RESPLimit.line)
        while index < last {
            if bytes[index] == 0x0D {
                guard index + 1 < bytes.count else { return nil }
                guard bytes[index + 1] == 0x0A else { throw .malformedLine }
                return RESPHeader(kind: kind, number: 0, textStart: start + 1, end: index + 2)
            }
            index += 1
        }
        guard index - start < RESPLimit.line else { throw .tooLong(RESPLimit.line) }
        return nil
    }
}
