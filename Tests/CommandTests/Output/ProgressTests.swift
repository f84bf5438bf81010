import FoundationEssentials
import MigrationCore
import MigrationTestSupport
import Testing

@testable import ferrite_migrate

@Suite struct ProgressTests {
    private func line(rate: Double? = 21_999.6) throws -> ProgressLine {
        var status = try StatusOutputTests.sample()
        status.phase = .initialSync
        return ProgressLine(status: status, rate: rate, now: Date(timeIntervalSince1970: 1_705_314_800))
    }

    @Test func aLogHasAllDetails() throws {
        let text = "initial_sync 95%, 950000/1000000 keys, 1 min 40 s left, 21999 keys/s, lag 50, 10.2 kB"
        #expect(try line().plain == text)
    }

    @Test func unknownDetailsAreAbsent() throws {
        #expect(try !line(rate: nil).plain.contains("keys/s"))
    }

    @Test func aBarFillsTheTerminalAndNoMore() throws {
        for columns in 1...200 {
            let text = try line().bar(columns: columns, style: .plain)
            #expect(text.count < columns, "\(text)")
            if columns >= 5 { #expect(text.contains("95%"), "\(text)") }
            if columns >= 20 { #expect(text.hasPrefix("initial_sync "), "\(text)") }
        }
        let wide = try line().bar(columns: 120, style: .plain)
        #expect(wide.contains("░ 95%  950,000/1,000,000 keys  1 min 40 s left  21,999 keys/s  lag 50, 10.2 kB"))
    }

    /// What is of least use goes first.
    @Test func aNarrowBarKeepsWhatMatters() throws {
        func text(_ columns: Int) throws -> String { try line().bar(columns: columns, style: .plain) }
        #expect(try text(20) == "initial_sync 95%")
        #expect(try text(80).hasSuffix("░ 95%  950,000/1,000,000 keys  1m40s left  21,999/s  lag 50"))
        #expect(try text(72) == "initial_sync 95%  950,000/1,000,000 keys  1m40s left  21,999/s  lag 50")
        #expect(try text(60).hasSuffix(" 95%  950000/1000000 keys  1m40s left  21999/s"))
        #expect(try text(45) == "initial_sync 95%  950000/1000000 keys")
        var status = try StatusOutputTests.sample()
        (status.phase, status.keysSynced, status.keysTotal) = (.initialSync, 12_345_678, 12_345_678)
        (status.progress, status.lagKeys) = (100, 12_345)
        let now = Date(timeIntervalSince1970: 1_705_314_900 - 4320)
        let full = ProgressLine(status: status, rate: 121_999, now: now).bar(columns: 80, style: .plain)
        #expect(full == "initial_sync 100%  12345678/12345678 keys  1h12m left  121999/s  lag 12345")
    }

    @Test func aBarHasColoursOnlyWhereTheyAreWanted() throws {
        let coloured = try line().bar(columns: 80, style: TextStyle(isColoured: true))
        #expect(coloured.contains("\u{1B}["))
        #expect(try TerminalScreen(columns: 80, rows: 2, coloured).lines == [line().bar(columns: 80, style: .plain)])
    }

    @Test func theRateIsThatOfTheLastSeconds() {
        var meter = RateMeter()
        #expect(meter.rate(keys: 0, at: 100) == nil)
        #expect(meter.rate(keys: 500, at: 101) == 500)
        for second in 2...10 { _ = meter.rate(keys: 500 + second * 1000, at: 100 + Double(second)) }
        #expect(meter.rate(keys: 11_500, at: 111) == 1000)
    }
}
