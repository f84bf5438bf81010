import MigrationCore
import RESP
import Testing

@Suite struct ValueSummaryTests {
    private func stream(_ parts: ValueSummary.Part...) -> ValueSummary {
        ValueSummary(type: "stream", parts: parts)
    }

    @Test func whatOneServerDoesNotKeepIsNotCompared() {
        let last = ValueSummary.Part("last id", shown: "5-5")
        let added = ValueSummary.Part("entries added", shown: "7", isOptional: true)
        let other = ValueSummary.Part("entries added", shown: "8", isOptional: true)
        #expect(stream(last, added).difference(to: stream(last)) == nil)
        #expect(stream(last).difference(to: stream(last, added)) == nil)
        #expect(stream(last, added).reduced(to: stream(last)) == stream(last))
        let words = stream(last, added).difference(to: stream(last, other))
        #expect(words == "entries added: 7 at the source, 8 at the target")
    }

    @Test func aPartThatOneSideLacksIsNamed() {
        let (last, group) = (ValueSummary.Part("last id", shown: "5-5"), ValueSummary.Part("group g"))
        #expect(stream(last, group).difference(to: stream(last)) == "group g only at the source")
        #expect(stream(last).difference(to: stream(last, group)) == "group g only at the target")
        #expect(stream(last, group).difference(to: stream(group, last)) == "the order of its parts")
    }

    @Test func detailsNameFieldsAndPlacesButNoValues() {
        let texts = { (words: [String]) in RESPValue.array(words.map { .string(ByteString($0)) }) }
        let hash = ValueDetail.difference(
            type: "hash",
            source: texts(["a", "1", "b", "secret"]),
            target: .map([.string("b"), .string("other"), .string("a"), .string("1")])
        )
        #expect(hash == "the value of field b")
        let scores = ValueDetail.difference(
            type: "zset",
            source: texts(["m", "0.1", "n", "0"]),
            target: texts(["n", "-0", "m", "0.10000000000000002"])
        )
        #expect(scores == "the score of 1 member")
        #expect(ValueDetail.difference(type: "set", source: texts(["a", "b"]), target: texts(["b", "a"])) == nil)
        #expect(
            ValueDetail.difference(type: "list", source: texts(["a", "b"]), target: texts(["a", "c"]))
                == "the element at index 1"
        )
        let long = String(repeating: "f", count: 100)
        let field = ValueDetail.difference(type: "hash", source: texts([long, "1"]), target: texts([]))
        #expect(field == "field \(String(repeating: "f", count: 64))… only at the source")
    }
}
