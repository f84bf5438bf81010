import Foundation
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

/// A database without expiries is scanned without asking for them; keys that get one meanwhile must keep it.
@Suite struct ExpiryFreeScanTests {
    private static let keys = 50_000

    @Test func expiriesGivenDuringTheScanArrive() async throws {
        var options = MigrationStage.Options(keys: 0)
        options.seeds = false
        options.before = { source, _ in
            let socket = try source.connect()
            var request = RequestBuffer()
            for index in 0..<Self.keys {
                request.append(["SET", "__tenant:acme:\(index)", "value \(index)"].map { Bytes($0.utf8) })
            }
            try socket.perform(request)
        }
        try await MigrationStage.run(options) { stage in
            let given = try await giveExpiries(stage)
            #expect(given > 100)
            #expect(try await stage.differences() == [])
            let expiring = try stage.target.call("INFO", "keyspace").text ?? ""
            #expect(expiring.contains("expires=\(given),"))
        }
    }

    /// Gives keys an expiry, one at a time, for as long as the initial sync runs, and returns how many got one.
    private func giveExpiries(_ stage: MigrationStage) async throws -> Int {
        let socket = try stage.source.connect()
        var given: Set<Int> = []
        var random = SplitMix64(seed: 7)
        // Not before the scan has found the database without expiries.
        while await stage.runner.status().keysSynced == 0 { try await Task.sleep(for: .microseconds(100)) }
        while await stage.runner.status().phase == .initialSync {
            for _ in 0..<50 {
                let key = Int.random(in: 0..<Self.keys, using: &random)
                try socket.call("PEXPIREAT", "__tenant:acme:\(key)", 4_000_000_000_000 + key)
                given.insert(key)
            }
        }
        try await stage.wait(for: .liveSync)
        while await stage.runner.status().lagKeys > 0 { try await Task.sleep(for: .milliseconds(2)) }
        try await Task.sleep(for: .milliseconds(100))
        return given.count
    }
}
