import RESP
import Testing

/// RESP2's and RESP3's spellings of the same thing read the same.
@Suite struct RESPValueTests {
    static let map: [RESPValue] = [.string("proto"), .integer(3), .string("role"), .string("master")]

    @Test(arguments: [RESPValue.array(map), .map(map)])
    func pairsAreFoundByKey(value: RESPValue) {
        #expect(value["proto"]?.integer == 3)
        #expect(value["role"]?.text == "master")
        #expect(value["master"] == nil)
        #expect(value["absent"] == nil)
    }

    @Test func anOddArrayHasNoLastPair() {
        #expect(RESPValue.array([.string("a"), .integer(1), .string("b")])["b"] == nil)
        #expect(RESPValue.array([])["b"] == nil)
        #expect(RESPValue.string("b")["b"] == nil)
    }

    @Test(arguments: [
        (RESPValue.integer(5), Int?(5)), (.string("5"), 5), (.boolean(true), 1), (.boolean(false), 0),
        (.string("x"), nil), (.null, nil), (.double(5), nil), (.error("5"), nil),
    ])
    func integers(value: RESPValue, number: Int?) {
        #expect(value.integer == number)
    }

    @Test(arguments: [
        (RESPValue.double(0.5), Double?(0.5)), (.string("0.5"), 0.5), (.integer(2), 2), (.string("inf"), .infinity),
        (.string("x"), nil), (.null, nil),
    ])
    func numbers(value: RESPValue, number: Double?) {
        #expect(value.number == number)
    }

    @Test func textAndElements() {
        #expect(RESPValue.integer(7).text == "7")
        #expect(RESPValue.error("ERR").text == nil)
        #expect(RESPValue.push([.null]).elements == [.null])
        #expect(RESPValue.null.elements == nil)
        #expect(RESPValue.string("OK").isOK)
        #expect(!RESPValue.string("ok").isOK)
        #expect(!RESPValue.error("OK").isOK)
    }
}
