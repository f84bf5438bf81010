/// Turns bytes, in whatever pieces they come, into `RESPValue`s. Work done on a piece is never done again, so a huge
/// reply that arrives in small pieces costs its length once.
package struct RESPDecoder: Sendable {
    private struct Open {
        var kind: RESPHeader.Kind
        var missing: Int
        var elements: [RESPValue] = []
    }

    private var buffer: [UInt8] = []
    private var position = 0
    private var open: [Open] = []

    package init() {}

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        if position > 0 {
            buffer.removeFirst(position)
            position = 0
        }
        buffer.append(contentsOf: bytes)
    }

    package mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// The next whole reply; nil means that more bytes are needed.
    package mutating func next() throws(RESPError) -> RESPValue? {
        while let header = try nextHeader() {
            guard let value = try scalarOrOpen(header) else {
                if isWaitingForPayload(header) { return nil }
                continue
            }
            if let whole = close(with: value) { return whole }
        }
        return nil
    }

    private func nextHeader() throws(RESPError) -> RESPHeader? {
        let span = buffer.span.bytes
        return try span.withUnsafeBytes { (bytes) throws(RESPError) in try RESPHeader.parse(bytes, at: position) }
    }

    private func isWaitingForPayload(_ header: RESPHeader) -> Bool {
        switch header.kind {
        case .bulkString, .bulkError, .verbatimString: header.number >= 0
        default: false
        }
    }

    /// A value that is complete in itself; nil where an aggregate was opened or a payload is not all here yet.
    private mutating func scalarOrOpen(_ header: RESPHeader) throws(RESPError) -> RESPValue? {
        switch header.kind {
        case .bulkString, .bulkError, .verbatimString:
            return try payload(header)
        case .array, .set, .push, .map, .attribute:
            return try openAggregate(header)
        case .integer:
            position = header.end
            return .integer(header.number)
        case .simpleString, .error, .null, .double, .boolean, .bigNumber:
            return try line(header)
        }
    }

    private mutating func line(_ header: RESPHeader) throws(RESPError) -> RESPValue {
        let text = ByteString(buffer[header.textStart..<(header.end - 2)])
        position = header.end
        switch header.kind {
        case .error: return .error(text.text)
        case .null: return .null
        case .boolean:
            guard text == "t" || text == "f" else { throw .malformedLine }
            return .boolean(text == "t")
        case .double:
            guard let number = Double(text.text) else { throw .malformedNumber }
            return .double(number)
        default: return .string(text)
        }
    }

    private mutating func payload(_ header: RESPHeader) throws(RESPError) -> RESPValue? {
        guard header.number >= 0 else {
            position = header.end
            return .null
        }
        let end = header.end + header.number
        guard end + 2 <= buffer.count else { return nil }
        guard buffer[end] == 0x0D, buffer[end + 1] == 0x0A else { throw .missingTerminator }
        let content = ByteString(buffer[header.end..<end])
        position = end + 2
        switch header.kind {
        case .bulkError: return .error(content.text)
        // "txt:" and the like stand before a verbatim string's text (RESP3 specification).
        case .verbatimString where content.count >= 4: return .string(ByteString(content.bytes[4...]))
        default: return .string(content)
        }
    }

    private mutating func openAggregate(_ header: RESPHeader) throws(RESPError) -> RESPValue? {
        position = header.end
        guard header.number >= 0 else { return .null }
        let pairs = header.kind == .map || header.kind == .attribute
        let missing = pairs ? header.number * 2 : header.number
        guard missing > 0 else { return header.kind == .attribute ? nil : Self.aggregate(header.kind, []) }
        guard open.count < RESPLimit.depth else { throw .tooDeep }
        open.append(Open(kind: header.kind, missing: missing))
        return nil
    }

    /// Puts `value` into the aggregate that waits for it; the outermost value when that completes it.
    private mutating func close(with value: RESPValue) -> RESPValue? {
        var value = value
        while var last = open.popLast() {
            last.elements.append(value)
            last.missing -= 1
            guard last.missing == 0 else {
                open.append(last)
                return nil
            }
            // An attribute only decorates the reply that follows it.
            if last.kind == .attribute { return nil }
            value = Self.aggregate(last.kind, last.elements)
        }
        return value
    }

    private static func aggregate(_ kind: RESPHeader.Kind, _ elements: [RESPValue]) -> RESPValue {
        switch kind {
        case .map: .map(elements)
        case .push: .push(elements)
        default: .array(elements)
        }
    }
}
