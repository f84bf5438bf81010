/// Finds where a number of whole replies ends, without building them. Fed with all bytes since the first reply, it
/// looks at each only once.
package struct RESPSkipper: Sendable {
    /// Replies and elements of theirs that are still to come.
    private var missing: Int
    /// Bytes that lie behind.
    private var position = 0

    package init(replies: Int) {
        missing = replies
    }

    /// The offset of the first byte after the last reply; nil means that more bytes are needed.
    package mutating func end(in bytes: UnsafeRawBufferPointer) throws(RESPError) -> Int? {
        while missing > 0 {
            guard let header = try RESPHeader.parse(bytes, at: position) else { return nil }
            switch header.kind {
            case .bulkString, .bulkError, .verbatimString:
                guard try skipPayload(header, bytes) else { return nil }
                missing -= 1
            case .array, .set:
                missing += max(0, header.number) - 1
                position = header.end
            case .map:
                missing += max(0, header.number) * 2 - 1
                position = header.end
            case .attribute:
                // It decorates the reply that follows, and is none itself.
                missing += max(0, header.number) * 2
                position = header.end
            case .push:
                // Comes unasked, so it answers nothing.
                missing += max(0, header.number)
                position = header.end
            case .simpleString, .error, .integer, .null, .double, .boolean, .bigNumber:
                missing -= 1
                position = header.end
            }
        }
        return position
    }

    private mutating func skipPayload(
        _ header: RESPHeader,
        _ bytes: UnsafeRawBufferPointer
    ) throws(RESPError) -> Bool {
        guard header.number >= 0 else {
            position = header.end
            return true
        }
        let end = header.end + header.number
        guard end + 2 <= bytes.count else {
            // Of a length that is damaged nothing may ever come to fill it.
            guard end >= bytes.count || bytes[end] == 0x0D else { throw .missingTerminator }
            return false
        }
        guard bytes[end] == 0x0D, bytes[end + 1] == 0x0A else { throw .missingTerminator }
        position = end + 2
        return true
    }
}
