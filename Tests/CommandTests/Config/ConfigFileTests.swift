import Foundation
import MigrationTestSupport
import Testing

@testable import ferrite_migrate

@Suite struct ConfigFileTests {
    /// The tables of the seed page, with a server's own tables around them.
    private static let seed = """
        [server]
        port = 6379

        [tenancy.migration]
        enabled = true
        max_concurrent = 5
        default_mode = "live"
        sync_timeout_secs = 3600
        cutover_max_lag = 1000  # Max lag in keys for cutover
        parallel_sync = 4
        batch_size = 1000

        [tenancy.migration.target_validation]
        verify_connectivity = true
        verify_capacity = true
        verify_version = false

        [tenancy.migration.client_handling]
        redirect_mode = "automatic"
        redirect_timeout_ms = 5000
        """

    private func failure(_ text: String) -> CommandFailure? {
        do {
            _ = try ConfigFile(path: "f.toml", text: text)
            return nil
        } catch {
            return error
        }
    }

    @Test func readsTheTablesOfTheSeed() throws {
        let file = try ConfigFile(path: "ferrite.toml", text: Self.seed)
        let settings = Settings(layers: [file.settings])
        #expect(file.warnings.isEmpty)
        #expect(settings.number(.maxConcurrent) == 5)
        #expect(settings.text(.mode) == "live")
        #expect(settings.number(.timeout) == 3600)
        #expect(settings.number(.maxLag) == 1000)
        #expect(settings.number(.parallel) == 4)
        #expect(settings.number(.batchSize) == 1000)
        #expect(settings.flag(.enabled) == true)
        #expect(settings.flag(.verifyVersion) == false)
        #expect(settings.text(.redirectMode) == "automatic")
        #expect(settings.number(.redirectTimeout) == 5000)
    }

    @Test func remembersTheLineOfAValue() throws {
        let file = try ConfigFile(path: "ferrite.toml", text: Self.seed)
        #expect(file.settings[.parallel]?.origin == .file(path: "ferrite.toml", line: 10))
        #expect(file.settings[.redirectMode]?.origin == .file(path: "ferrite.toml", line: 19))
    }

    @Test(arguments: [
        (
            "[tenancy.migration]\nparallel_sync = \"four\"",
            "f.toml, line 2: parallel_sync in [tenancy.migration] is a string: allowed is a number from 1 to 64"
        ),
        (
            "[tenancy.migration]\n\nparallel_sync = 0",
            "f.toml, line 3: parallel_sync in [tenancy.migration] cannot be '0': allowed is a number from 1 to 64"
        ),
        (
            "[tenancy.migration]\nenabled = 1",
            "f.toml, line 2: enabled in [tenancy.migration] is an integer: allowed is true or false"
        ),
        (
            "[tenancy.migration]\ndefault_mode = \"quick\"",
            "f.toml, line 2: default_mode in [tenancy.migration] cannot be 'quick': "
                + "allowed is live, fast, incremental"
        ),
        (
            "[tenancy.migration]\nsource_password = \"x\"",
            "f.toml, line 2: source_password in [tenancy.migration]: a password does not belong there; "
                + "set source_password_file or FERRITE_MIGRATE_SOURCE_PASSWORD"
        ),
        ("[tenancy]\nmigration = 3", "f.toml, line 2: [tenancy.migration] must be a table"),
        (
            "[tenancy.migration]\nsource = \"a:1,redis://u:hunter2@b:x\"",
            "f.toml, line 2: source in [tenancy.migration]: '…@b:x' is not a server's address: the port must be a number "
                + "from 1 to 65535; write host:port or redis://user@host:port/db"
        ),
        (
            "[tenancy.migration]\nkey_prefix_format = \"{id}\"",
            "f.toml, line 2: key_prefix_format in [tenancy.migration]: key_prefix_format '{id}' cannot be used: "
                + "a character such as ':' must follow the placeholder; the default is '__tenant:{tenant_id}:'"
        ),
        ("\ntenancy = 3", "f.toml, line 2: [tenancy] must be a table"),
        (
            "tenancy.migration.batch_size = 0",
            "f.toml, line 1: batch_size in [tenancy.migration] cannot be '0': allowed is a number from 1 to 100000"
        ),
    ])
    func refusesInOneLine(text: String, message: String) {
        #expect(failure(text) == CommandFailure(.configuration, message))
    }

    @Test(arguments: ["1800", "\"1800\"", "\"30m\""])
    func aDurationIsANumberOrAText(value: String) throws {
        let text = "[tenancy.migration]\ncutover_window_secs = \(value)"
        #expect(try ConfigFile(path: "f.toml", text: text).settings[.window]?.value == .number(1800))
        #expect(failure(text + "x")?.status == .configuration)
    }

    @Test func namesTheLineOfWhatIsNotTOML() {
        let failure = failure("[tenancy.migration]\nbatch_size = = 3\n")
        #expect(failure?.status == .configuration)
        #expect(failure?.message?.hasPrefix("f.toml, line 2: ") == true)
        #expect(failure?.message?.contains("\n") == false)
    }

    @Test func warnsOfKeysThatMeanNothingHere() throws {
        let file = try ConfigFile(path: "f.toml", text: "[tenancy.migration]\nparalel = 4\n[tenancy]\nmode = 1\n")
        #expect(file.settings.isEmpty)
        let words = "f.toml, line 2: [tenancy.migration] has no setting 'paralel'; it does not count"
        #expect(file.warnings == [words + "; did you mean parallel_sync?"])
    }

    @Test(arguments: [
        ("[tenancy.migration]\nmax_concurent = 4", "max_concurrent?"),
        ("[tenancy.migration]\nmod = 4", "default_mode?"),
        ("[tenancy.migration]\nverify_version = true", "verify_version in [tenancy.migration.target_validation]?"),
        ("[tenancy.migration.target_validaton]\nx = 1", "[tenancy.migration.target_validation]?"),
        ("[tenancy.migration]\nfrobnicate = 4", "it does not count"),
    ])
    func namesWhatWasMeant(text: String, words: String) throws {
        let warning = try #require(try ConfigFile(path: "f.toml", text: text).warnings.first)
        #expect(warning.hasSuffix(words), "\(warning)")
    }

    @Test func errorsAndWarningsStandInTheOrderOfTheLines() throws {
        let folder = try TemporaryFolder()
        let text = """
            [tenancy.migration.client_handling]
            redirect_mode = "manual"
            [tenancy]
            migration.nonsense = 1
            migration.enabled = "yes"
            migration.parallel_sync = 8
            """
        try text.write(toFile: folder.file("f.toml"), atomically: true, encoding: .utf8)
        let file = try ConfigFile.find(folder.file("f.toml"))
        #expect(file.findings.map(\.line) == [2, 4, 5])
        #expect(file.findings.map(\.severity) == [.error, .warning, .error])
        #expect(file.findings.map(\.key) == ["redirect_mode", "nonsense", "enabled"])
        #expect(file.settings[.parallel]?.origin == .file(path: folder.file("f.toml"), line: 6))
        let message = file.findings[0].message
        #expect(throws: CommandFailure(.configuration, message)) { try ConfigFile.load(folder.file("f.toml")) }
    }

    @Test func aSettingBelongsToItsOwnTable() throws {
        let file = try ConfigFile(path: "f.toml", text: "[tenancy.migration]\nverify_version = true\n")
        #expect(file.settings.isEmpty)
        #expect(file.warnings.count == 1)
    }

    @Test func aNamedFileMustBeThere() {
        #expect(throws: CommandFailure.self) { try ConfigFile.load("/nonexistent/f.toml") }
    }

    @Test func noDefaultFileIsNoError() throws {
        let file = try ConfigFile.load(nil, defaults: ["/nonexistent/f.toml"])
        #expect(file.settings.isEmpty && file.warnings.isEmpty)
    }
}
