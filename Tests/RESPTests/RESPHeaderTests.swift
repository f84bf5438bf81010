import RESP
import Testing

/// The header alone, as the copy path reads it: from any place in a buffer, without a copy.
@Suite struct RESPHeaderTests {
    private func parse(_ text: String, at start: Int = 0) throws -> RESPHeader? {
        let bytes = Array(text.utf8)
        return try bytes.span.bytes.withUnsafeBytes { try RESPHeader.parse($0, at: start) }
    }

    @Test(arguments: [
        ("$5\r\nhello\r\n", RESPHeader.Kind.bulkString, 5, 4),
        ("$-1\r\n", .bulkString, -1, 5),
        ("*2\r\n", .array, 2, 4),
        (":-12\r\n", .integer, -12, 6),
        ("+OK\r\n", .simpleString, 0, 5),
        ("-ERR\r\n", .error, 0, 6),
        ("_\r\n", .null, 0, 3),
        (">3\r\n", .push, 3, 4),
    ])
    func tellsKindNumberAndEnd(wire: String, kind: RESPHeader.Kind, number: Int, end: Int) throws {
        let header = try #require(try parse(wire))
        #expect(header.kind == kind)
        #expect(header.number == number)
        #expect(header.textStart == 1)
        #expect(header.end == end)
    }

    @Test func beginsAnywhere() throws {
        let wire = "$3\r\nabc\r\n:42\r\n"
        let header = try #require(try parse(wire, at: 9))
        #expect(header.kind == .integer)
        #expect(header.number == 42)
        #expect(header.textStart == 10)
        #expect(header.end == wire.utf8.count)
        #expect(try parse(wire, at: wire.utf8.count) == nil)
    }

    @Test(arguments: ["", "$", "$1", "$12\r", "+O", "+OK\r", ":-"])
    func waitsForTheLinesEnd(wire: String) throws {
        #expect(try parse(wire) == nil)
    }

    @Test func boundsAreInclusive() throws {
        #expect(try parse("$\(RESPLimit.bulkLength)\r\n")?.number == RESPLimit.bulkLength)
        #expect(try parse("*\(RESPLimit.elements)\r\n")?.number == RESPLimit.elements)
        #expect(throws: RESPError.tooLong(RESPLimit.bulkLength + 1)) { try parse("$\(RESPLimit.bulkLength + 1)\r\n") }
        #expect(throws: RESPError.tooLong(RESPLimit.elements + 1)) { try parse("~\(RESPLimit.elements + 1)\r\n") }
    }
}
