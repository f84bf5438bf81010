import MigrationCore

/// What a setting was set to.
enum SettingValue: Equatable, Sendable {
    case text(String)
    case flag(Bool)
    case number(Int)
    case numbers([Int])

    /// As it is written in the environment.
    var text: String {
        switch self {
        case .text(let text): text
        case .flag(let flag): "\(flag)"
        case .number(let number): "\(number)"
        case .numbers(let numbers): numbers.map(String.init).joined(separator: ",")
        }
    }
}

/// Where a value was given; errors name it, and of two values the one from the later case wins.
enum SettingOrigin: Equatable, Sendable {
    case file(path: String, line: Int?)
    case environment
    case option

    var rank: Int {
        switch self {
        case .file: 0
        case .environment: 1
        case .option: 2
        }
    }

    /// The exit code where the value is wrong.
    var status: ExitReason {
        switch self {
        case .file, .environment: .configuration
        case .option: .usage
        }
    }
}

struct LocatedValue: Equatable, Sendable {
    let value: SettingValue
    let origin: SettingOrigin
}

extension Setting {
    /// Reads the value from text, as it stands in the environment or on the command line.
    func parse(_ text: String, origin: SettingOrigin) throws(CommandFailure) -> LocatedValue {
        let value: SettingValue? =
            switch kind {
            case .text, .secret, .choice, .listenAddress: .text(text)
            case .flag: Self.flag(text).map { .flag($0) }
            case .number: Int(text).map { .number($0) }
            case .bytes: Self.bytes(text).map { .number($0) }
            case .duration: Self.seconds(text).map { .number($0) }
            case .numbers: Self.numbers(text).map { .numbers($0) }
            }
        guard let value else { throw wrong(text, origin) }
        return try check(value, origin: origin)
    }

    /// Checks the range; `value` must be of the setting's kind.
    func check(_ value: SettingValue, origin: SettingOrigin) throws(CommandFailure) -> LocatedValue {
        let isAllowed =
            switch (kind, value) {
            case (.text, .text(let text)): !text.isEmpty
            case (.secret, .text), (.flag, .flag): true
            case (.choice(let choices), .text(let text)): choices.contains(text)
            case (.listenAddress, .text(let text)): text == Self.none || ListenAddress(parsing: text) != nil
            case (.number(let range), .number(let number)), (.bytes(let range), .number(let number)),
                (.duration(let range), .number(let number)):
                range.contains(number)
            case (.numbers(let range), .numbers(let numbers)):
                !numbers.isEmpty && numbers.allSatisfy { range.contains($0) }
            default: false
            }
        guard isAllowed else { throw wrong(value.text, origin) }
        return LocatedValue(value: value, origin: origin)
    }

    /// The one line of a value that cannot be.
    func wrong(_ text: String, _ origin: SettingOrigin) -> CommandFailure {
        CommandFailure(
            origin.status,
            "\(place(origin)) cannot be '\(CommandFailure.printable(text))': allowed is \(allowed)"
        )
    }

    /// How an operator finds the value again.
    func place(_ origin: SettingOrigin) -> String {
        switch origin {
        case .option: "--\(option ?? rawValue)"
        case .environment: variable
        case .file(let path, let line?): "\(path), line \(line): \(rawValue) in [\(table.rawValue)]"
        case .file(let path, nil): "\(path): \(rawValue) in [\(table.rawValue)]"
        }
    }

    var allowed: String {
        switch kind {
        case .text, .secret: "a text that is not empty"
        case .flag: "true or false"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .bytes(let range):
            "a number of bytes from \(range.lowerBound) to \(range.upperBound), also as 64mb or 1gb"
        case .duration(let range): Self.allowedSeconds(range)
        case .numbers(let range): "a list of numbers such as 0,3, each from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let choices): choices.joined(separator: ", ")
        case .listenAddress: ListenAddress.allowed
        }
    }

    /// Takes a setting back that the file or an earlier run has made.
    static let none = "none"

    private static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "true", "1", "yes", "on": true
        case "false", "0", "no", "off": false
        default: nil
        }
    }

    static func allowedSeconds(_ range: ClosedRange<Int>) -> String {
        "a number of seconds from \(range.lowerBound) to \(range.upperBound), also as 90s, 30m or 2h"
    }

    /// `90`, `90s`, `30m`, `2h` in seconds.
    static func seconds(_ text: String) -> Int? {
        number(text, units: ["": 1, "s": 1, "m": 60, "h": 3600])
    }

    /// `65536`, `64kb`, `64MB`, `1gb`: the units are the servers' own, of 1024.
    static func bytes(_ text: String) -> Int? {
        number(text, units: ["": 1, "b": 1, "kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30])
    }

    private static func number(_ text: String, units: [String: Int]) -> Int? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int(digits), let unit = units[text.dropFirst(digits.count).lowercased()] else { return nil }
        let (product, isTooLarge) = number.multipliedReportingOverflow(by: unit)
        return isTooLarge ? nil : product
    }

    private static func numbers(_ text: String) -> [Int]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in Int(part.filter { $0 != " " }) }
        return numbers.count == parts.count ? numbers : nil
    }
}
