import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

extension LiveMigration {
    /// Another number of lanes in the middle of a migration, under writes that would show if one were lost or doubled.
    @Suite struct LaneChangeTests {
        private static let numbers = [8, 2, 64, 1]

        /// Big values move on connections of their own meanwhile.
        private static func options(_ keys: Int) -> MigrationStage.Options {
            var options = MigrationStage.Options(keys: keys, databases: [0, 3])
            options.bigValueBytes = 65_536
            return options
        }

        @Test func inTheInitialSync() async throws {
            var options = Self.options(4000)
            options.maxKeysPerSecond = 1000
            try await MigrationStage.run(options) { stage in
                let writer = stage.writer { $0.hasBigValues = true }
                try await stage.wait(for: .initialSync)
                for number in Self.numbers {
                    try await stage.setLanes(number)
                    try await stage.more(50, of: writer)
                }
                #expect(await stage.runner.status().phase == .initialSync, "it was over before anything was changed")
                try await stage.update(keysPerSecond: 0)
                try await stage.wait(for: .liveSync)
                try await stage.finish(writer)
            }
        }

        @Test func inLiveSync() async throws {
            try await MigrationStage.run(Self.options(500)) { stage in
                try await stage.wait(for: .liveSync)
                let writer = stage.writer {
                    $0.hasBigValues = true
                    $0.databases = [0, 3]
                    $0.rate = 3000
                }
                for number in Self.numbers + Self.numbers {
                    try await stage.setLanes(number)
                    try await stage.more(200, of: writer)
                }
                #expect(await stage.runner.status().phase == .liveSync)
                try await stage.finish(writer)
            }
        }

        /// As fast as they come: only the last one has to hold.
        @Test func oneAfterTheOther() async throws {
            try await MigrationStage.run(Self.options(500)) { stage in
                let writer = stage.writer { $0.rate = 3000 }
                for number in Self.numbers + Self.numbers + [5, 6, 5, 7] { try await stage.update(lanes: number) }
                try await stage.setLanes(7)
                try await stage.wait(for: .liveSync)
                try await stage.finish(writer)
            }
        }

        @Test func inAPause() async throws {
            try await MigrationStage.run(Self.options(500)) { stage in
                try await stage.wait(for: .liveSync)
                let writer = stage.writer()
                try await stage.more(50, of: writer)
                try await stage.runner.pause()
                try await stage.more(200, of: writer)
                for number in [8, 1, 5] { try await stage.setLanes(number) }
                let status = await stage.runner.status()
                #expect(status.phase == .paused && status.lagKeys > 0)
                try await stage.runner.resume()
                try await stage.finish(writer)
            }
        }

        /// Connections break at whatever moment of a change, and limits come and go meanwhile.
        @Test(arguments: [UInt64(1), 2]) func whileConnectionsBreak(seed: UInt64) async throws {
            try await MigrationStage.run(Self.options(3000)) { stage in
                let writer = stage.writer {
                    $0.hasBigValues = true
                    $0.rate = 600
                }
                var generator = SplitMix64(seed: seed)
                for _ in 0..<25 {
                    let rate = [0, 2000, 20_000][generator.below(3)]
                    try await stage.update(lanes: 1 + generator.below(20), keysPerSecond: rate)
                    try await Task.sleep(for: .milliseconds(generator.below(60)))
                    let server = generator.below(2) == 0 ? stage.source : stage.target
                    let lanes = try MigrationStage.laneIDs(server)
                    guard !lanes.isEmpty, generator.below(3) == 0 else { continue }
                    _ = try? server.call("CLIENT", "KILL", "ID", lanes[generator.below(lanes.count)])
                }
                try await stage.update(lanes: 5, keysPerSecond: 0)
                try await stage.wait(for: .liveSync)
                try await stage.waitUntilSound()
                try await stage.expectLanes(5)
                try await stage.finish(writer)
            }
        }

        /// A server that does not answer lets nothing end: the link breaks, and comes back with the new number.
        @Test func whileAServerStandsStill() async throws {
            try await MigrationStage.run(Self.options(500)) { stage in
                try await stage.wait(for: .liveSync)
                let writer = stage.writer { $0.rate = 300 }
                try await stage.more(50, of: writer)
                stage.target.suspend()
                try await stage.more(50, of: writer)
                try await stage.update(lanes: 9)
                try await stage.more(50, of: writer)
                try await stage.update(lanes: 2)
                try await stage.update(lanes: 6)
                stage.target.resume()
                try await stage.expectLanes(6)
                try await stage.finish(writer)
            }
        }

        /// A connection that cannot be opened is an interrupted link, which is tried until it can.
        @Test func whereTheTargetTakesNoMoreConnections() async throws {
            try await MigrationStage.run(Self.options(500)) { stage in
                try await stage.wait(for: .liveSync)
                let writer = stage.writer { $0.rate = 300 }
                let client = try stage.target.connect()
                try client.call("CONFIG", "SET", "maxclients", "9")
                try await stage.update(lanes: 20)
                let isTried = try await eventually { await stage.runner.status().reconnecting != nil }
                #expect(isTried)
                try await stage.more(50, of: writer)
                try client.call("CONFIG", "SET", "maxclients", "1000")
                try await stage.expectLanes(20, seconds: 20)
                try await stage.waitUntilSound()
                try await stage.finish(writer)
            }
        }
    }
}

extension MigrationStage {
    func update(lanes: Int? = nil, keysPerSecond: Int? = nil, bytesPerSecond: Int? = nil) async throws {
        try await runner.update(
            TransferUpdate(parallel: lanes, maxKeysPerSecond: keysPerSecond, maxBytesPerSecond: bytesPerSecond)
        )
    }

    /// The number is what `status` says at once, and what both servers see soon: within a second where the machine has
    /// nothing else to do.
    fileprivate func setLanes(_ number: Int) async throws {
        try await update(lanes: number)
        #expect(await runner.status().parallel == number)
        try await expectLanes(number)
    }

    fileprivate func expectLanes(_ number: Int, seconds: Double = 10) async throws {
        var seen: [Int] = []
        let isSo = try await eventually(seconds) {
            seen = [try Self.laneIDs(source).count, try Self.laneIDs(target).count]
            // The mover's two have the lanes' name at the target.
            return seen[0] == number && (number...number + 2).contains(seen[1])
        }
        #expect(isSo, "\(number) lanes, and the servers see \(seen)")
    }

    /// The lanes' connections as the server numbers them.
    fileprivate static func laneIDs(_ server: RedisServer) throws -> [String] {
        (try server.call("CLIENT", "LIST").text ?? "").split(whereSeparator: \.isNewline)
            .filter { $0.contains(" name=ferrite-migrate:mig_") }
            .compactMap { $0.split(separator: " ").first?.dropFirst("id=".count) }.map(String.init)
    }

    /// Switches over under the writer; no write is lost or done twice, and every key is equal.
    fileprivate func finish(_ writer: LiveWriter) async throws {
        try await more(50, of: writer)
        try await switchOver()
        try await more(50, of: writer)
        #expect(try await report().differenceCount == 0)
        let target = target
        #expect(try await offPool { try writer.stop().check(on: target) } == [])
        try expectOthersUntouched()
    }
}
