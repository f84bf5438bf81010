import MigrationCore
import MigrationEngine
import MigrationTestSupport
import RESP
import Synchronization
import Testing

/// A copy that goes on while it is verified.
@Suite struct VerifyContextTests {
    /// Runs a closure whenever the verification waits for the copy to settle.
    private final class ScriptedContext: VerificationContext {
        let written: Set<ByteString>?
        private let script: @Sendable (Int) throws -> Void
        private let asked = Mutex<[ByteString]>([])
        private let attempts = Mutex(0)

        init(written: Set<ByteString>? = nil, _ script: @escaping @Sendable (Int) throws -> Void) {
            self.written = written
            self.script = script
        }

        var watchesSwitch: Bool { written != nil }
        var askedFor: [ByteString] { asked.withLock { $0 } }

        func settle(_ keys: [KeyName]) throws(MigrationFailure) -> Bool {
            let attempt = attempts.withLock { attempts in
                attempts += 1
                return attempts
            }
            do { try script(attempt) } catch { throw MigrationFailure(.failed, "\(error)") }
            return true
        }

        func changedSinceSettling(_ keys: [KeyName]) -> [Bool] { keys.map { _ in false } }

        func writtenSinceSwitch(_ keys: [KeyName]) -> [Bool] {
            asked.withLock { $0 += keys.map(\.key) }
            return keys.map { written?.contains($0.key) == true }
        }
    }

    @Test func aKeyThatTheCopyCatchesUpWithIsNoDifference() async throws {
        try await VerifiedPair.with { pair in
            try pair.source.run(["SET @k new", "SET @missing v"])
            try pair.target.run(["SET @k old", "SET @extra v"])
            let target = pair.target
            let report = try await pair.verify(
                context: ScriptedContext { _ in try target.run(["SET @k new", "SET @missing v", "DEL @extra"]) }
            )
            #expect(report.outcome == .verified)
            #expect((report.keysSource, report.keysTarget, report.sampleVerified) == (2, 2, 2))
            #expect(report.checksumMatch)
        }
    }

    @Test func aKeyThatChangesAtEveryLookIsNotJudged() async throws {
        try await VerifiedPair.with { pair in
            try pair.source.run(["RPUSH @k 0", "SET @still v"])
            try pair.target.run(["SET @still other"])
            let source = pair.source
            let report = try await pair.verify(context: ScriptedContext { try source.run(["RPUSH @k \($0)"]) })
            #expect(report.keysChanging == 1)
            #expect(report.differences.map(\.key) == [ByteString(VerifiedPair.prefix + "still")])
        }
    }

    @Test func aKeyThatStopsChangingIsJudged() async throws {
        try await VerifiedPair.with { pair in
            try pair.source.run(["SET @k 0"])
            let source = pair.source
            let report = try await pair.verify(
                context: ScriptedContext { if $0 < 3 { try source.run(["SET @k \($0)"]) } }
            )
            #expect(report.keysChanging == 0)
            #expect(report.differences.map(\.kind) == [.missingAtTarget])
        }
    }

    @Test func whatTheTenantWroteSinceTheSwitchIsNoDifference() async throws {
        try await VerifiedPair.with { pair in
            let key = { ByteString(VerifiedPair.prefix + $0) }
            try pair.source.run(["SET @changed v", "SET @deleted v", "SET @same v", "SET @lost v"])
            try pair.target.run(["SET @changed w", "SET @same v", "SET @new v"])
            let written: Set = [key("changed"), key("deleted"), key("new"), key("same")]
            let context = ScriptedContext(written: written) { _ in }
            let report = try await pair.verify(context: context)
            #expect(report.writtenSinceSwitch == 3)
            #expect(report.differences.map(\.key) == [key("lost")])
            #expect(Set(context.askedFor) == [key("changed"), key("deleted"), key("new"), key("lost")])
            #expect(try await pair.verify().writtenSinceSwitch == nil)
        }
    }

    /// As if the source's clock were ahead: it has expired the key, the target is about to.
    @Test func aKeyThatIsAboutToExpireIsNoDifference() async throws {
        try await VerifiedPair.with { pair in
            try pair.source.run(["SET @kept v PXAT 4000000000000"])
            try pair.target.run(["SET @kept v PXAT 4000000000000"])
            let target = pair.target
            let moment = Int(try target.call("TIME").array?.first?.integer ?? 0) * 1000 + 60_000
            try target.run(["SET @gone v PXAT \(moment)"])
            let context = ScriptedContext { _ in try target.run(["PEXPIREAT @gone 1"]) }
            let report = try await pair.verify(context: context)
            #expect(report.outcome == .verified)
            #expect((report.keysSource, report.keysTarget) == (1, 1))
            try target.run(["SET @gone v PXAT \(moment)"])
            #expect(try await pair.verify().differences.map(\.kind) == [.missingAtSource])
        }
    }
}
