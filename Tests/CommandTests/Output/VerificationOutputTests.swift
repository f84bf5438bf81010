import MigrationCore
import RESP
import Testing

@testable import ferrite_migrate

@Suite struct VerificationOutputTests {
    private func report(differences count: Int) -> VerificationReport {
        VerificationReport(
            keysSource: 1_000_000,
            keysTarget: 1_000_000,
            checksumSource: "0a",
            checksumTarget: count == 0 ? "0a" : "0b",
            sampleVerified: 1000 - count,
            sampleSize: 1000,
            differenceCount: count,
            differences: (0..<count).map {
                KeyDifference(database: 0, key: ByteString([0x61, UInt8($0)]), kind: .value, detail: "field 1")
            }
        )
    }

    private func render(_ format: OutputFormat, _ fields: [OutputField]) -> String {
        Renderer(format: format, style: .plain).report(fields)
    }

    @Test func equalSidesAreTheSeedsLines() {
        #expect(
            render(.raw, report(differences: 0).fields(listing: 20)) == """
                keys_source: 1000000
                keys_target: 1000000
                checksum_match: true
                sample_verified: 1000/1000
                status: verified

                """
        )
    }

    @Test func onlyTheFirstDifferencesAreListed() {
        let lines = render(.raw, report(differences: 30).fields(listing: 20)).split(separator: "\n")
        #expect(lines.filter { $0.hasPrefix("difference: ") }.count == 21)
        #expect(lines.contains("difference: and 10 more"))
        #expect(lines.contains("status: different"))
        #expect(lines.contains("difference_count: 30"))
        #expect(lines.contains("difference: db 0 a\\x03: value, field 1"))
    }

    @Test func jsonListsAllDifferencesAndHasNumbers() {
        let text = render(.json, report(differences: 30).fields(listing: 20, all: true))
        #expect(text.contains(#""sample_verified":970,"sample_size":1000"#))
        #expect(text.contains(#""checksum_match":false"#))
        #expect(text.contains(#"{"db":0,"key":"a\\x1d","kind":"value","detail":"field 1"}"#))
        #expect(text.contains(#""difference_count":30"#))
        #expect(!text.contains("\"difference\":"))
    }

    /// Keys that were compared and are in neither number are accounted for.
    @Test func theSummarySaysWhatIsMissing() {
        var report = report(differences: 0)
        #expect(report.summary == "verified (1000/1000)")
        (report.sampleVerified, report.writtenSinceSwitch) = (900, 100)
        #expect(report.summary == "verified (900/1000; 100 keys written at the target since the switch)")
        (report.writtenSinceSwitch, report.keysChanging) = (nil, 1)
        #expect(report.summary == "verified (900/1000; 1 key changed all the time)")
        (report.keysChanging, report.lostAtSource) = (0, 2)
        #expect(report.summary == "verified (900/1000; 2 keys lost by the source itself since the fence)")
        (report.lostAtSource, report.notCompared) = (nil, ["ReJSON-RL": 2, "CMSk-TYPE": 1])
        #expect(
            report.summary == "partly_verified (900/1000; not compared: 1 of type CMSk-TYPE, 2 of type ReJSON-RL)"
        )
        let json = render(.json, report.fields(listing: 20))
        #expect(json.contains(#""not_compared":[{"type":"CMSk-TYPE","keys":1},{"type":"ReJSON-RL","keys":2}]"#))
        #expect(json.contains(#""status":"partly_verified""#))
        #expect(self.report(differences: 30).summary == "different (30 of 1000 keys differ)")
    }
}
