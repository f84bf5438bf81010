import Testing

@testable import ferrite_migrate

@Suite struct PromptCompletionTests {
    private static let language = Result { CommandLanguage(try HelpDump.current()) }

    private static let common = [
        "--config", "--journal", "--format", "--color", "--log-format", "--quiet", "--verbose",
    ]

    /// `--log-format` as the seed would write it.
    private static func word(_ option: String) -> String {
        option.dropFirst(2).uppercased().replacing("-", with: "_")
    }

    private func candidates(_ text: String) throws -> Candidates {
        let names = KnownNames(ids: { ["mig_11", "mig_12"] }, tenants: { ["acme", "a b", "target"] })
        return PromptCompletion(language: try Self.language.get(), names: names).candidates(text)
    }

    private func words(_ text: String) throws -> [String] {
        guard case .words(let words) = try candidates(text) else { return ["files"] }
        return words
    }

    @Test(arguments: [
        ("stat", ["status"]), ("STAT", ["status"]), ("tenant.migrate.st", ["TENANT.MIGRATE.STATUS"]), ("hel", ["help"]),
        ("qu", ["quit"]), ("wor", []), ("rep", []), ("help cut", ["cutover"]), ("help status x", []),
        ("help TENANT.MIGRATE.PA", ["TENANT.MIGRATE.PAUSE"]),
    ])
    func verbs(text: String, expected: [String]) throws { #expect(try words(text) == expected) }

    @Test(arguments: [
        ("status m", ["mig_11", "mig_12"]), ("status mig_12", ["mig_12"]), ("status A", ["ALL"]),
        ("status ", ["mig_11", "mig_12", "ALL"]), ("pause ", ["mig_11", "mig_12"]), ("cutover mig_11 m", []),
        ("migrate ac", ["acme"]), ("migrate ", ["acme", #""a b""#, "target"]),
        (#"migrate "a"#, [#""acme""#, #""a b""#]),
        // A tenant that is named as an option is must be quoted among words.
        ("TENANT.MIGRATE t", [#""target""#]), ("TENANT.MIGRATE TARGET h:1 t", [#""target""#]),
        ("TENANT.MIGRATE ti", ["TIMEOUT"]),
        ("TENANT.MIGRATE.CUTOVER m", ["mig_11", "mig_12"]), ("TENANT.MIGRATE.CUTOVER max_l", ["MAX_LAG"]),
        ("TENANT.MIGRATE ", ["acme", #""a b""#, #""target""#]),
    ])
    func tenantsAndIDs(text: String, expected: [String]) throws { #expect(try words(text) == expected) }

    @Test(arguments: [
        ("status mig_11 --wa", ["--watch"]), ("status --wa", ["--watch"]), ("status --watch --wa", []),
        ("status --", ["--all", "--watch"] + Self.common), ("status mig_11 ", ["--all", "--watch"] + Self.common),
        ("status mig_11 --format ", ["raw", "pretty", "json"]), ("status mig_11 --format j", ["json"]),
        ("status mig_11 --format=p", ["--format=pretty"]), ("status mig_11 --parallel=", []),
        ("migrate acme --target ", []), ("migrate acme --db 1 --d", ["--dirty-limit", "--db"]),
        ("TENANT.MIGRATE acme PAR", ["PARALLEL"]), ("tenant.migrate acme batch", ["BATCH_SIZE"]),
        ("TENANT.MIGRATE acme TARGET ", []),
        (
            "TENANT.MIGRATE acme TARGET h:1 TARG",
            [
                "TARGET_USER", "TARGET_PASSWORD_FILE", "TARGET_PASSWORD_COMMAND", "TARGET_KEY_PASSPHRASE_FILE",
                "TARGET_CACERT", "TARGET_CERT", "TARGET_KEY", "TARGET_SNI", "TARGET_INSECURE", "TARGET_TLS_MIN",
            ]
        ),
        ("TENANT.MIGRATE acme FEED n", ["notifications"]),
        ("TENANT.MIGRATE.STATUS ALL ", ["WATCH"] + Self.common.map(Self.word)),
        ("TENANT.MIGRATE.STATUS ALL --for", ["--format"]), ("frobnicate ", []),
        ("status \"mig", ["\"mig_11\"", "\"mig_12\""]),
        ("status # ", []), ("status \"a ", []), ("status ALL --format raw # --w", []),
    ])
    func optionsAndValues(text: String, expected: [String]) throws { #expect(try words(text) == expected) }

    @Test func files() throws {
        #expect(try candidates("status ALL --config a/b") == .files(opening: "", path: "a/b"))
        #expect(try candidates("status ALL --config=a/b") == .files(opening: "--config=", path: "a/b"))
        #expect(try candidates("TENANT.MIGRATE x JOURNAL ") == .files(opening: "", path: ""))
    }

    /// Every option that the help of a verb shows can be completed, in both forms: as a word too, unless that word is a
    /// value already (`STATUS ALL`).
    @Test func everyOption() throws {
        let language = try Self.language.get()
        for (word, verb) in language.seedVerbs {
            for name in verb.namedArguments.flatMap(\.longNames) {
                #expect(try words("\(verb.commandName) x --\(name)").contains("--\(name)"))
            }
            for name in verb.wordArguments.flatMap(\.longNames) {
                #expect(try words("\(word) x \(name)").contains(CommandLanguage.keyword(name)))
            }
        }
    }
}
