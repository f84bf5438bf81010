import MigrationTestSupport
import RESP
import Testing

/// Every type of RESP2 and RESP3 (Redis "RESP protocol specification"), in whatever pieces it comes.
@Suite struct RESPDecoderTests {
    static let resp2: [(String, RESPValue)] = [
        ("+OK\r\n", .string("OK")),
        ("+\r\n", .string("")),
        ("-ERR unknown command\r\n", .error("ERR unknown command")),
        (":0\r\n", .integer(0)),
        (":-7\r\n", .integer(-7)),
        (":+7\r\n", .integer(7)),
        (":9223372036854775807\r\n", .integer(.max)),
        (":-9223372036854775808\r\n", .integer(.min)),
        ("$5\r\nhello\r\n", .string("hello")),
        ("$0\r\n\r\n", .string("")),
        ("$2\r\n\r\n\r\n", .string("\r\n")),
        ("$-1\r\n", .null),
        ("*-1\r\n", .null),
        ("*0\r\n", .array([])),
        ("*3\r\n:1\r\n$-1\r\n+a\r\n", .array([.integer(1), .null, .string("a")])),
        ("*2\r\n*0\r\n*1\r\n*1\r\n:1\r\n", .array([.array([]), .array([.array([.integer(1)])])])),
        ("*1\r\n-NOPERM no\r\n", .array([.error("NOPERM no")])),
    ]

    static let resp3: [(String, RESPValue)] = [
        ("_\r\n", .null),
        ("#t\r\n", .boolean(true)),
        ("#f\r\n", .boolean(false)),
        (",1.5\r\n", .double(1.5)),
        (",-inf\r\n", .double(-.infinity)),
        (",10\r\n", .double(10)),
        ("(3492890328409238509324850943850943825024385\r\n", .string("3492890328409238509324850943850943825024385")),
        ("!11\r\nERR bad\r\nly\r\n", .error("ERR bad\r\nly")),
        ("=15\r\ntxt:Some string\r\n", .string("Some string")),
        ("=4\r\ntxt:\r\n", .string("")),
        ("~2\r\n+a\r\n+b\r\n", .array([.string("a"), .string("b")])),
        ("%0\r\n", .map([])),
        ("%1\r\n+k\r\n*1\r\n:1\r\n", .map([.string("k"), .array([.integer(1)])])),
        (">2\r\n+message\r\n+x\r\n", .push([.string("message"), .string("x")])),
        ("|1\r\n+ttl\r\n:3600\r\n:42\r\n", .integer(42)),
        ("|0\r\n:42\r\n", .integer(42)),
        ("*2\r\n|1\r\n+hint\r\n%1\r\n+a\r\n+b\r\n:1\r\n:2\r\n", .array([.integer(1), .integer(2)])),
    ]

    @Test(arguments: resp2 + resp3)
    func anyPiecesGiveTheSameReply(wire: String, value: RESPValue) {
        for pieces in Pieces.everyWay(of: Array(wire.utf8)) {
            let replies = DecodedReplies(pieces)
            #expect(replies.values == [value] && replies.error == nil, "\(pieces)")
        }
    }

    @Test func repliesFollowOneAnother() {
        let all = Self.resp2 + Self.resp3
        let wire = all.flatMap { Array($0.0.utf8) }
        for pieces in Pieces.everyWay(of: wire) {
            #expect(DecodedReplies(pieces).values == all.map(\.1))
        }
    }

    @Test func bytesNeedNotBeText() {
        let payload: [UInt8] = [0x00, 0xFF, 0x0D, 0x0A, 0xC3, 0x28]
        let wire = Array("$6\r\n".utf8) + payload + Array("\r\n".utf8)
        #expect(DecodedReplies([wire]).values == [.string(ByteString(payload))])
    }

    @Test func aReplyWaitsForItsLastByte() throws {
        for (wire, value) in Self.resp2 + Self.resp3 {
            var decoder = RESPDecoder()
            decoder.append(Array(wire.utf8.dropLast()))
            #expect(try decoder.next() == nil, "\(wire)")
            decoder.append([0x0A])
            #expect(try decoder.next() == value)
            #expect(try decoder.next() == nil)
        }
    }

    @Test func aBigReplyComesInManyPieces() {
        var generator = SplitMix64(seed: 4)
        let payload = generator.bytes(1 << 20)
        let wire = Array("*2\r\n$\(payload.count)\r\n".utf8) + payload + Array("\r\n:1\r\n".utf8)
        let pieces = Pieces.random(of: wire, longest: 3000, using: &generator)
        #expect(DecodedReplies(pieces).values == [.array([.string(ByteString(payload)), .integer(1)])])
    }
}
