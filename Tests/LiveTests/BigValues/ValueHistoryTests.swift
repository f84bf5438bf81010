import Foundation
import MigrationCore
import MigrationTestSupport
import Synchronization
import Testing

extension LiveMigration {
    /// Streams and hashes with any past arrive as they are, in pieces and as a payload, also while they change.
    ///
    /// `FERRITE_HISTORIES` plays so many seeds from `FERRITE_HISTORY_SEED` on in place of one.
    @Suite struct ValueHistoryTests {
        struct Pair: Sendable, CustomTestStringConvertible {
            let source: RedisVersion
            let target: RedisVersion
            /// Every value is big.
            let inPieces: Bool

            init(_ source: RedisVersion, _ target: RedisVersion, inPieces: Bool) {
                self.source = source
                self.target = target
                self.inPieces = inPieces
            }

            var testDescription: String { "\(source) to \(target)\(inPieces ? ", in pieces" : "")" }
            var isAvailable: Bool { source.isAvailable && target.isAvailable }
        }

        private static let environment = ProcessInfo.processInfo.environment
        private static let seeds = environment["FERRITE_HISTORIES"].flatMap { UInt64($0) } ?? 1
        private static let first = environment["FERRITE_HISTORY_SEED"].flatMap { UInt64($0) } ?? 1
        private static let isLong = environment["FERRITE_HISTORIES"] != nil

        private static let pairs =
            [
                Pair(.v7, .v7, inPieces: true), Pair(.v82, .v82, inPieces: true),
                Pair(.valkey91, .valkey91, inPieces: true), Pair(.v62, .v7, inPieces: true),
                Pair(.v82, .v82, inPieces: false),
            ]
            + (isLong
                ? [
                    Pair(.v62, .v62, inPieces: true), Pair(.v7, .v82, inPieces: true),
                    Pair(.v62, .v82, inPieces: true), Pair(.v7, .valkey91, inPieces: true),
                    Pair(.valkey91, .valkey91, inPieces: false), Pair(.v7, .v82, inPieces: false),
                    Pair(.v7, .v7, inPieces: false), Pair(.v62, .v7, inPieces: false),
                ] : [])

        @Test(arguments: pairs.filter(\.isAvailable)) func anyHistoryArrives(_ pair: Pair) async throws {
            for seed in Self.first..<(Self.first + Self.seeds) { try await play(seed, pair) }
        }

        private func play(_ seed: UInt64, _ pair: Pair) async throws {
            var options = MigrationStage.Options(sourceVersion: pair.source, targetVersion: pair.target, seeds: false)
            if pair.inPieces { options.bigValueBytes = 1 }
            let box = HistoryBox(seed: seed, count: 90)
            options.before = { source, _ in try box.play(24, at: source) }
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.expectEqual("\(pair.testDescription), seed \(seed), the copy")
                for round in 0..<4 {
                    try await offPool { try box.play(1 + round * 2, at: stage.source) }
                    try await stage.expectEqual(
                        "\(pair.testDescription), seed \(seed), round \(round)",
                        idleConsumers: false
                    )
                }
                try await offPool { try box.play(6, at: stage.source) }
                try await stage.switchOver { $0.fence = .none }
                let report = try await stage.report()
                #expect(report.differences == [], "\(pair.testDescription), seed \(seed)")
                let found = try await stage.differences(idleConsumers: false)
                #expect(found == [], "\(pair.testDescription), seed \(seed), the end")
            }
        }
    }
}

/// Histories that go on where they stood.
private final class HistoryBox: Sendable {
    private let histories: Mutex<Histories>

    init(seed: UInt64, count: Int) {
        histories = Mutex(Histories(seed: seed, count: count, prefix: Bytes("__tenant:acme:".utf8)))
    }

    func play(_ commands: Int, at server: RedisServer) throws {
        let socket = try server.connect()
        try histories.withLock { try $0.play(commands, on: socket) }
    }
}
