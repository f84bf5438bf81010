import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

extension LiveMigration {
    /// Limits of rate and bandwidth, measured at the target.
    @Suite struct LimitTests {
        @Test func aCopyTakesTheTimeOfItsRate() async throws {
            var options = MigrationStage.Options(keys: 2000, batchSize: 1000)
            options.maxKeysPerSecond = 1000
            try await MigrationStage.run(options) { stage in
                let course = try await stage.course { try $0.call("DBSIZE").integer ?? 0 }
                #expect(course.seconds >= 1.8 && course.seconds < 5.4, "\(course.seconds) s")
                #expect(course.most <= 1500, "\(course.most) keys in a second")
                try await stage.expectEqual()
            }
        }

        /// Values of 100 KB: four megabytes at one a second.
        @Test func aCopyTakesTheTimeOfItsBandwidth() async throws {
            var options = MigrationStage.Options(seeds: false)
            options.maxBytesPerSecond = 1_000_000
            options.before = { source, _ in
                let value = String(repeating: "0123456789", count: 10_000)
                for number in 0..<40 { try source.call("SET", "__tenant:acme:\(number)", value) }
            }
            try await MigrationStage.run(options) { stage in
                let course = try await stage.course { _ in try Self.bytesIn(stage.target) }
                #expect(course.seconds >= 3.4 && course.seconds < 10.8, "\(course.seconds) s")
                #expect(course.most <= 1_500_000, "\(course.most) bytes in a second")
                try await stage.expectEqual()
            }
        }

        /// One of the big ones goes in pieces of the rate, and the others go between them.
        @Test func aBigValueKeepsToItsBandwidth() async throws {
            var options = MigrationStage.Options(keys: 0, seeds: false)
            options.maxBytesPerSecond = 1_000_000
            options.bigValueBytes = 500_000
            options.before = { source, _ in
                try source.call("SET", "__tenant:acme:big", String(repeating: "0123456789", count: 300_000))
                try source.call("SET", "__tenant:acme:small", "1")
            }
            try await MigrationStage.run(options) { stage in
                async let course = stage.course { _ in try Self.bytesIn(stage.target) }
                try await stage.wait(for: .initialSync)
                try await Task.sleep(for: .milliseconds(700))
                try stage.source.call("SET", "\(stage.prefix)meanwhile", "1")
                try await stage.wait(forKey: "meanwhile", to: 1)
                #expect(try stage.target.call("EXISTS", "\(stage.prefix)big").integer == 0, "nothing was between")
                let (seconds, most) = try await course
                #expect(seconds >= 2.5 && seconds < 9, "\(seconds) s")
                #expect(most <= 1_500_000, "\(most) bytes in a second")
                try await stage.expectEqual()
            }
        }

        @Test(arguments: [TransferLimit.keys, .bytes])
        func aLimitThatIsLiftedIsGoneWithinASecond(limit: TransferLimit) async throws {
            var options = MigrationStage.Options(keys: 5000)
            options.maxKeysPerSecond = limit == .keys ? 100 : nil
            options.maxBytesPerSecond = limit == .bytes ? 2000 : nil
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .initialSync)
                try await Task.sleep(for: .seconds(1))
                let before = try stage.target.call("DBSIZE").integer ?? 0
                #expect(before < 500)
                try await stage.update(keysPerSecond: 0, bytesPerSecond: 0)
                let isFast = try await eventually(1) { try stage.target.call("DBSIZE").integer ?? 0 > before + 400 }
                #expect(isFast)
                try await stage.wait(for: .liveSync, seconds: 15)
                try await stage.expectEqual()
            }
        }

        /// Also in live sync, and what is asked for then is not more than what was asked for before.
        @Test func aLimitThatIsSetHoldsFromThenOn() async throws {
            try await MigrationStage.run(.init(keys: 100)) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.update(keysPerSecond: 200)
                let before = try stage.target.call("DBSIZE").integer ?? 0
                let client = try stage.source.connect()
                for number in 0..<3000 { try client.call("SET", "\(stage.prefix)new:\(number)", "1") }
                try await Task.sleep(for: .seconds(1))
                let status = await stage.runner.status()
                let moved = (try stage.target.call("DBSIZE").integer ?? 0) - before
                #expect(moved < 1500 && status.lagKeys > 1500, "\(moved) moved, \(status.lagKeys) wait")
                #expect(status.maxKeysPerSecond == 200 && status.phase == .liveSync)
                try await stage.update(keysPerSecond: 0)
                try await stage.expectEqual()
            }
        }

        /// The limit must not lengthen the pause, nor the way to it; after a cutover that went back it counts again.
        @Test func aCutoverDoesNotWaitForALimit() async throws {
            try await MigrationStage.run(.init(keys: 200)) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.update(keysPerSecond: 1, bytesPerSecond: 100)
                let client = try stage.source.connect()
                for number in 0..<100 { try client.call("SET", "\(stage.prefix)new:\(number)", "1") }
                #expect(try await eventually { await stage.runner.status().lagKeys > 80 })
                let begin = ContinuousClock.now
                let (downtime, keys) = try await stage.switchOver()
                #expect(ContinuousClock.now - begin < .seconds(15), "a hundred keys, at one a second")
                #expect(downtime < 5000 && keys == 300)
                #expect(try await stage.report().differenceCount == 0)
            }
        }

        @Test func afterACutoverThatWentBackTheLimitCountsAgain() async throws {
            var options = MigrationStage.Options(keys: 200)
            options.users = []
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.update(keysPerSecond: 1)
                _ = try await stage.refusedCutover(.refused)
                let client = try stage.source.connect()
                for number in 0..<600 { try client.call("SET", "\(stage.prefix)new:\(number)", "1") }
                try await Task.sleep(for: .seconds(1))
                #expect(await stage.runner.status().lagKeys > 590)
                try await stage.update(keysPerSecond: 0)
                try await stage.expectEqual()
            }
        }

        private static func bytesIn(_ server: RedisServer) throws -> Int {
            Int(try server.info("total_net_input_bytes") ?? "") ?? 0
        }
    }
}

enum TransferLimit: Sendable { case keys, bytes }

extension MigrationStage {
    /// How long the initial sync takes, and the most by which a count at the target grows in any second of it.
    fileprivate func course(
        _ count: @Sendable (RESPSocket) throws -> Int
    ) async throws -> (seconds: Double, most: Int) {
        let client = try target.connect()
        try await wait(for: .initialSync)
        let begin = MonotonicClock.seconds
        var samples: [(before: Double, after: Double, count: Int)] = []
        while true {
            let before = MonotonicClock.seconds
            let value = try count(client)
            samples.append((before, MonotonicClock.seconds, value))
            let status = await runner.status()
            if status.phase == .liveSync { break }
            guard status.phase == .initialSync, before < begin + 60 else { throw StageError() }
            try await Task.sleep(for: .milliseconds(10))
        }
        var most = 0
        for (index, first) in samples.enumerated() {
            // Only what was certainly not longer than a second.
            let second = samples[index...].last { $0.after <= first.before + 1 }
            most = max(most, (second?.count ?? 0) - first.count)
        }
        return (MonotonicClock.seconds - begin, most)
    }
}
