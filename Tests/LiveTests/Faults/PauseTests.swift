import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

extension LiveMigration {
    @Suite struct PauseTests {
        /// Nothing moves in a pause, and nothing that changed meanwhile is missed.
        @Test func aPauseStopsEverythingButTheFeed() async throws {
            try await MigrationStage.run { stage in
                let writer = stage.writer()
                try await stage.wait(for: .liveSync)
                try await stage.more(100, of: writer)
                try await stage.runner.pause()
                try await stage.runner.pause()
                let (reads, writes) = (["dump", "mget"], ["restore", "set", "unlink"])
                let before = try [stage.source.calls(reads), stage.target.calls(writes)]
                try await stage.more(300, of: writer)
                #expect(try [stage.source.calls(reads), stage.target.calls(writes)] == before)
                let status = await stage.runner.status()
                #expect(status.phase == .paused && status.lagKeys > 0)
                #expect(try stage.source.info("slave0")?.contains("state=online") == true, "the feed goes on")
                await #expect(throws: MigrationFailure.self) { try await stage.cutover() }
                try await stage.runner.resume()
                try await stage.runner.resume()
                try await stage.more(50, of: writer)
                try await stage.switchOver()
                try await stage.more(50, of: writer)
                #expect(try writer.stop().check(on: stage.target) == [])
                #expect(try await stage.report().differenceCount == 0)
            }
        }

        @Test func aPauseInTheInitialSyncHoldsTheScan() async throws {
            try await MigrationStage.run(.init(keys: 20_000)) { stage in
                try await stage.wait(for: .initialSync)
                try await stage.runner.pause()
                let held = await stage.runner.status()
                try await Task.sleep(for: .milliseconds(300))
                let later = await stage.runner.status()
                #expect(later.phase == .paused && later.keysSynced == held.keysSynced && later.keysSynced < 20_000)
                try await stage.runner.resume()
                try await stage.wait(for: .liveSync)
                try await stage.expectEqual()
            }
        }

        /// Past the memory for changed keys the feed is given up, and what it missed is found again.
        @Test(arguments: [false, true])
        func aPauseThatOutgrowsItsMemory(hasBacklog: Bool) async throws {
            var options = MigrationStage.Options(sourceSettings: ["repl-backlog-size \(hasBacklog ? "64mb" : "16kb")"])
            options.dirtyBytes = TransferOptions.dirtyBytesRange.lowerBound
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.runner.pause()
                let client = try stage.source.connect()
                for number in 0..<3000 { try client.call("SET", "\(stage.prefix)new:\(number)", number) }
                #expect(try await eventually { try stage.source.info("connected_slaves") == "0" })
                for number in 0..<3000 { try client.call("DEL", "\(stage.prefix)new:\(number % 1500)") }
                try await stage.runner.resume()
                try await stage.expectEqual()
                #expect(JournalEvents(folder: stage.journal).contains("\"gap\"") == !hasBacklog)
            }
        }

        @Test func aPauseIsRefusedInACutover() async throws {
            try await MigrationStage.run { stage in
                try await stage.wait(for: .liveSync)
                stage.target.suspend()
                async let outcome = stage.cutover { $0.maxPauseMilliseconds = 1500 }
                try await stage.wait(for: .cutover)
                let failure = await #expect(throws: MigrationFailure.self) { try await stage.runner.pause() }
                #expect(failure?.kind == .notNow && failure?.message.contains("a cutover is under way") == true)
                stage.target.resume()
                _ = try await outcome
            }
        }
    }
}

extension RedisServer {
    /// How often these commands were run.
    func calls(_ commands: [String]) throws -> Int {
        let lines = (try call("INFO", "commandstats").text ?? "").split(whereSeparator: \.isNewline)
        return lines.reduce(0) { sum, line in
            guard commands.contains(where: { line.hasPrefix("cmdstat_\($0):calls=") }) else { return sum }
            return sum + (Int(line.split(separator: "=")[1].prefix { $0.isNumber }) ?? 0)
        }
    }
}
