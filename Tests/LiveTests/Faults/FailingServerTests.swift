import Foundation
import Glibc
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

extension LiveMigration {
    /// Servers that restart, refuse or fall silent: the migration waits, says so, and converges.
    @Suite struct FailingServerTests {
        /// What a target refuses for a while, and how that ends.
        enum Refusal: String, CaseIterable {
            case outOfMemory, readOnly, withoutReplicas, misconfigured, busy

            func begin(_ server: RedisServer) throws {
                switch self {
                case .outOfMemory:
                    try server.call("CONFIG", "SET", "maxmemory", 1)
                case .readOnly:
                    try server.call("CONFIG", "SET", "masterauth", "nobody")
                    try server.call("REPLICAOF", "127.0.0.1", "1")
                case .withoutReplicas:
                    try server.call("CONFIG", "SET", "min-replicas-to-write", 1)
                case .misconfigured:
                    // A folder stands where the snapshot is to go: MISCONF until somebody mends it.
                    try FileManager.default.createDirectory(
                        atPath: server.path + "/dump.rdb",
                        withIntermediateDirectories: false
                    )
                    try server.call("CONFIG", "SET", "save", "3600 1")
                    try server.call("BGSAVE")
                    while try server.info("rdb_last_bgsave_status") != "err" { usleep(10_000) }
                case .busy:
                    try server.call("CONFIG", "SET", "busy-reply-threshold", 10)
                    let endless = try server.connect()
                    try endless.send(Bytes("EVAL 'while true do end' 0\r\n".utf8))
                }
            }

            func end(_ server: RedisServer) throws {
                switch self {
                case .outOfMemory: try server.call("CONFIG", "SET", "maxmemory", 0)
                case .readOnly: try server.call("REPLICAOF", "NO", "ONE")
                case .withoutReplicas: try server.call("CONFIG", "SET", "min-replicas-to-write", 0)
                case .misconfigured: try server.call("CONFIG", "SET", "save", "")
                case .busy: try server.call("SCRIPT", "KILL")
                }
            }
        }

        @Test(arguments: Refusal.allCases)
        func aTargetRefusesForAWhile(refusal: Refusal) async throws {
            try await MigrationStage.run { stage in
                let writer = stage.writer()
                try await stage.wait(for: .liveSync)
                try await stage.more(50, of: writer)
                try refusal.begin(stage.target)
                try await stage.waitForReconnection()
                if refusal == .misconfigured {
                    #expect(try stage.target.info("errorstat_MISCONF") != nil, "it was refused for another reason")
                }
                try await stage.more(200, of: writer)
                #expect(await stage.runner.status().lagKeys > 0)
                try refusal.end(stage.target)
                try await stage.finish(writer)
            }
        }

        /// A restart is seen by the run id: what the target had may be old or gone, so all is copied again.
        @Test(arguments: [false, true])
        func theTargetRestarts(keepsData: Bool) async throws {
            try await MigrationStage.run { stage in
                let writer = stage.writer()
                try await stage.wait(for: .liveSync)
                try await stage.more(100, of: writer)
                if keepsData { try stage.target.call("SAVE") }
                try await stage.more(100, of: writer)
                stage.target.kill(SIGKILL)
                try await stage.waitForReconnection()
                try await stage.more(100, of: writer)
                try await offPool { try stage.target.start() }
                try await stage.finish(writer, expectingResidents: false)
                #expect(JournalEvents(folder: stage.journal).contains("is not the server that it was"))
            }
        }

        /// It answers LOADING to everything.
        @Test func theTargetTakesItsTimeToLoad() async throws {
            let settings = ["loading-process-events-interval-bytes 1024", "key-load-delay 3000"]
            try await MigrationStage.run(.init(targetSettings: settings)) { stage in
                let writer = stage.writer()
                try await stage.wait(for: .liveSync)
                try await stage.more(100, of: writer)
                try stage.target.call("SAVE")
                stage.target.kill(SIGKILL)
                async let started: Void = offPool { try stage.target.start() }
                let isSeen = try await eventually(30) {
                    await stage.runner.status().reconnecting?.reason.contains("loading") == true
                }
                #expect(isSeen)
                try await started
                try await stage.more(100, of: writer)
                try await stage.finish(writer, expectingResidents: false)
            }
        }

        /// With its data a source goes on; the stream does not, so all is copied again.
        @Test func theSourceRestartsWithItsData() async throws {
            try await MigrationStage.run(.init(userCopy: .none)) { stage in
                let client = try stage.source.connect()
                try await stage.wait(for: .liveSync)
                for number in 0..<50 { try client.call("INCR", "\(stage.prefix)n\(number % 7)") }
                try stage.source.call("SAVE")
                // What is not saved is lost with the source, and must go at the target, too.
                try stage.source.call("SET", "\(stage.prefix)unsaved", "1")
                try await stage.wait(forKey: "unsaved", to: 1)
                try await offPool { try stage.source.restart(signal: SIGKILL) }
                try await stage.wait(forKey: "unsaved", to: 0)
                try await stage.waitUntilSound()
                try await stage.expectEqual()
            }
        }

        /// A source that has lost everything must not take the copy with it.
        @Test func theSourceRestartsEmpty() async throws {
            try await MigrationStage.run(.init(keys: 300, userCopy: .none)) { stage in
                try await stage.wait(for: .liveSync)
                try await offPool { try stage.source.restart(signal: SIGKILL) }
                let failure = try await stage.failure()
                #expect(failure.message.contains("has lost all keys of the tenant"), "\(failure.message)")
                #expect(failure.message.contains("resume"))
                #expect(try KeyspaceDigest(stage.target, tenants: [MigrationStage.tenant]).keys == 300)
            }
        }

        /// Nor one whose clients have begun anew meanwhile.
        @Test func theSourceRestartsAlmostEmpty() async throws {
            try await MigrationStage.run(.init(keys: 300, userCopy: .none)) { stage in
                try await stage.wait(for: .liveSync)
                try await stage.runner.pause()
                try await offPool { try stage.source.restart(signal: SIGKILL) }
                for number in 0..<20 { try stage.source.call("SET", "\(stage.prefix)begun anew:\(number)", "1") }
                try await stage.runner.resume()
                let failure = try await stage.failure()
                #expect(failure.message.contains("has lost most keys of the tenant"), "\(failure.message)")
                #expect(failure.message.contains("it has 20, the copy"), "\(failure.message)")
                #expect(try KeyspaceDigest(stage.target, tenants: [MigrationStage.tenant]).keys == 300)
            }
        }

        /// A server that stands still is no server that is gone; what it had read before it stood still is not done
        /// behind what is sent later.
        @Test(arguments: ["source", "target"])
        func aServerStandsStill(which: String) async throws {
            try await MigrationStage.run { stage in
                let server = which == "source" ? stage.source : stage.target
                let writer = stage.writer { $0.timeout = 60 }
                try await stage.wait(for: .liveSync)
                try await stage.more(100, of: writer)
                server.suspend()
                try await Task.sleep(for: .seconds(3))
                server.resume()
                try await stage.more(100, of: writer)
                try await stage.finish(writer)
            }
        }

        /// The source throws the feed out when it does not read: it goes on where it was.
        @Test func theFeedIsCutAgainAndAgain() async throws {
            try await MigrationStage.run { stage in
                let writer = stage.writer { $0.rate = 2000 }
                try await stage.wait(for: .liveSync)
                for _ in 0..<10 {
                    try stage.source.call("CLIENT", "KILL", "TYPE", "replica")
                    try await stage.more(100, of: writer)
                }
                #expect(!JournalEvents(folder: stage.journal).contains("\"gap\""), "the backlog has had everything")
                try await stage.finish(writer)
            }
        }

        /// What a target that was restarted still lacks is owed, and no difference.
        @Test func aVerificationDoesNotJudgeAnInterruption() async throws {
            try await MigrationStage.run { stage in
                let writer = stage.writer()
                try await stage.wait(for: .liveSync)
                try await stage.more(100, of: writer)
                try stage.target.call("SAVE")
                try await stage.more(300, of: writer)
                try await offPool { try stage.target.restart(signal: SIGKILL) }
                var refusals = 0
                for _ in 0..<10 {
                    do {
                        let report = try await stage.runner.verify(sample: nil)
                        #expect(report.differenceCount == 0, "\(report.differences.prefix(3))")
                    } catch let failure as MigrationFailure {
                        refusals += 1
                        #expect(failure.mayPass, "\(failure.message)")
                    }
                    try await Task.sleep(for: .milliseconds(20))
                }
                #expect(refusals > 0)
                try await stage.finish(writer, expectingResidents: false)
            }
        }

        /// `--timeout` bounds the waiting, and the failure says the way on.
        @Test func aTargetStaysAway() async throws {
            try await MigrationStage.run(.init(userCopy: .none, timeoutSeconds: 2)) { stage in
                try await stage.wait(for: .liveSync)
                stage.target.kill(SIGKILL)
                try stage.source.call("SET", "\(stage.prefix)late", "1")
                let failure = try await stage.failure()
                #expect(failure.kind == .unreachable)
                for word in ["\(stage.target.port)", "2 s (--timeout)", "run resume mig_"] {
                    #expect(failure.message.contains(word), "\(failure.message)")
                }
                try await offPool { try stage.target.start() }
            }
        }
    }
}

extension MigrationStage {
    func waitForReconnection() async throws {
        let isSeen = try await eventually(30) { await runner.status().reconnecting != nil }
        #expect(isSeen, "status says nothing of it")
    }

    /// The migration recovers, cuts over, and no write is lost or doubled.
    func finish(_ writer: LiveWriter, expectingResidents: Bool = true) async throws {
        try await waitUntilSound()
        try await more(50, of: writer)
        try await switchOver()
        try await more(50, of: writer)
        #expect(try writer.stop().check(on: target) == [])
        let report = try await report()
        #expect(report.differenceCount == 0, "\(report.differences)")
        if expectingResidents { try expectOthersUntouched() }
    }
}
