import FoundationEssentials
import MigrationCore
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
        for columns in [30, 40, 60, 80, 100, 200] {
            let text = try line().bar(columns: columns, style: .plain)
            #expect(text.count < columns, "\(text)")
            #expect(text.hasPrefix("initial_sync "))
            #expect(text.contains("95%"))
        }
        let wide = try line().bar(columns: 120, style: .plain)
        #expect(wide.contains("░ 95%  950,000/1,000,000 keys  1 min 40 s left  21,999 keys/s  lag 50, 10.2 kB"))
        #expect(try !line().bar(columns: 60, style: .plain).contains("lag"))
    }

    @Test func aRedrawnTextKnowsItsRows() {
        #expect(WatchView.rows(of: "one\ntwo\n", columns: 80) == 2)
        #expect(WatchView.rows(of: "\u{1B}[2mabcd\u{1B}[0m ef\n", columns: 7) == 1)
        #expect(WatchView.rows(of: "abcdefgh\n", columns: 7) == 2)
    }

    @Test func theRateIsThatOfTheLastSeconds() {
        var meter = RateMeter()
        #expect(meter.rate(keys: 0, at: 100) == nil)
        #expect(meter.rate(keys: 500, at: 101) == 500)
        for second in 2...10 { _ = meter.rate(keys: 500 + second * 1000, at: 100 + Double(second)) }
        #expect(meter.rate(keys: 11_500, at: 111) == 1000)
    }
}
