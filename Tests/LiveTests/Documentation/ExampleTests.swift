import Foundation
import MigrationTestSupport
import Testing

/// Every example of README.md and docs is run as it stands there, with two real servers in the places of `old:6379` and
/// `new:6379`, the tenant acme-corp at the first, and the newest migration's id in the place of `mig_7f3a9c0d21`.
///
/// A block says behind its fence what it is, and how far a migration has come before: `sh live_sync`. `sh` ends at the
/// first line that fails; of a `console` what comes out is compared; `prompt` is what is typed there.
@Suite(.serialized) struct ExampleTests {
    private static func blocks(_ language: String) -> [ExampleBlock] {
        ExampleBlock.all.filter { $0.language == language }
    }

    private func run(_ block: ExampleBlock, _ script: String) throws -> ProgramRun {
        try ExampleStage.run(reaching: block.words.first) { stage in
            let run = try stage.shell(script)
            if block.language != "console" {
                #expect(run.code == 0, "\(block.testDescription): \(run.output)\(run.errors)")
            }
            return run
        }
    }

    @Test func everyBlockIsOfAKindThatIsTried() {
        // A picture or a listing has no word behind its fence. `redis` is tried with the permissions, `grammar` with the
        // prompt and the fail points.
        let kinds: Set = [
            "", "sh", "make", "json", "toml", "swift", "ini", "crontab", "yaml", "console", "prompt", "redis",
            "grammar",
            "hook",
        ]
        for block in ExampleBlock.all { #expect(kinds.contains(block.language), "\(block.testDescription)") }
        let isCommand = #/(?m)^(ferrite-migrate|make|curl|promtool)\s/#
        for block in Self.blocks("") { #expect(!block.text.contains(isCommand), "\(block.testDescription)") }
        #expect(Self.blocks("sh").count > 5)
    }

    @Test(arguments: blocks("sh"))
    func aShellExample(block: ExampleBlock) throws {
        _ = try run(block, block.text)
    }

    @Test(arguments: blocks("console"))
    func aTranscript(block: ExampleBlock) throws {
        let lines = block.text.split(separator: "\n", omittingEmptySubsequences: false)
        let typed = lines.filter { $0.hasPrefix("$ ") || $0.hasPrefix(">") }.map { line in
            line.hasPrefix("$ ") ? line.dropFirst(2) : line.dropFirst().drop { $0 == " " }
        }
        let shown = lines.filter { !$0.isEmpty && !$0.hasPrefix("$ ") && !$0.hasPrefix(">") }
        let run = try run(block, typed.joined(separator: "\n") + "\n")
        #expect(run.output.split(separator: "\n") == shown, "\(block.testDescription): \(run.errors)")
    }

    /// The lines behind the prompt; each answer names what the example shows, with other numbers.
    @Test(arguments: blocks("prompt"))
    func aPrompt(block: ExampleBlock) throws {
        let mark = "ferrite-migrate> "
        let lines = block.text.split(separator: "\n")
        let typed = lines.filter { $0.hasPrefix(mark) }.map { String($0.dropFirst(mark.count)) }
        let script = typed.isEmpty ? lines.map(String.init) : typed
        let input = script.joined(separator: "\n").replacing("mig_7f3a9c0d21", with: "MIGRATION")
        // An id is known only when the line before has been answered.
        let program = """
            mkfifo in; ferrite-migrate repl < in > out & exec 3> in
            while IFS= read -r line; do
                case $line in *MIGRATION*) until last_id > /dev/null; do sleep 0.1; done;; esac
                printf '%s\\n' "${line//MIGRATION/$(last_id || true)}" >&3
            done <<'END'
            \(input)
            END
            exec 3>&-; wait $!; cat out

            """
        let run = try run(block, program)
        guard !typed.isEmpty else { return }
        let shown = lines.filter { !$0.hasPrefix(mark) && !$0.hasPrefix("$") }.map { $0.prefix { $0 != ":" } }
        #expect(run.output.split(separator: "\n").map { $0.prefix { $0 != ":" } } == shown, "\(run.errors)")
    }

    /// What cron and systemd would run.
    @Test(arguments: blocks("crontab") + blocks("ini"))
    func aTimedCommand(block: ExampleBlock) throws {
        let commands = block.text.split(separator: "\n").compactMap { line -> Substring? in
            if line.hasPrefix("ExecStart=") { return line.dropFirst("ExecStart=".count) }
            guard let first = line.first, first.isNumber || first == "*" else { return nil }
            return line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true).last
        }
        guard block.language == "crontab" || !commands.isEmpty else { return }
        #expect(!commands.isEmpty, "\(block.testDescription)")
        _ = try run(block, commands.joined(separator: "\n") + "\n")
    }

    /// It allows a cutover only at some hours, as this test's clock has them.
    @Test(arguments: blocks("hook"))
    func aHook(block: ExampleBlock) throws {
        let script = """
            mkdir hooks; cat > hooks/before-cutover <<'END'
            \(block.text)END
            chmod +x hooks/before-cutover
            ferrite-migrate migrate acme-corp --hooks hooks --wait live_sync
            code=0; ferrite-migrate cutover "$(last_id)" || code=$?
            if [ "$(date +%-H)" -lt 6 ]; then [ $code = 0 ]; else [ $code = 75 ]; fi

            """
        _ = try run(block, script)
    }

    @Test(arguments: blocks("yaml"))
    func aScrapeConfiguration(block: ExampleBlock) throws {
        _ = try run(block, "cat > p.yml <<'END'\n\(block.text)END\npromtool check config p.yml\n")
    }

    @Test(arguments: blocks("make"))
    func aTargetOfMake(block: ExampleBlock) throws {
        for line in block.text.split(separator: "\n") where line.hasPrefix("make ") {
            let command = line.prefix { $0 != "#" }.replacing("make ", with: "make -n ")
            let run = try ProgramRun(
                path: "/bin/bash",
                arguments: ["-c", "cd \(ExampleBlock.root.path) && \(command)"],
                environment: ProcessInfo.processInfo.environment,
                timeout: 60
            )
            #expect(run.code == 0, "\(line): \(run.errors)")
        }
    }

    @Test(arguments: blocks("json"))
    func aLineOfJSON(block: ExampleBlock) throws {
        for line in block.text.split(separator: "\n") {
            #expect(throws: Never.self, "\(line)") { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
        }
    }

    @Test(arguments: blocks("toml"))
    func aSettingsFile(block: ExampleBlock) throws {
        let folder = try TemporaryFolder()
        try Data(block.text.utf8).write(to: URL(filePath: folder.file("ferrite.toml")))
        let path = folder.file("ferrite.toml")
        _ = try run(block, "ferrite-migrate config check \(path) --strict\n")
    }

    /// Compiled and run in the library's own tests, line for line.
    @Test(arguments: blocks("swift").filter { !$0.text.contains("Package.swift") })
    func aPieceOfSwift(block: ExampleBlock) throws {
        let tests = ExampleBlock.root.appending(path: "Tests/LiveTests/Library")
        let names = try FileManager.default.contentsOfDirectory(atPath: tests.path)
        let sources = try names.map { try String(contentsOf: tests.appending(path: $0), encoding: .utf8) }
        func lines(_ text: String) -> [String] {
            text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        }
        let example = lines(block.text).filter { $0 != "import FerriteMigration" }
        let isThere = sources.contains { source in
            let all = lines(source)
            return all.indices.contains { all[$0...].starts(with: example) }
        }
        #expect(isThere, "\(block.testDescription) is not in Tests/LiveTests/Library")
    }
}

/// Two servers, the tenant of the examples at the first, and a migration that has come as far as an example needs.
struct ExampleStage {
    private static let tenant = "acme-corp"

    /// For the TLS ports `old:6380` and `new:6380`, in the places of those in /etc/ferrite.
    private static let certificates = Result { try TestCertificates() }

    let tool: MigrateTool
    private let source: RedisServer
    private let target: RedisServer

    static func run<Result>(reaching phase: String?, _ body: (ExampleStage) throws -> Result) throws -> Result {
        let certificates = try Self.certificates.get()
        let source = try RedisServer(.v7, tls: RedisTLS(certificates))
        let target = try RedisServer(.v7, tls: RedisTLS(certificates))
        defer {
            source.stop()
            target.stop()
        }
        try TenantSeed(tenant: tenant, keys: 100).write(to: source.endpoint)
        try source.call("ACL", "SETUSER", "acme", "on", ">secret", "~__tenant:acme-corp:*", "&*", "+@all")
        let tool = try MigrateTool(source: source.endpoint, target: target.endpoint)
        defer { tool.endAll() }
        let stage = ExampleStage(tool: tool, source: source, target: target)
        if let phase { try stage.reach(phase) }
        return try body(stage)
    }

    /// A day that is still to come, and no Sunday: on some of those the clocks are set.
    private static var nextMonth: String {
        let days = (30...31).map { Date(timeIntervalSinceNow: Double($0) * 86_400) }
        let day = days.first { Calendar(identifier: .gregorian).component(.weekday, from: $0) != 1 } ?? days[0]
        return String(day.formatted(.iso8601).prefix(10))
    }

    private func reach(_ phase: String) throws {
        let id = try tool.migrate(Self.tenant, ["--wait", "live_sync"])
        switch phase {
        case "live_sync": break
        case "paused": _ = try tool.json(["pause", id])
        case "interrupted": tool.endAll()
        case "completed":
            _ = try tool.json(["cutover", id, "--until-verified"])
            for _ in 0..<500 where !tool.processes.isEmpty { usleep(20_000) }
        default: throw ToolError("an example asks for a migration in \(phase)")
        }
    }

    /// Runs an example as somebody would type it; what would never end is ended, and nobody is asked.
    func shell(_ text: String) throws -> ProgramRun {
        let script = """
            set -e -o pipefail
            cd "$(mktemp -d)"
            ferrite-migrate() {
                case " $* " in
                *' --watch '*) timeout 2 "$TOOL" "$@" || [ $? = 124 ];;
                *' cleanup '*) "$TOOL" "$@" --yes;;
                *) "$TOOL" "$@";;
                esac
            }
            last_id() { ls -t "$FERRITE_MIGRATE_JOURNAL" 2>/dev/null | grep '^mig_' | head -1; }
            echo 'status ALL' > moves.txt

            """
        let example = text.replacing("old:6379", with: source.endpoint.address)
            .replacing("new:6379", with: target.endpoint.address)
            .replacing("old:6380", with: "127.0.0.1:\(source.tlsPort ?? 0)")
            .replacing("new:6380", with: "127.0.0.1:\(target.tlsPort ?? 0)")
            .replacing("/etc/ferrite/ca.crt", with: try Self.certificates.get().authority.certificate)
            .replacing("/etc/ferrite/mover.crt", with: try Self.certificates.get().client.certificate)
            .replacing("/etc/ferrite/mover.key", with: try Self.certificates.get().client.key)
            .replacing("mig_7f3a9c0d21", with: "$(last_id)")
            .replacing("mig_81c2d4e5f6", with: "$(last_id)")
            .replacing("/usr/local/bin/ferrite-migrate", with: "ferrite-migrate")
            .replacing("/var/lib/prometheus/node-exporter/", with: "$PWD/")
            .replacing("/var/log/", with: "$PWD/")
            .replacing("127.0.0.1:9121", with: "127.0.0.1:0")
            .replacing("2026-12-01", with: Self.nextMonth)
        var environment = tool.environment
        environment["TOOL"] = tool.program
        environment["PATH"] = URL(filePath: tool.program).deletingLastPathComponent().path + ":/usr/bin:/bin"
        environment["FERRITE_MIGRATE_SOURCE"] = source.endpoint.address
        environment["FERRITE_MIGRATE_TARGET"] = target.endpoint.address
        return try ProgramRun(
            path: "/bin/bash",
            arguments: ["-c", script + example],
            environment: environment,
            timeout: 60
        )
    }
}
