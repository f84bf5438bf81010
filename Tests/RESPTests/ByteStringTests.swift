import Foundation
import MigrationTestSupport
import RESP
import Testing

@Suite struct ByteStringTests {
    @Test(arguments: [
        ([UInt8]("plain".utf8), "plain"),
        ([], ""),
        ([0x61, 0x5C, 0x62], #"a\\b"#),
        ([0x00, 0x0A, 0x1B, 0x7F, 0xFF], #"\x00\x0a\x1b\x7f\xff"#),
        ([UInt8]("é".utf8), #"\xc3\xa9"#),
    ])
    func isShownUnambiguously(bytes: [UInt8], text: String) {
        #expect(ByteString(bytes).description == text)
        #expect(ByteString(escaped: text) == ByteString(bytes))
    }

    @Test(arguments: [#"\"#, #"a\"#, #"\x"#, #"\x1"#, #"\xg0"#, #"\x+1"#, #"\x-1"#, #"\n"#, #"\x\x41"#])
    func aBrokenEscapeIsRefused(text: String) {
        #expect(ByteString(escaped: text) == nil)
    }

    @Test func anyBytesSurviveJSON() throws {
        var generator = SplitMix64(seed: 2)
        for _ in 0..<200 {
            let bytes = ByteString(generator.bytes(generator.below(40)))
            let json = try JSONEncoder().encode([bytes])
            #expect(try JSONDecoder().decode([ByteString].self, from: json) == [bytes])
        }
    }

    @Test func brokenJSONIsRefused() {
        let json = Data(#"["\\xzz"]"#.utf8)
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([ByteString].self, from: json) }
    }

    @Test func prefixesAreComparedByteForByte() {
        let key = ByteString([0xFF, 0x61, 0x62])
        #expect(key.hasPrefix(ByteString([0xFF, 0x61])))
        #expect(key.hasPrefix(""))
        #expect(key.hasPrefix(key))
        #expect(!key.hasPrefix(ByteString([0xFF, 0x62])))
        #expect(!key.hasPrefix(ByteString([0xFF, 0x61, 0x62, 0x63])))
    }

    @Test func orderIsThatOfBytes() {
        let sorted = ["", "A", "AA", "B", "a"].map { ByteString($0) } + [ByteString([0xFF])]
        #expect(sorted.shuffled().sorted() == sorted)
    }

    @Test func numbersAndTextBecomeBytes() {
        #expect(ByteString(-12) == "-12")
        #expect(ByteString([0x61, 0xFF]).text == "a\u{FFFD}")
        #expect(ByteString("abc").count == 3)
    }
}
