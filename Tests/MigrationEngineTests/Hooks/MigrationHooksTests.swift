import FoundationEssentials
import Glibc
import Logging
import MigrationCore
import Synchronization
import Testing

@testable import MigrationEngine

/// Programs of the operator's, as real processes.
@Suite(.serialized) struct MigrationHooksTests {
    private let folder: TemporaryFolder
    private let log = NotedLog()

    init() throws {
        folder = try TemporaryFolder()
    }

    private func write(_ name: HookName, _ script: String, mode: mode_t = 0o755) throws {
        let path = "\(folder.path)/\(name.rawValue)"
        try Data("#!/bin/sh\n\(script)\n".utf8).write(to: URL(filePath: path))
        chmod(path, mode)
    }

    private func hooks(timeout: Duration = .seconds(10), environment: [String: String] = [:]) -> MigrationHooks {
        var environment = environment
        environment["PATH"] = "/usr/bin:/bin"
        return MigrationHooks(
            folder: HookFolder(folder.path),
            timeout: timeout,
            environment: environment,
            logger: Logger(label: "test") { [log] _ in log }
        ) { name, status in
            HookFacts(environment: ["HOOK_TENANT": status.tenant], json: "{\"event\":\"\(name.rawValue)\"}")
        }
    }

    private func status() throws -> MigrationStatus {
        MigrationStatus(plan: try Samples.plan(), at: Samples.start)
    }

    private func failure(_ hooks: MigrationHooks, _ name: HookName = .beforeCutover) async throws -> MigrationFailure? {
        let status = try status()
        do throws(MigrationFailure) {
            try await hooks.check(name, status)
            return nil
        } catch {
            return error
        }
    }

    private func contents(_ name: String) -> String {
        (try? String(contentsOf: URL(filePath: "\(folder.path)/\(name)"), encoding: .utf8)) ?? ""
    }

    @Test func aHookGetsTheFactsAndNoSecret() async throws {
        try write(.beforeCutover, "cat > \(folder.path)/.input; env > \(folder.path)/.environment; echo well")
        let secret = ["FERRITE_MIGRATE_SOURCE_PASSWORD": "hush", "MY_TOKEN": "hush", "FERRITE_MIGRATE_JOURNAL": "/j"]
        #expect(try await failure(hooks(environment: secret)) == nil)
        #expect(contents(".input") == "{\"event\":\"before-cutover\"}\n")
        let environment = contents(".environment")
        #expect(environment.contains("HOOK_EVENT=before-cutover\n") && environment.contains("HOOK_TENANT=acme\n"))
        #expect(environment.contains("FERRITE_MIGRATE_JOURNAL=/j\n"))
        #expect(!environment.contains("hush"))
        #expect(log.text.contains("hook output hook=before-cutover line=well"))
    }

    @Test func aGuardSaysNo() async throws {
        try write(.beforeCutover, "echo 'not on a Friday' >&2; exit 3")
        let failure = try #require(try await failure(hooks()))
        #expect(failure.kind == .notNow)
        #expect(failure.message.contains("the hook before-cutover ended with exit status 3: not on a Friday"))
        #expect(try await self.failure(hooks(), .fenced) == nil, "there is no such hook")
    }

    @Test func oneThatHangsIsEndedWithItsChildren() async throws {
        try write(.beforeCutover, "trap '' TERM; sleep 600 & echo $! > \(folder.path)/.child; wait")
        let start = ContinuousClock.now
        let failure = try #require(try await failure(hooks(timeout: .milliseconds(300))))
        #expect(failure.message.contains("did not end within its time (0.3 s)"))
        #expect(ContinuousClock.now - start < .seconds(5))
        let child = try #require(contents(".child").split(separator: "\n").first.flatMap { pid_t($0) })
        #expect(try await eventually { kill(child, 0) != 0 || isZombie(child) })
    }

    /// Others of its cutover do not wait until it has had its time.
    @Test func oneWhoseCutoverIsOverIsEndedAtOnce() async throws {
        try write(.fenced, "trap '' TERM; sleep 600")
        let hooks = hooks(timeout: .seconds(600))
        let task = Task { try await self.failure(hooks, .fenced) }
        #expect(try await eventually { hooks.step == "running the hook fenced" })
        let start = ContinuousClock.now
        task.cancel()
        _ = try await task.value
        #expect(ContinuousClock.now - start < .seconds(20), "its time is ten minutes")
        #expect(hooks.step == nil)
    }

    @Test func aGigabyteOfOutputIsReadAndNotKept() async throws {
        try write(.beforeCutover, "head -c 1000000000 /dev/zero | tr '\\0' x; echo; echo end")
        #expect(try await failure(hooks(timeout: .seconds(600))) == nil)
        #expect(log.text.utf8.count < 30_000)
        #expect(log.text.contains("hook output left out bytes=99998"))
    }

    @Test(arguments: [
        (mode_t(0o644), "#!/bin/sh\n", "it is not executable; chmod +x it"),
        (mode_t(0o757), "#!/bin/sh\n", "everybody may write to it"),
        (mode_t(0o755), "#!/no/such/shell\n", "cannot be started: No such file or directory; look at its first line"),
        (mode_t(0o755), "neither a script nor a program\n", "cannot be started: Exec format error"),
    ])
    func oneThatCannotBeRun(mode: mode_t, text: String, words: String) async throws {
        let path = "\(folder.path)/before-cutover"
        try Data(text.utf8).write(to: URL(filePath: path))
        chmod(path, mode)
        let failure = try #require(try await failure(hooks()))
        #expect(failure.kind == .configuration && failure.message.contains(words), "\(failure.message)")
        #expect(failure.message.contains(path))
    }

    @Test(arguments: [
        ("#!/no/such/shell\n", "its first line names '/no/such/shell', which cannot be run here"),
        ("#!\n", "its first line names ''"), ("", "it is no program"), ("echo 1\n", "it is no program"),
    ])
    func whatCannotBeStartedIsFoundBefore(text: String, words: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder.path)/completed"))
        chmod("\(folder.path)/completed", 0o755)
        let failure = #expect(throws: MigrationFailure.self) { try HookFolder(folder.path).check() }
        #expect(
            failure?.kind == .configuration && failure?.message.contains(words) == true,
            "\(failure?.message ?? "")"
        )
    }

    @Test(arguments: ["#!/bin/sh", "#! /usr/bin/env python3", "#!/bin/sh -eu\necho 1", nil])
    func whatCanBeStartedIsNotRefused(text: String?) throws {
        let program = text.map { Data($0.utf8) } ?? FileManager.default.contents(atPath: "/bin/true")
        try #require(program).write(to: URL(filePath: "\(folder.path)/completed"))
        chmod("\(folder.path)/completed", 0o755)
        #expect(try HookFolder(folder.path).check().isEmpty)
    }

    @Test func theOthersComeInTheirOrderAndHarmNothing() async throws {
        for name in [HookName.paused, .resumed, .failed] {
            try write(name, "sleep 0.05; echo $HOOK_EVENT >> \(folder.path)/.order; exit 1")
        }
        let hooks = hooks()
        for name in [HookName.paused, .synced, .resumed, .failed, .paused] { hooks.post(name, try status()) }
        await hooks.drain()
        #expect(contents(".order") == "paused\nresumed\nfailed\npaused\n")
        #expect(log.text.contains("error hook failed hook=failed how=ended with exit status 1"))
    }

    /// Whoever starts something that goes on is not waited for.
    @Test func whatAHookLeavesRunningIsItsOwnAffair() async throws {
        try write(.beforeCutover, "sleep 30 & echo $! > \(folder.path)/.child")
        let start = ContinuousClock.now
        #expect(try await failure(hooks()) == nil)
        #expect(ContinuousClock.now - start < .seconds(10))
        let child = try #require(contents(".child").split(separator: "\n").first.flatMap { pid_t($0) })
        #expect(kill(child, SIGKILL) == 0)
    }

    @Test func theFolderIsLookedAtBeforehand() throws {
        let path = folder.path
        #expect(try HookFolder(path).check().isEmpty)
        try write(.failed, "exit 0")
        try Data().write(to: URL(filePath: path + "/before_cutover"))
        try Data().write(to: URL(filePath: path + "/.gitignore"))
        #expect(try HookFolder(path).check() == ["before_cutover"])
        try write(.fenced, "exit 0", mode: 0o600)
        #expect(throws: MigrationFailure.self) { try HookFolder(path).check() }
        #expect(throws: MigrationFailure.self) { try HookFolder(path + "/none").check() }
        chmod(path, 0o777)
        #expect(throws: MigrationFailure.self) { try HookFolder(path).check() }
    }
}

private func isZombie(_ process: pid_t) -> Bool {
    let text = (try? String(contentsOf: URL(filePath: "/proc/\(process)/stat"), encoding: .utf8)) ?? ""
    return text.contains(") Z ")
}

/// Keeps what is logged: level, message and metadata of each line.
private final class NotedLog: LogHandler {
    private let lines = Mutex("")

    var text: String { lines.withLock(\.self) }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let values = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        lines.withLock { $0 += "\(event.level) \(event.message)\(values)\n" }
    }
}
