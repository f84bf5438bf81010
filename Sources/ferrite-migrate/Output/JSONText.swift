import FoundationEssentials

/// Writes JSON with the fields in their order, on one line. Text is the only thing here that needs escaping.
enum JSONText {
    static func object(_ fields: [OutputField]) -> String {
        let members = fields.filter { $0.audience != .people }.map { "\(string($0.name)):\(value($0.value))" }
        return "{\(members.joined(separator: ","))}"
    }

    static func value(_ value: OutputValue) -> String {
        switch value {
        case .text(let text), .state(let text): string(text)
        case .number(let number): String(number)
        case .decimal(let number), .percent(let number): decimal(number)
        case .exact(let number): Int(exactly: number).map(String.init) ?? (number.isFinite ? "\(number)" : "null")
        case .flag(let flag): flag ? "true" : "false"
        case .date(let date): string(date.formatted(.iso8601))
        case .array(let values): "[\(values.map(Self.value).joined(separator: ","))]"
        case .object(let fields): object(fields)
        }
    }

    /// Three decimals at most, none where the number is whole.
    static func decimal(_ number: Double) -> String {
        guard number.isFinite else { return "null" }
        let rounded = (number * 1000).rounded() / 1000
        return Int(exactly: rounded).map(String.init) ?? "\(rounded)"
    }

    /// RFC 8259 section 7: quotes, backslashes and control characters are escaped, all else stands as it is.
    static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
