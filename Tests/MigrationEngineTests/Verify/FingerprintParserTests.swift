import MigrationCore
import RESP
import Testing

@testable import MigrationEngine

@Suite struct FingerprintParserTests {
    /// Feeds the bytes in pieces of `size`, as a connection would.
    private func parse(_ bytes: [UInt8], size: Int) throws -> [DumpFingerprint] {
        var parser = FingerprintParser(expiryCommand: "PEXPIRETIME")
        var found: [DumpFingerprint] = []
        var pending: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            pending += bytes[start..<min(start + size, bytes.count)]
            var position = 0
            try pending.withUnsafeBytes { buffer in
                while let next = try parser.next(buffer, at: &position) { found.append(next) }
            }
            pending.removeFirst(position)
        }
        #expect(pending.isEmpty)
        return found
    }

    private static let footer: [UInt8] = [0x0A, 0x00, 1, 2, 3, 4, 5, 6, 7, 8]

    private func reply(expiry: Int, payload: [UInt8]) -> [UInt8] {
        Array(":\(expiry)\r\n$\(payload.count)\r\n".utf8) + payload + [0x0D, 0x0A]
    }

    @Test(arguments: [1, 2, 3, 7, 16, 1000, 100_000]) func readsRepliesInAnyPieces(_ size: Int) throws {
        let body = (0..<5000).map { UInt8(truncatingIfNeeded: $0) }
        let gone = Array(":-2\r\n$-1\r\n".utf8)
        let bytes =
            reply(expiry: 4000, payload: body + Self.footer) + gone + reply(expiry: -1, payload: Self.footer)
            + reply(expiry: -1, payload: [1, 2]) + reply(expiry: -1, payload: []) + Array(":-1\r\n_\r\n".utf8)
        let found = try parse(bytes, size: size)
        var hasher = ValueHasher()
        hasher.addRaw(ByteString(body))
        #expect(found.map(\.expiry) == [4000, -2, -1, -1, -1, -1])
        #expect(found.map(\.length) == [5010, -1, 10, 2, 0, -1])
        #expect(found.map(\.isGone) == [false, true, false, false, false, true])
        #expect(found[0].body == hasher.digest())
        #expect((found[0].version, found[0].checksum) == (10, 0x0807_0605_0403_0201))
        #expect(found[2].body == found[4].body)
        #expect(found[3].body != found[4].body)
    }

    @Test func anErrorNamesItsCommand() {
        #expect(throws: FingerprintError.refused(command: "PEXPIRETIME", reply: "NOPERM no")) {
            try parse(Array("-NOPERM no\r\n".utf8), size: 100)
        }
        #expect(throws: FingerprintError.refused(command: "DUMP", reply: "NOPERM no")) {
            try parse(Array(":-1\r\n-NOPERM no\r\n".utf8), size: 100)
        }
    }

    @Test(arguments: ["+OK\r\n", ":-1\r\n:5\r\n", "$-1\r\n"]) func anotherReplyIsUnexpected(_ text: String) {
        #expect(throws: FingerprintError.unexpectedReply) { try parse(Array(text.utf8), size: 100) }
    }

    @Test func whatIsNoRESPIsMalformed() {
        #expect(throws: FingerprintError.malformed(.unknownType(0x48))) {
            try parse(Array("HTTP/1.1 400\r\n".utf8), size: 100)
        }
        #expect(throws: FingerprintError.malformed(.missingTerminator)) {
            try parse(Array(":-1\r\n$1\r\nabc".utf8), size: 100)
        }
    }
}
