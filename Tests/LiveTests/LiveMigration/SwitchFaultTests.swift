import Foundation
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

extension LiveMigration {
    /// Servers that fail while both sides are compared behind the switch.
    @Suite struct SwitchFaultTests {
        /// It is fenced, and what it has stays as it was: the watch of the target goes on meanwhile.
        @Test func aSourceThatRestartsBehindTheSwitchIsWaitedFor() async throws {
            try await MigrationStage.run(.init(keepsUsers: true, proxied: true)) { stage in
                let source = stage.source
                try source.call("ACL", "SAVE")
                let writer = stage.writer()
                try await stage.wait(for: .liveSync)
                try await stage.more(100, of: writer)
                stage.sourceProxy?.before(["%R~", "SCAN"]) {
                    _ = try? source.connect().call("SAVE")
                    source.kill(SIGKILL)
                    return .pass
                }
                try await stage.switchOver()
                try await stage.waitForReconnection()
                #expect(await stage.runner.status().phase == .cleanup)
                try await stage.more(300, of: writer)
                try await Task.sleep(for: .seconds(2))
                try await offPool { try source.start() }
                let report = try await stage.report()
                #expect(report.differenceCount == 0, "\(report.differences.prefix(3))")
                #expect((report.writtenSinceSwitch ?? 0) > 0)
                #expect(await stage.runner.status().reconnecting == nil)
                #expect(try writer.stop().check(on: stage.target) == [])
            }
        }

        /// `--timeout` bounds the waiting; traffic stays switched.
        @Test func aSourceThatStaysAwayIsGivenUp() async throws {
            try await MigrationStage.run(.init(timeoutSeconds: 2, proxied: true)) { stage in
                let source = stage.source
                try await stage.wait(for: .liveSync)
                stage.sourceProxy?.before(["%R~", "SCAN"]) {
                    source.kill(SIGKILL)
                    return .pass
                }
                try await stage.switchOver()
                let start = ContinuousClock.now
                #expect(await stage.runner.verification() == nil)
                #expect(ContinuousClock.now - start > .seconds(2))
                let status = await stage.runner.status()
                #expect(status.phase == .completed && status.error?.kind == .unreachable, "\(status)")
                try await offPool { try source.start() }
            }
        }

        /// The target's stream goes on where it was told: what came before is in its backlog no more.
        @Test func aWatchThatIsCutGoesOnWhereItWas() async throws {
            let settings = ["repl-backlog-size 16kb"]
            try await MigrationStage.run(.init(targetSettings: settings, proxied: true)) { stage in
                let target = stage.target
                // Few enough for the small backlog to have them while the watch comes back.
                let writer = stage.writer { $0.rate = 60 }
                try await stage.wait(for: .liveSync)
                try await stage.more(100, of: writer)
                stage.sourceProxy?.before(["%R~", "SCAN"]) {
                    guard let client = try? target.connect() else { return .pass }
                    _ = try? client.call("SET", "__tenant:acme:first", "1")
                    for _ in 0..<40 { _ = try? client.call("SET", "neighbour", String(repeating: "x", count: 1000)) }
                    // The watch has read it all by then.
                    usleep(200_000)
                    _ = try? client.call("CLIENT", "KILL", "TYPE", "replica")
                    return .pass
                }
                try await stage.switchOver()
                let found = await stage.runner.verification()
                let status = await stage.runner.status()
                let report = try #require(found, "\(status.error?.message ?? "")")
                #expect(report.differenceCount == 0, "\(report.differences.prefix(3))")
                #expect((report.writtenSinceSwitch ?? 0) > 0)
                #expect(try writer.stop().check(on: target) == [])
            }
        }

        /// The comparison across the switch closes what both look at the target with.
        @Test func aVerificationThatOutlivesTheComparisonIsToBeAskedAgain() async throws {
            try await MigrationStage.run(.init(proxied: true)) { stage in
                try await stage.wait(for: .liveSync)
                let (isHeld, goesOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
                let (isHeldToo, goesOnToo) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
                stage.sourceProxy?.before(["%R~", "SCAN"]) {
                    isHeld.signal()
                    goesOn.wait()
                    return .pass
                }
                try await stage.switchOver()
                try await offPool { isHeld.wait() }
                stage.sourceProxy?.before(["SCAN"]) {
                    isHeldToo.signal()
                    goesOnToo.wait()
                    return .pass
                }
                let second = Task { try await stage.runner.verify(sample: nil) }
                try await offPool { isHeldToo.wait() }
                goesOn.signal()
                _ = await stage.runner.verification()
                // A key that differs makes it look at the target's stream.
                try stage.target.call("SET", "\(stage.prefix)k0", "changed")
                goesOnToo.signal()
                let failure = await #expect(throws: MigrationFailure.self) { _ = try await second.value }
                #expect(failure?.kind == .notNow, "\(failure?.message ?? "")")
                #expect(failure?.message.contains("has ended meanwhile; verify again") == true)
            }
        }
    }
}
