import MigrationCore
import Testing

@Suite struct ClientLimitsTests {
    private let usual = ClientLimits([
        "timeout": "0", "repl-timeout": "60", "maxmemory-clients": "0", "maxmemory": "0",
        "client-output-buffer-limit": "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
        "client-query-buffer-limit": "1073741824", "proto-max-bulk-len": "536870912",
    ])

    @Test func aServerAsItComesSetsNoLimitThatMatters() {
        #expect(usual.areKnown)
        #expect(usual.answerBytes(connections: 10) == nil)
        #expect(usual.payloadBytes(connections: 10) == 256 << 20)
        #expect(usual.idleSeconds == 60)
        #expect(usual.words == nil)
        var bounds = TransferBounds()
        bounds.begin(source: usual, target: usual, connections: 10)
        #expect(!bounds.asksEverySize)
        #expect(bounds.bigValueBytes(16 << 20) == 16 << 20)
        #expect(bounds.chunkBytes == 1 << 20 && bounds.pieceBytes == 1 << 20)
    }

    @Test(arguments: [
        (["client-output-buffer-limit": "normal 1048576 0 0 slave 0 0 0 pubsub 0 0 0"], 262_144),
        // For a while counts as for ever: nobody knows how long an answer takes.
        (["client-output-buffer-limit": "normal 4194304 1048576 60 slave 0 0 0 pubsub 0 0 0"], 262_144),
        (["client-output-buffer-limit": "normal 0 0 0", "maxmemory-clients": "4000000"], 100_000),
        (["client-output-buffer-limit": "normal 0 0 0", "maxmemory-clients": "5%", "maxmemory": "80000000"], 100_000),
        (["client-output-buffer-limit": "normal 0 0 0", "maxmemory-clients": "5%", "maxmemory": "0"], nil),
        ([:], nil),
    ])
    func answersHaveTheirPart(values: [String: String], bytes: Int?) {
        #expect(ClientLimits(values).answerBytes(connections: 10) == bytes)
    }

    @Test func whatMayHaveEndedAConnectionIsNamed() {
        let tight = ClientLimits([
            "timeout": "5", "client-output-buffer-limit": "normal 1048576 0 0 slave 268435456 67108864 60 pubsub 1 1 1",
            "client-query-buffer-limit": "1048576", "maxmemory-clients": "5%",
        ])
        let words =
            "timeout 5, client-output-buffer-limit normal 1048576, client-output-buffer-limit pubsub 1, "
            + "client-query-buffer-limit 1048576, maxmemory-clients 5%"
        #expect(tight.words == words)
        #expect(ClientLimits().words == nil && !ClientLimits().areKnown)
    }

    @Test func aClosedConnectionTeachesOnceUntilTheNextOpening() {
        var budget = ByteBudget(4 << 20)
        budget.closed(over: 0)
        #expect(budget.bytes == 4 << 20 && !budget.hasFailed)
        for _ in 0..<3 { budget.closed(over: 8 << 20) }
        #expect(budget.bytes == 2 << 20 && budget.hasFailed)
        budget.begin(limit: nil)
        budget.closed(over: 100_000)
        #expect(budget.bytes == 50_000)
        budget.begin(limit: nil)
        for _ in 0..<100_000 { budget.arrived(50_000) }
        #expect(budget.bytes == 75_000, "never again what failed")
        for _ in 0..<20 {
            budget.begin(limit: nil)
            budget.closed(over: 1 << 20)
        }
        #expect(budget.bytes == ByteBudget.least)
    }

    /// Where nothing is told sizes are asked only once a connection was closed.
    @Test func whatIsNotToldIsLearnt() {
        var bounds = TransferBounds()
        bounds.begin(source: ClientLimits(), target: ClientLimits(), connections: 10)
        #expect(bounds.answers.bytes == 4 << 20 && !bounds.asksEverySize)
        bounds.sourceClosed(over: 1 << 20)
        #expect(bounds.asksEverySize && bounds.bigValueBytes(16 << 20) == 1 << 19)
        bounds.targetRefused(100_000)
        #expect(bounds.bigValueBytes(16 << 20) == 1 << 19, "no server minds so little")
        bounds.targetRefused(1 << 20)
        #expect(bounds.payloads.bytes == 1 << 19)
    }

    /// A network that breaks is no limit.
    @Test func whereNoLimitIsSetNothingIsLearnt() {
        var bounds = TransferBounds()
        bounds.begin(source: usual, target: usual, connections: 10)
        bounds.sourceClosed(over: 8 << 20)
        bounds.targetRefused(8 << 20)
        #expect(!bounds.asksEverySize && bounds.answers.bytes == 32 << 20)
    }

    @Test func clocksMayDifferByWhatIsAccepted() {
        #expect(ClockTolerance().complaint(500, target: "t", source: "s") == nil)
        #expect(
            ClockTolerance().complaint(-3_600_400, target: "t", source: "s")
                == "the clock of target t is 3600s behind that of source s: keys would expire that much too late; set "
                + "the clocks (NTP)"
        )
        #expect(ClockTolerance(acceptedSeconds: 2).complaint(1900, target: "t", source: "s") == nil)
        #expect(ClockTolerance(acceptedSeconds: 2).complaint(2001, target: "t", source: "s")?.contains("ahead") == true)
    }
}
