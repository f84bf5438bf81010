import MigrationCore
import RESP
import Testing

@Suite struct VerificationTallyTests {
    private func digest(_ number: UInt64) -> Digest128 { Digest128(high: number, low: .max &- number) }

    private func difference(_ key: String) -> KeyDifference {
        KeyDifference(database: 0, key: ByteString(key), kind: .value, detail: "")
    }

    @Test func equalKeysInAnyOrderHaveEqualChecksums() {
        var (first, second) = (VerificationTally(), VerificationTally())
        for number in 0..<50 as Range<UInt64> {
            first.judge(.equal, source: digest(number), target: digest(number))
            second.judge(.equal, source: digest(49 - number), target: digest(49 - number))
        }
        let reports = [first, second].map { $0.report(watchesSwitch: false) }
        #expect(reports[0] == reports[1])
        #expect(reports[0].checksumMatch)
        #expect(reports[0].checksumSource.utf8.count == 32)
        #expect((reports[0].keysSource, reports[0].keysTarget, reports[0].sampleVerified) == (50, 50, 50))
        #expect(reports[0].writtenSinceSwitch == nil)
    }

    @Test func differencesCountAndExcusedKeysAreInNoChecksum() {
        var tally = VerificationTally()
        tally.judge(.equal, source: digest(1), target: digest(1))
        let before = tally.report(watchesSwitch: true)
        tally.judge(.writtenSinceSwitch, source: nil, target: digest(2))
        tally.judge(.changing, source: digest(3), target: digest(4))
        var report = tally.report(watchesSwitch: true)
        #expect((report.checksumSource, report.checksumTarget) == (before.checksumSource, before.checksumTarget))
        #expect((report.writtenSinceSwitch, report.keysChanging) == (1, 1))
        #expect((report.keysSource, report.keysTarget) == (2, 3))
        #expect(report.outcome == .verified)
        tally.judge(.different(difference("b")), source: digest(5), target: nil)
        tally.judge(.different(difference("a")), source: digest(6), target: digest(7))
        report = tally.report(watchesSwitch: true)
        #expect(report.differences.map(\.key) == ["a", "b"])
        #expect(report.checksumSource != report.checksumTarget)
        #expect((report.sampleVerified, report.sampleSize) == (1, 5))
    }

    @Test func namesThatWereCountedAloneCountOnce() {
        var tally = VerificationTally()
        tally.namesOnly = 10
        tally.judge(.equal, source: digest(1), target: digest(1), countsNames: false)
        tally.judge(.different(difference("x")), source: digest(2), target: nil, isSampled: false)
        let report = tally.report(watchesSwitch: false)
        #expect((report.keysSource, report.keysTarget) == (11, 10))
        #expect((report.sampleVerified, report.sampleSize, report.differenceCount) == (1, 1, 1))
    }

    @Test func halvesOfASumWrapByThemselves() {
        var sum = Digest128(high: .max, low: .max)
        sum.add(Digest128(high: 2, low: 1))
        #expect(sum == Digest128(high: 1, low: 0))
        #expect(sum.hexadecimal == "00000000000000010000000000000000")
    }
}
