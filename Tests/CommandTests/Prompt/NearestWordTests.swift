import Testing

@testable import ferrite_migrate

@Suite struct NearestWordTests {
    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("", "ab", 2), ("status", "statsu", 1), ("kitten", "sitting", 3), ("ab", "ba", 1),
        ("resume", "resume", 0), ("abc", "xyz", 3),
    ])
    func edits(first: String, second: String, count: Int) {
        #expect(NearestWord.edits(first, second) == count)
        #expect(NearestWord.edits(second, first) == count)
    }

    @Test func theNearest() {
        let verbs = ["migrate", "status", "pause", "resume", "cancel", "cutover", "verify", "cleanup", "validate"]
        for (word, verb) in [("migrat", "migrate"), ("STAUTS", "status"), ("cut-over", "cutover"), ("verfy", "verify")]
        {
            #expect(NearestWord.find(word, in: verbs) == verb)
        }
        for word in ["x", "frobnicate", "", String(repeating: "a", count: 1 << 20)] {
            #expect(NearestWord.find(word, in: verbs) == nil)
        }
    }

    @Test func aVerbThatIsAMegabyteLong() {
        let message = UnknownVerb.message(String(repeating: "a", count: 1 << 20), among: ["status"])
        #expect(message.count < 200)
    }
}
