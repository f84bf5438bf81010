import MigrationCore
import MigrationTestSupport
import NIOCore
import RESP
import Testing

@testable import MigrationEngine

/// A lane between two servers in memory, while the source goes on changing: what was read last is what stays.
@Suite struct LaneModelTests {
    private struct Run {
        var source = FakeServer()
        var target = FakeServer()
        var machine: LaneMachine
        var generator: SplitMix64
        var toLane: [UInt8] = []
        var replies: [UInt8] = []
        var targetInput = ByteBuffer()
        var isLast: [Int] = []

        mutating func changeSource() {
            let name = FakeServer.Name(
                database: generator.below(3),
                key: ByteString("k" + String(generator.below(40)))
            )
            guard !generator.chance(1, in: 4) else {
                source.values[name] = nil
                return
            }
            source.values[name] = FakeServer.Value(
                isString: generator.chance(2, in: 3),
                bytes: ByteString(generator.bytes(generator.below(20))),
                expiry: generator.chance(1, in: 3) ? source.clock + 1_000_000_000 + generator.below(1000) : nil
            )
        }

        mutating func submit(_ names: [FakeServer.Name], ticket: Int) {
            let isTouched = generator.chance(1, in: 2)
            var batch = KeyBatch(database: names[0].database, origin: isTouched ? .touched(firstTick: 1) : .scanned)
            for name in names {
                let bulk = Array("$\(name.key.count)\r\n".utf8) + name.key.bytes + [0x0D, 0x0A]
                let hash = name.key.bytes.withUnsafeBytes { KeyHash(database: name.database, key: $0) }
                bulk.withUnsafeBytes { batch.append(bulk: $0, hash: hash) }
            }
            machine.submit(batch, ticket: ticket)
        }

        /// Moves some bytes on at each of the four ends.
        mutating func step() throws {
            if let asked = machine.takeSourceOut() { toLane += source.answer(Array(asked.readableBytesView)) }
            let piece = toLane.prefix(generator.below(60))
            toLane.removeFirst(piece.count)
            if !piece.isEmpty { try machine.sourceBytes(ByteBuffer(bytes: piece)) }
            if let written = machine.takeTargetOut() { replies += target.answer(Array(written.readableBytesView)) }
            let answered = replies.prefix(generator.below(20))
            replies.removeFirst(answered.count)
            targetInput.writeBytes(answered)
            try machine.targetBytes(&targetInput)
            isLast += machine.takeCompletions().filter(\.isLast).map(\.ticket)
        }
    }

    @Test(arguments: 0..<12)
    func theLastReadStays(seed: Int) throws {
        let query: ExpiryQuery = seed % 2 == 0 ? .absolute : .relative
        var run = Run(machine: LaneMachine(expiryQuery: query), generator: SplitMix64(seed: UInt64(seed)))
        run.source.ticks = true
        for _ in 0..<100 { run.changeSource() }
        var tickets = 0
        for _ in 0..<600 {
            run.changeSource()
            if run.machine.batchesInFlight < 4 {
                tickets += 1
                let database = run.generator.below(3)
                let keys = (0...run.generator.below(8)).map { _ in "k" + String(run.generator.below(45)) }
                run.submit(keys.map { .init(database: database, key: ByteString($0)) }, ticket: tickets)
            }
            try run.step()
        }
        // A touch for every key: what a feed would have said.
        for database in 0..<3 {
            tickets += 1
            run.submit((0..<45).map { .init(database: database, key: ByteString("k\($0)")) }, ticket: tickets)
        }
        var steps = 0
        while run.machine.batchesInFlight > 0, steps < 100_000 {
            try run.step()
            steps += 1
        }
        let names = Set(run.source.values.keys).union(run.target.values.keys)
        for name in names { #expect(run.target.values[name] == run.source.values[name], "\(name)") }
        #expect(run.isLast.sorted() == Array(1...tickets))
    }
}
