import MigrationTestSupport
import RESP
import Testing

/// What no honest peer sends: refused by name, in whatever pieces it comes, and without the memory it claims.
@Suite struct RESPBoundsTests {
    static let malformed: [(String, RESPError)] = [
        ("x", .unknownType(0x78)),
        ("\r\n", .unknownType(0x0D)),
        ("HTTP/1.1 400 Bad Request\r\n", .unknownType(0x48)),
        (":\r\n", .malformedNumber),
        (":-\r\n", .malformedNumber),
        (":--1\r\n", .malformedNumber),
        (":1x\r\n", .malformedNumber),
        (": 1\r\n", .malformedNumber),
        (":9223372036854775808\r\n", .malformedNumber),
        (":-9223372036854775809\r\n", .malformedNumber),
        (":99999999999999999999\r\n", .malformedNumber),
        (":00000000000000000000000000000000000000\r\n", .malformedNumber),
        (":1\r1", .malformedLine),
        ("+a\rb\r\n", .malformedLine),
        ("$\r\n", .malformedNumber),
        ("$-2\r\n", .malformedNumber),
        ("$3\r\nabcd\r\n", .missingTerminator),
        ("$3\r\nabc\n\r", .missingTerminator),
        ("$17179869185\r\n", .tooLong(17_179_869_185)),
        ("!17179869185\r\n", .tooLong(17_179_869_185)),
        ("=-1\r\n", .malformedNumber),
        ("!-1\r\n", .malformedNumber),
        ("*-2\r\n", .malformedNumber),
        ("*268435457\r\n", .tooLong(268_435_457)),
        ("%268435457\r\n", .tooLong(268_435_457)),
        ("%-1\r\n", .malformedNumber),
        ("~-1\r\n", .malformedNumber),
        (">-1\r\n", .malformedNumber),
        ("|-1\r\n", .malformedNumber),
        ("#x\r\n", .malformedLine),
        ("#\r\n", .malformedLine),
        (",1.5.5\r\n", .malformedNumber),
        (",\r\n", .malformedNumber),
        ("*1\r\n*1\r\n?", .unknownType(0x3F)),
    ]

    @Test(arguments: malformed)
    func isRefused(wire: String, error: RESPError) {
        for pieces in Pieces.everyWay(of: Array("+before\r\n\(wire)".utf8)) {
            let replies = DecodedReplies(pieces)
            #expect(replies.values == [.string("before")])
            #expect(replies.error == error, "\(pieces)")
        }
    }

    @Test(arguments: ["+", "-", ",", "_", "#", "("])
    func aLineIsBounded(type: String) {
        let longest = type + String(repeating: "1", count: RESPLimit.line - 2)
        #expect(DecodedReplies(longest).error == nil)
        #expect(DecodedReplies(longest + "1").error == .tooLong(RESPLimit.line))
        #expect(DecodedReplies(longest + "1\r\n").error == .tooLong(RESPLimit.line))
    }

    @Test func theLongestLineIsRead() {
        let text = String(repeating: "a", count: RESPLimit.line - 2)
        #expect(DecodedReplies("+\(text)\r\n").values == [.string(ByteString(text))])
    }

    @Test(arguments: ["$17179869184\r\n", "*268435456\r\n", "%268435456\r\n", "*2\r\n*268435456\r\n$17179869184\r\n"])
    func aClaimAllocatesNothing(wire: String) {
        #expect(DecodedReplies(wire + "+") == DecodedReplies(""))
    }

    @Test func nestingIsBounded() {
        let deepest = String(repeating: "*1\r\n", count: RESPLimit.depth)
        var value = RESPValue.integer(1)
        for _ in 0..<RESPLimit.depth { value = .array([value]) }
        #expect(DecodedReplies(deepest + ":1\r\n").values == [value])
        #expect(DecodedReplies(deepest + "*1\r\n").error == .tooDeep)
        #expect(DecodedReplies(deepest + "|1\r\n").error == .tooDeep)
    }
}
