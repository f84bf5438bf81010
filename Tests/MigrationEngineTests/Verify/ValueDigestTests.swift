import MigrationCore
import RESP
import Testing

@testable import MigrationEngine

@Suite struct ValueDigestTests {
    private func texts(_ words: [String]) -> [RESPValue] { words.map { .string(ByteString($0)) } }

    private func part(_ kind: ElementDigest.Kind, _ pages: [String]...) throws -> ValueSummary.Part {
        var digest = ElementDigest(kind)
        for page in pages {
            let isTaken = digest.take(texts(page))
            try #require(isTaken)
        }
        return digest.part
    }

    @Test func pagesMakeNoDifference() throws {
        #expect(try part(.list, ["a", "b", "c"]) == part(.list, ["a"], ["b", "c"]))
        #expect(try part(.hash, ["a", "1", "b", "2"]) == part(.hash, ["b", "2"], [], ["a", "1"]))
    }

    @Test func orderCountsWhereItMatters() throws {
        #expect(try part(.list, ["a", "b"]) != part(.list, ["b", "a"]))
        #expect(try part(.set, ["a", "b"]) == part(.set, ["b", "a"]))
        #expect(try part(.sortedSet, ["a", "1", "b", "1"]) != part(.sortedSet, ["b", "1", "a", "1"]))
    }

    @Test func boundariesBetweenBytesCount() throws {
        #expect(try part(.list, ["ab", "c"]) != part(.list, ["a", "bc"]))
        #expect(try part(.hash, ["ab", "c"]) != part(.hash, ["a", "bc"]))
        #expect(try part(.hash, ["a", "1", "b", "2"]) != part(.hash, ["a", "2", "b", "1"]))
    }

    @Test func scoresAreComparedAsNumbers() throws {
        let score = { (text: String) in try self.part(.sortedSet, ["m", text]) }
        #expect(try score("0.10000000000000001") == score("0.1"))
        #expect(try score("0.1") != score("0.10000000000000002"))
        #expect(try score("-0") == score("0"))
        #expect(try score("inf") != score("-inf"))
        #expect(try score("1e-320") != score("0"))
    }

    @Test func repliesOfRESP3AreTheSame() throws {
        var digest = ElementDigest(.sortedSet)
        let isTaken = digest.take([
            .array([.string("m"), .double(0.1)]), .array([.string("n"), .double(.infinity)]),
        ])
        #expect(isTaken)
        #expect(try digest.part == part(.sortedSet, ["m", "0.1", "n", "inf"]))
    }

    @Test func whatIsNoElementIsRefused() {
        var digest = ElementDigest(.hash)
        var scores = ElementDigest(.sortedSet)
        let taken = [digest.take(texts(["odd"])), scores.take(texts(["m", "no number"]))]
        #expect(taken == [false, false])
        #expect(StreamDigest.summary(full: .array([])) == nil)
    }

    @Test func aKeysDigestIsOfAllThatItIs() {
        let name = { KeyName(database: $0, key: $1) }
        let value = Digest128(high: 1, low: 2)
        let digests: Set<Digest128> = [
            Digest128(name(0, "k"), expiry: -1, value: value), Digest128(name(1, "k"), expiry: -1, value: value),
            Digest128(name(0, "l"), expiry: -1, value: value), Digest128(name(0, "k"), expiry: 5, value: value),
            Digest128(name(0, "k"), expiry: -1, value: .zero),
        ]
        #expect(digests.count == 5)
        #expect(digests.contains(Digest128(name(0, "k"), expiry: -1, value: value)))
    }
}
