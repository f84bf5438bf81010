import Testing

@testable import ferrite_migrate

@Suite struct TextTests {
    @Test(arguments: [
        (0.0, "0"), (150, "150"), (4.25, "4.25"), (4.2504, "4.25"), (0.1 + 0.2, "0.3"), (-1.5, "-1.5"),
        (.nan, "null"), (.infinity, "null"),
    ])
    func decimalsAreShort(number: Double, text: String) {
        #expect(JSONText.decimal(number) == text)
    }

    @Test func stringsAreEscaped() {
        #expect(JSONText.string("a\"b\\c\n\r\t\u{1}\u{7F}é") == #""a\"b\\c\n\r\t\u0001\u007fé""#)
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")])
    func numbersAreGrouped(number: Int, text: String) {
        #expect(PlainText.grouped(number) == text)
    }

    @Test(arguments: [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (10_240, "10.2 kB"), (2_000_000_000, "2.0 GB")])
    func bytesHaveAUnit(count: Int, text: String) {
        #expect(PlainText.bytes(count) == text)
    }

    @Test(arguments: [(0.2, "1 s"), (59, "59 s"), (61, "1 min 1 s"), (3600, "1 h 0 min"), (90_000, "1 d 1 h")])
    func durationsHaveTwoUnits(seconds: Double, text: String) {
        #expect(PlainText.duration(seconds: seconds) == text)
    }

    @Test func progressIsRoundedDown() {
        #expect(PlainText.value(.percent(99.99)) == "99%")
        #expect(PrettyText.bar(0, width: 4) == "░░░░")
        #expect(PrettyText.bar(100, width: 4) == "████")
        #expect(PrettyText.bar(140, width: 4) == "████")
    }
}
