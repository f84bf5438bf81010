import MigrationCore
import RESP
import Testing

@Suite struct EventNameTests {
    @Test func anEventIsNamedWithoutWhatCameWithIt() throws {
        #expect(MigrationEvent.paused.name == "paused")
        #expect(MigrationEvent.synced(keys: 7).name == "synced")
        #expect(MigrationEvent.stopped(signal: "(").name == "stopped")
        #expect(MigrationEvent.cutover(.leaked(MachineSamples.leak)).name == "cutover")
        for (sample, event) in try MachineSamples.events() {
            #expect("\(event)".hasPrefix(event.name), "\(sample)")
        }
    }

    /// A comparison may have found ten thousand differences: naming it does not print them.
    @Test func aLongEventIsNamedAtOnce() {
        var report = MachineSamples.report
        report.differences = (0..<10_000).map {
            KeyDifference(database: 0, key: ByteString("key:\($0)"), kind: .value, detail: "the element at index \($0)")
        }
        let event = MigrationEvent.verified(report)
        let took = ContinuousClock().measure {
            for _ in 0..<100 { #expect(event.name == "verified") }
        }
        #expect(took < .seconds(2), "\(took)")
    }
}
