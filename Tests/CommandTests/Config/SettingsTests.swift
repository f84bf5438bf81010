import MigrationCore
import Testing

@testable import ferrite_migrate

@Suite struct SettingsTests {
    private let file: [Setting: LocatedValue] = [
        .parallel: LocatedValue(value: .number(2), origin: .file(path: "f", line: 1)),
        .batchSize: LocatedValue(value: .number(20), origin: .file(path: "f", line: 2)),
        .timeout: LocatedValue(value: .number(200), origin: .file(path: "f", line: 3)),
    ]

    @Test func laterLayersWin() throws {
        let environment = Environment(["FERRITE_MIGRATE_BATCH_SIZE": "30", "FERRITE_MIGRATE_TIMEOUT": "300"])
        let option = try Setting.timeout.parse("400", origin: .option)
        let settings = Settings(layers: [file, try environment.settings(), [.timeout: option]])
        let transfer = try settings.transferOptions()
        #expect(transfer == (try TransferOptions(parallel: 2, batchSize: 30, timeoutSeconds: 400)))
        #expect(settings.origin(.timeout) == .option)
    }

    @Test func defaultsStandWhereNothingIsSet() throws {
        let settings = Settings(layers: [])
        #expect(try settings.transferOptions() == TransferOptions())
        #expect(try settings.cutoverOptions(force: true) == CutoverOptions(force: true))
        #expect(settings.text(.source) == nil)
    }

    @Test func anEmptyVariableIsNotSet() throws {
        #expect(try Environment(["FERRITE_MIGRATE_PARALLEL": ""]).settings().isEmpty)
    }

    @Test func aVariableThatIsNoneIsNamed() {
        let environment = Environment([
            "FERRITE_MIGRATE_PARALELL": "3", "FERRITE_MIGRATE_WHATEVER": "1", "FERRITE_MIGRATE_EMPTY": "", "HOME": "/",
            "FERRITE_MIGRATE_FEED": "auto", "FERRITE_MIGRATE_FAILPOINT": "x", "FERRITE_MIGRATE_CONFIG": "f",
        ])
        #expect(
            environment.unknown == [
                "FERRITE_MIGRATE_PARALELL is no variable of this program; it does not count; did you mean "
                    + "FERRITE_MIGRATE_PARALLEL?",
                "FERRITE_MIGRATE_WHATEVER is no variable of this program; it does not count",
            ],
            "\(environment.unknown)"
        )
    }

    @Test func everyNameIsUnique() {
        let variables = Setting.allCases.map(\.variable)
        let options = Setting.allCases.compactMap(\.option)
        #expect(Set(variables).count == variables.count)
        #expect(Set(options).count == options.count)
        #expect(Setting.batchSize.variable == "FERRITE_MIGRATE_BATCH_SIZE")
        #expect(Setting.sourcePassword.variable == "FERRITE_MIGRATE_SOURCE_PASSWORD")
        #expect(Setting.timeout.variable == "FERRITE_MIGRATE_TIMEOUT")
    }

    @Test(arguments: [
        (Setting.parallel, "0", "--parallel cannot be '0': allowed is a number from 1 to 64"),
        (.parallel, "65", "--parallel cannot be '65': allowed is a number from 1 to 64"),
        (.batchSize, "-1", "--batch-size cannot be '-1': allowed is a number from 1 to 100000"),
        (.timeout, "x", "--timeout cannot be 'x': allowed is a number from 1 to 2592000"),
        (
            .timeout, "99999999999999999999",
            "--timeout cannot be '99999999999999999999': "
                + "allowed is a number from 1 to 2592000"
        ),
        (.maxPause, "9", "--max-pause cannot be '9': allowed is a number from 10 to 600000"),
        (
            .databases, "1,,2",
            "--db cannot be '1,,2': allowed is a list of numbers such as 0,3, "
                + "each from 0 to 2147483647"
        ),
        (.format, "xml", "--format cannot be 'xml': allowed is raw, pretty, json"),
        (.fence, "\u{1B}[31m", "--fence cannot be '\\x1b[31m': allowed is acl, pause, none"),
    ])
    func namesTheRange(setting: Setting, text: String, message: String) {
        #expect(throws: CommandFailure(.usage, message)) { try setting.parse(text, origin: .option) }
    }

    @Test func aWrongVariableIsAMatterOfConfiguration() {
        let environment = Environment(["FERRITE_MIGRATE_PARALLEL": "0"])
        let message = "FERRITE_MIGRATE_PARALLEL cannot be '0': allowed is a number from 1 to 64"
        #expect(throws: CommandFailure(.configuration, message)) { try environment.settings() }
    }

    @Test(arguments: [("1", 1), ("90s", 90), ("30m", 1800), ("2H", 7200), ("24h", 86_400), ("0600", 600)])
    func durations(text: String, seconds: Int) throws {
        #expect(try Setting.window.parse(text, origin: .option).value == .number(seconds))
    }

    @Test(arguments: ["0", "-1", "25h", "1.5h", "m", "1d", "30 m", "", "99999999999999999h", "３0"])
    func noDurations(text: String) {
        let message =
            "--window cannot be '\(Setting.seconds(text).map(String.init) ?? text)': allowed is a number of seconds from 1 to "
            + "86400, also as 90s, 30m or 2h"
        #expect(throws: CommandFailure(.usage, message)) { try Setting.window.parse(text, origin: .option) }
    }

    @Test func databasesAreAList() throws {
        let value = try Setting.databases.parse("3, 0", origin: .option)
        #expect(value.value == .numbers([3, 0]))
    }
}
