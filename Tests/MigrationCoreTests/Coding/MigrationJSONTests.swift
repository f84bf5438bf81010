import FoundationEssentials
import MigrationCore
import Testing

@Suite struct MigrationJSONTests {

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_790_000_000.125, "2026-09-21T14:13:20.125Z"),
        (951_782_399.9996, "2000-02-29T00:00:00.000Z"), (4_102_444_799.001, "2099-12-31T23:59:59.001Z"),
    ])
    func anInstantIsRoundedToItsMillisecond(_ seconds: Double, _ text: String) {
        #expect(RFC3339.string(from: Date(timeIntervalSince1970: seconds)) == text)
    }

    @Test func anInstantDoesNotDriftHoweverOftenItIsWritten() throws {
        for step in 0..<2000 {
            let text = RFC3339.string(from: Date(timeIntervalSince1970: 1_790_000_000 + Double(step) * 7.919))
            #expect(RFC3339.string(from: try #require(RFC3339.date(from: text))) == text)
        }
    }

    @Test(arguments: ["", "now", "2026-09-21", "2026-13-01T00:00:00.000Z", "2026-09-21T14:13:20.125"])
    func whatIsNoInstantIsNil(_ text: String) {
        #expect(RFC3339.date(from: text) == nil)
    }

    @Test func aReasonNamesThePlaceInAFewWords() {
        let cases = [
            ("{", "it is not JSON"),
            (#"{"max_lag":1}"#, "it has no force"),
            (#"{"force":true,"max_lag":"x"}"#, "max_lag is of another type"),
        ]
        for (text, reason) in cases {
            let error = #expect(throws: (any Error).self) {
                try MigrationJSON.decoder().decode(CutoverOptions.self, from: Data(text.utf8))
            }
            #expect(error.map(MigrationJSON.reason) == reason)
        }
    }
}
