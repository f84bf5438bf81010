import FoundationEssentials
import Logging
import MigrationCore
import Synchronization

/// What a program of the operator's is told of a migration. No value is a secret.
package struct HookFacts: Sendable {
    /// Variables beside `HOOK_EVENT` and what every program needs.
    package var environment: [String: String]
    /// One line of JSON for its standard input.
    package var json: String

    package init(environment: [String: String], json: String) {
        self.environment = environment
        self.json = json
    }
}

/// Runs the operator's programs: guards while the cutover waits for them, all others one after another in the order in
/// which things happened. A program that fails, hangs or cannot be started harms nothing but a guard's cutover.
package final class MigrationHooks: Sendable {
    /// Passed on to the programs; nothing else of this process's environment is.
    static let passedOn = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR"]
    /// Bytes of a line of output in the log.
    private static let longestLine = 1024

    private let folder: HookFolder
    private let timeout: Duration
    private let environment: [String: String]
    private let logger: Logger
    private let describe: @Sendable (HookName, MigrationStatus) -> HookFacts
    private let queue: AsyncStream<(HookName, MigrationStatus)>.Continuation
    private let last = Mutex<Task<Void, Never>?>(nil)
    /// The guard that a cutover waits for now.
    private let guardUnderWay = Mutex<HookName?>(nil)

    /// - Parameters:
    ///   - environment: Of this process, with the journal's folder; what is not in `passedOn` or the journal is left out.
    ///   - describe: The facts, as the program's own output writes them.
    package init(
        folder: HookFolder,
        timeout: Duration,
        environment: [String: String],
        logger: Logger,
        describe: @escaping @Sendable (HookName, MigrationStatus) -> HookFacts
    ) {
        self.folder = folder
        self.timeout = timeout
        self.environment = environment.filter { Self.passedOn.contains($0.key) || $0.key == "FERRITE_MIGRATE_JOURNAL" }
        self.logger = logger
        self.describe = describe
        let (stream, queue) = AsyncStream.makeStream(of: (HookName, MigrationStatus).self)
        self.queue = queue
        let task = Task {
            for await (name, status) in stream { await self.runUnguarded(name, status) }
        }
        last.withLock { $0 = task }
    }

    /// Runs the hook as soon as those before it have ended.
    package func post(_ name: HookName, _ status: MigrationStatus) {
        queue.yield((name, status))
    }

    /// Returns when every hook that was posted has ended. Nothing is run after that.
    package func drain() async {
        queue.finish()
        await last.withLock(\.self)?.value
    }

    /// Runs a guard and waits for it.
    ///
    /// - Throws: `MigrationFailure` where it says no, or nothing: it could not be started, or did not end in time.
    func check(_ name: HookName, _ status: MigrationStatus) async throws(MigrationFailure) {
        guardUnderWay.withLock { $0 = name }
        defer { guardUnderWay.withLock { $0 = nil } }
        let result = try await run(name, status)
        guard let result, result.how != .exited(0) else { return }
        let words = result.lastLine.map { ": \($0)" } ?? ""
        throw MigrationFailure(
            .notNow,
            "cutover stopped: the hook \(name.rawValue) \(result.words(timeout))\(words); clients are at \(status.source)"
        )
    }

    /// `running the hook fenced`, while a cutover waits for it.
    var step: String? { guardUnderWay.withLock { $0.map { "running the hook \($0.rawValue)" } } }

    private func runUnguarded(_ name: HookName, _ status: MigrationStatus) async {
        do throws(MigrationFailure) {
            guard let result = try await run(name, status), result.how != .exited(0) else { return }
            logger.error("hook failed", metadata: ["hook": "\(name.rawValue)", "how": "\(result.words(timeout))"])
        } catch {
            logger.error("hook failed", metadata: ["hook": "\(name.rawValue)", "reason": "\(error.message)"])
        }
    }

    /// Nil where there is no such hook.
    private func run(_ name: HookName, _ status: MigrationStatus) async throws(MigrationFailure) -> HookProcess.Ending?
    {
        guard let path = try folder.program(for: name) else { return nil }
        let facts = describe(name, status)
        let own = ["HOOK_EVENT": name.rawValue].merging(environment) { $1 }
        let start = ContinuousClock.now
        var process = try HookProcess(
            path: path,
            environment: facts.environment.merging(own) { $1 },
            input: facts.json + "\n"
        )
        let ending = await process.wait(timeout: timeout)
        let seconds = (ContinuousClock.now - start).formattedSeconds
        log(ending, of: name)
        logger.info(
            "hook",
            metadata: ["hook": "\(name.rawValue)", "how": "\(ending.words(timeout))", "s": "\(seconds)"]
        )
        return ending
    }

    private func log(_ ending: HookProcess.Ending, of name: HookName) {
        for line in ending.lines {
            logger.info(
                "hook output",
                metadata: ["hook": "\(name.rawValue)", "line": "\(line.prefix(Self.longestLine))"]
            )
        }
        guard ending.lost > 0 else { return }
        logger.warning("hook output left out", metadata: ["hook": "\(name.rawValue)", "bytes": "\(ending.lost)"])
    }
}

extension HookProcess.Ending {
    var lines: [String] {
        output.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// What a program says last is mostly why it ends.
    var lastLine: String? {
        lines.last { $0.contains { !$0.isWhitespace } }.map { String($0.prefix(200)).printable }
    }

    func words(_ timeout: Duration) -> String {
        switch how {
        case .exited(let status): "ended with exit status \(status)"
        case .killed(let signal): "was ended by signal \(signal)"
        case .tookTooLong: "did not end within its time (\(timeout.formattedSeconds) s)"
        }
    }
}

extension Duration {
    fileprivate var formattedSeconds: String {
        let (seconds, attoseconds) = components
        let milliseconds = (Double(seconds) * 1000 + Double(attoseconds) / 1e15).rounded()
        return milliseconds.truncatingRemainder(dividingBy: 1000) == 0
            ? "\(Int(milliseconds / 1000))" : "\(milliseconds / 1000)"
    }
}
