import FoundationEssentials
import Testing

@testable import MigrationCore

@Suite struct MigrationMeasurementsTests {
    private static let start = Date(timeIntervalSince1970: 1_790_000_000)
    private static let failure = MigrationFailure(.unreachable, "gone")
    private static let attached = MigrationEvent.attached(
        Attachment(positions: [:], servers: ServerIdentities(source: "s", target: "t"), owed: nil)
    )

    private func counted(_ events: [MigrationEvent]) -> MigrationMeasurements {
        var measured = MigrationMeasurements()
        for (index, event) in events.enumerated() { measured.note(event, at: Self.start + Double(index)) }
        return measured
    }

    @Test func aReconnectIsWhatComesAfterAnInterruption() {
        let start = MigrationEvent.workerStarted(processID: 1)
        #expect(counted([start, Self.attached]).reconnects == 0)
        let lost = MigrationEvent.interrupted(Self.failure)
        let measured = counted([start, Self.attached, lost, lost, Self.attached, lost, start, Self.attached])
        #expect(measured.reconnects == 1 && measured.interruptions == 3 && measured.workerStarts == 2)
    }

    @Test func whatGoesWrongIsCountedByItsKind() throws {
        let back = MigrationEvent.cutoverEnded(.back(Self.failure))
        let begun = MigrationEvent.cutoverRequested(try CutoverOptions())
        let measured = counted([begun, back, begun, back, .failed(Self.failure), .unverified(Self.failure)])
        #expect(measured.cutovers == 2 && measured.cutoversBack == 2)
        #expect(measured.failures == 1 && measured.unverified == 1 && measured.lastSuccess == nil)
    }

    @Test func theLastSuccessIsTheSyncOrTheSwitch() {
        #expect(counted([.paused, .synced(keys: 1), .paused]).lastSuccess == Self.start + 1)
        let switched = MigrationEvent.cutoverEnded(.switched(downtimeMilliseconds: 1, keysMigrated: 1))
        #expect(counted([.synced(keys: 1), .paused, switched]).lastSuccess == Self.start + 2)
    }

    /// Events know best what they count, the stored state what no event tells.
    @Test func eventsAndStateComeTogether() {
        var stored = counted([.interrupted(Self.failure)])
        (stored.keysTransferred, stored.bytesTransferred, stored.sourceLatency) = (7, 70, 0.5)
        stored.lastSuccess = Self.start + 60
        let told = counted([.interrupted(Self.failure), .interrupted(Self.failure), .synced(keys: 1)])
        let both = told.completing(stored)
        #expect(both.interruptions == 2 && both.keysTransferred == 7 && both.bytesTransferred == 70)
        #expect(both.lastSuccess == Self.start + 60 && both.sourceLatency == 0.5)
        #expect(told.completing(nil) == told)
        let next = both.takenUp()
        #expect(next.sourceLatency == nil && next.keysTransferred == 7)
    }
}
