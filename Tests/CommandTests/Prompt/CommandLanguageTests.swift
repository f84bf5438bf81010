import ArgumentParser
import Testing

@testable import ferrite_migrate

@Suite struct CommandLanguageTests {
    private static func language(_ defaults: [(name: String, value: String)] = []) throws -> CommandLanguage {
        CommandLanguage(try HelpDump.current(), defaults: defaults)
    }

    /// The request of lines of which all but the last are continued.
    private func request(_ text: String, _ language: CommandLanguage? = nil) throws -> PromptRequest {
        var parser = LineParser()
        for line in text.split(separator: "\n") { _ = try parser.take(line.utf8) }
        return try (language ?? Self.language()).request(parser.finish())
    }

    private func refusal(_ text: String, _ language: CommandLanguage? = nil) throws -> String {
        do {
            let request = try request(text, language)
            Issue.record("\(text): \(request)")
        } catch let failure as CommandFailure {
            #expect(failure.status == .usage)
            return failure.message ?? ""
        }
        return ""
    }

    /// Every command of the seed's page that this tool has, as it stands there.
    @Test(arguments: [
        (
            "TENANT.MIGRATE acme-corp \\\n  TARGET target-cluster:6379 \\\n  MODE live",
            ["migrate", "--target=target-cluster:6379", "--mode=live", "--", "acme-corp"]
        ),
        ("TENANT.MIGRATE.STATUS mig_abc123", ["status", "--", "mig_abc123"]),
        ("TENANT.MIGRATE.CUTOVER mig_abc123", ["cutover", "--", "mig_abc123"]),
        (
            "TENANT.MIGRATE acme-corp TARGET new-cluster:6379 MODE live",
            ["migrate", "--target=new-cluster:6379", "--mode=live", "--", "acme-corp"]
        ),
        (
            "TENANT.MIGRATE acme-corp TARGET new-cluster:6379 PARALLEL 4 BATCH_SIZE 1000",
            ["migrate", "--target=new-cluster:6379", "--parallel=4", "--batch-size=1000", "--", "acme-corp"]
        ),
        ("TENANT.MIGRATE acme TARGET a:1 TIMEOUT 60", ["migrate", "--target=a:1", "--timeout=60", "--", "acme"]),
        ("TENANT.MIGRATE.STATUS ALL  # All active migrations", ["status", "--", "ALL"]),
        ("TENANT.MIGRATE.PAUSE mig_abc123", ["pause", "--", "mig_abc123"]),
        ("TENANT.MIGRATE.RESUME mig_abc123", ["resume", "--", "mig_abc123"]),
        ("TENANT.MIGRATE.CANCEL mig_abc123", ["cancel", "--", "mig_abc123"]),
        ("TENANT.MIGRATE.CUTOVER mig_abc123 FORCE", ["cutover", "--force", "--", "mig_abc123"]),
        (
            "TENANT.MIGRATE acme-corp TARGET cluster2:6379 MODE fast",
            ["migrate", "--target=cluster2:6379", "--mode=fast", "--", "acme-corp"]
        ),
        (
            "TENANT.MIGRATE acme-corp TARGET cluster2:6379 MODE incremental",
            ["migrate", "--target=cluster2:6379", "--mode=incremental", "--", "acme-corp"]
        ),
        (
            "TENANT.MIGRATE.CUTOVER mig_abc123 DNS acme-corp.ferrite.example.com",
            ["cutover", "--dns=acme-corp.ferrite.example.com", "--", "mig_abc123"]
        ),
        (
            "TENANT.MIGRATE.VALIDATE acme-corp TARGET cluster2:6379",
            ["validate", "--target=cluster2:6379", "--", "acme-corp"]
        ),
        ("TENANT.MIGRATE.VERIFY mig_abc123", ["verify", "--", "mig_abc123"]),
        (
            #"TENANT.MIGRATE.CUTOVER mig_abc123 SCHEDULED "2024-01-16T02:00:00Z""#,
            ["cutover", "--scheduled=2024-01-16T02:00:00Z", "--", "mig_abc123"]
        ),
        ("TENANT.MIGRATE.STATUS ALL --all WATCH", ["status", "--all", "--watch", "--", "ALL"]),
        ("TENANT.MIGRATE.CUTOVER mig_abc123 RETRY", ["cutover", "--retry", "--", "mig_abc123"]),
    ])
    func theSeedsCommands(line: String, arguments: [String]) throws {
        for line in [line, line.replacing("TENANT.MIGRATE", with: "tenant.Migrate")] {
            #expect(try request(line) == .command(arguments))
        }
    }

    /// And those that it has not.
    @Test func theSeedsOtherCommands() throws {
        let own = "is a command of the server's own"
        #expect(try refusal("TENANT.RESTORE acme-corp BACKUP backup_20240115").contains("TENANT.RESTORE \(own)"))
        #expect(try refusal("TENANT.THROTTLE acme-corp OPS 1000").contains("TENANT.THROTTLE \(own)"))
        #expect(try refusal("ferrite-cli -h target-cluster INFO replication").contains("no verb 'ferrite-cli'"))
        let update = "TENANT.MIGRATE.UPDATE mig_abc123 PARALLEL 8"
        if try Self.language().verb("update") != nil {
            #expect(try request(update) == .command(["update", "--parallel=8", "--", "mig_abc123"]))
        } else {
            #expect(try refusal(update).contains("there is no verb 'TENANT.MIGRATE.UPDATE'"))
        }
    }

    /// A word is an option's name wherever it stands, unless it is quoted or another option's value.
    @Test(arguments: [
        ("TENANT.MIGRATE target h:1 acme", ["migrate", "--target=h:1", "--", "acme"]),
        (#"TENANT.MIGRATE "target" TARGET h:1"#, ["migrate", "--target=h:1", "--", "target"]),
        ("TENANT.MIGRATE 'MODE' mode live", ["migrate", "--mode=live", "--", "MODE"]),
        ("TENANT.MIGRATE acme TARGET MODE", ["migrate", "--target=MODE", "--", "acme"]),
        (#"TENANT.MIGRATE acme TARGET "MODE""#, ["migrate", "--target=MODE", "--", "acme"]),
        (#"TENANT.MIGRATE "--replace""#, ["migrate", "--", "--replace"]),
        ("TENANT.MIGRATE acme PARALLEL -1", ["migrate", "--parallel=-1", "--", "acme"]),
        ("tenant.migrate acme --replace --mode=live", ["migrate", "--replace", "--mode=live", "--", "acme"]),
        (
            "tenant.migrate acme --target MODE batch-size 5",
            ["migrate", "--target=MODE", "--batch-size=5", "--", "acme"]
        ),
        ("tenant.migrate acme Batch_Size 5", ["migrate", "--batch-size=5", "--", "acme"]),
        ("tenant.migrate acme --frobnicate", ["migrate", "--frobnicate", "--", "acme"]),
        ("tenant.migrate.status help", ["status", "--", "help"]),
    ])
    func namesAndValues(line: String, arguments: [String]) throws {
        #expect(try request(line) == .command(arguments))
    }

    /// The tool's own verbs are what they are in a shell, in any letter case.
    @Test(arguments: [
        ("migrate target --target h:1", ["migrate", "target", "--target", "h:1"]),
        ("STATUS ALL --watch", ["status", "ALL", "--watch"]), ("--version", ["--version"]),
        (#"cutover "FORCE""#, ["cutover", "FORCE"]),
    ])
    func theToolsOwnVerbs(line: String, arguments: [String]) throws {
        #expect(try request(line) == .command(arguments))
    }

    @Test(arguments: [
        ("TENANT.MIGRATE acme TARGET", "TARGET needs a value: <url>"),
        ("TENANT.MIGRATE acme TARGET h:1 PARALEL 4", "unknown option 'PARALEL' (did you mean PARALLEL?); see help m"),
        ("TENANT.MIGRATE.STATUS mig_1 xyzzy", "unknown option 'xyzzy'; see help status"),
        ("TENANT.MIGRATE.STATSU mig_1", "(did you mean TENANT.MIGRATE.STATUS?)"),
        ("TENANT.MIGRAET acme", "(did you mean TENANT.MIGRATE?)"),
        ("TENANT.MIGRATE.WORKER mig_1", "there is no verb"), ("TENANT.MIGRATE. a", "there is no verb"),
        ("TENANT.MIGRATE.MIGRATE a", "there is no verb"), ("TENANT.MIGRATE.REPL", "there is no verb"),
        ("worker mig_1 --journal /", "there is no verb 'worker'"), ("supervisor", "there is no verb"),
        ("statsu ALL", "there is no verb 'statsu' (did you mean status?)"), ("repl", "this is the prompt already"),
        ("quit now", "quit takes no arguments"), ("help status now", "help takes one verb"),
        ("help nothing", "there is no verb 'nothing'"),
    ])
    func whatIsRefused(line: String, words: String) throws {
        let message = try refusal(line)
        #expect(message.contains(words), "\(message)")
        #expect(!message.contains("\n"))
    }

    @Test(arguments: ["quit", "EXIT", #"\q"#]) func theEnd(line: String) throws { #expect(try request(line) == .end) }

    @Test func help() throws {
        #expect(try request("help") == .help(verb: nil))
        for line in ["help status", #"\h STATUS"#, "HELP tenant.migrate.status"] {
            #expect(try request(line) == .help(verb: "status"))
        }
        #expect(try request("# nothing") == .nothing)
    }

    @Test func whatWasGivenToTheReplHoldsForEachLine() throws {
        let language = try Self.language([("journal", "/a b"), ("format", "json")])
        #expect(try request("status ALL", language) == .command(["status", "--journal=/a b", "--format=json", "ALL"]))
        #expect(
            try request("TENANT.MIGRATE.STATUS ALL FORMAT raw", language)
                == .command(["status", "--journal=/a b", "--format=raw", "--", "ALL"])
        )
        #expect(
            try request("status ALL --format raw --journal=/c", language)
                == .command(["status", "ALL", "--format", "raw", "--journal=/c"])
        )
    }

    @Test func flagsThatWereGivenToTheReplHold() throws {
        let language = try Self.language([("watch", "true"), ("force", "false")])
        #expect(try request("status ALL", language) == .command(["status", "--watch", "ALL"]))
        #expect(try request("status ALL --watch", language) == .command(["status", "ALL", "--watch"]))
        #expect(try request("cutover mig_1", language) == .command(["cutover", "mig_1"]))
    }

    /// Whatever is a verb on the command line is one here and is explained.
    @Test func everyVerbIsThere() throws {
        let language = try Self.language()
        let shown = FerriteMigrate.configuration.subcommands.filter { $0.configuration.shouldDisplay }
            .compactMap { $0.configuration.commandName }.filter { $0 != "repl" }
        #expect(language.verbs.map(\.commandName) == shown)
        let help = PromptHelp(language: language)
        for verb in language.verbs {
            #expect(help.overview.contains("  \(verb.commandName) "))
            #expect(help.overview.contains(verb.abstract ?? "?"))
        }
        #expect(help.overview.contains("  TENANT.MIGRATE <tenant> [SOURCE <url>] [TARGET <url>]"))
        #expect(help.overview.contains("  TENANT.MIGRATE.STATUS <id|ALL> [WATCH]"))
        #expect(help.overview.split(separator: "\n").filter { $0.contains("TENANT") }.allSatisfy { $0.count <= 80 })
    }
}
