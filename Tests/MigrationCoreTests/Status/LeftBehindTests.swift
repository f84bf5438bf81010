import MigrationCore
import RESP
import Testing

@Suite struct LeftBehindTests {
    private func library(_ name: String, _ code: ByteString = "x") -> LeftBehind.Library {
        LeftBehind.Library(name: name, code: code)
    }

    @Test func whatTheTargetHasIsNotLeft() {
        let same = LeftBehind(source: [library("a")], target: [library("b"), library("a")], indexes: [])
        #expect(same.sentences(source: "S", target: "T").isEmpty)
    }

    @Test func whatTheTargetLacksOrHasOtherwiseIsNamed() throws {
        let found = LeftBehind(
            source: [library("b"), library("a"), library("c")],
            target: [library("c", "y")],
            indexes: ["orders"]
        )
        #expect(found.missing == ["a", "b"] && found.different == ["c"])
        let words = found.sentences(source: "source s:1", target: "target t:2")
        try #require(words.count == 2)
        #expect(words[0].contains("target t:2 lacks a, b and has other code for c"), "\(words)")
        #expect(words[0].contains("FUNCTION DUMP at the source, FUNCTION RESTORE"), "\(words)")
        #expect(words[1].contains("orders of source s:1") && words[1].contains("FT.CREATE"), "\(words)")
    }

    /// Maps of RESP3, and RESP2's flat arrays.
    @Test func aListIsReadInEitherForm() {
        let pairs: [RESPValue] = [
            .string("library_name"), .string("a"), .string("engine"), .string("LUA"), .string("functions"), .array([]),
            .string("library_code"), .string("#!lua name=a"),
        ]
        let libraries = [library("a", "#!lua name=a")]
        #expect(LeftBehind.Library.list(.array([.array(pairs)])) == libraries)
        #expect(LeftBehind.Library.list(.array([.map(pairs)])) == libraries)
        #expect(LeftBehind.Library.list(.null) == nil)
    }
}
