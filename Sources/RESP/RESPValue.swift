/// One whole reply of a control command. RESP2 and RESP3 spellings of the same thing become the same value, because
/// some servers send RESP3 types without being asked. The copy path never builds these.
package enum RESPValue: Equatable, Sendable {
    case string(ByteString)
    /// The server's error line, without the leading `-`: `NOPERM this user has no permissions …`.
    case error(String)
    case integer(Int)
    case double(Double)
    case boolean(Bool)
    case null
    case array([RESPValue])
    /// Key, value, key, value, …
    case map([RESPValue])
    case push([RESPValue])
}

extension RESPValue {
    package var bytes: ByteString? {
        switch self {
        case .string(let value): value
        case .integer(let number): ByteString(number)
        default: nil
        }
    }

    package var text: String? { bytes?.text }

    package var integer: Int? {
        switch self {
        case .integer(let number): number
        case .string(let value): Int(value.text)
        case .boolean(let flag): flag ? 1 : 0
        default: nil
        }
    }

    package var number: Double? {
        switch self {
        case .double(let number): number
        case .integer(let number): Double(number)
        case .string(let value): Double(value.text)
        default: nil
        }
    }

    /// The elements of an array, set or push, or a map's keys and values in turn: RESP2 sends maps so.
    package var elements: [RESPValue]? {
        switch self {
        case .array(let values), .map(let values), .push(let values): values
        default: nil
        }
    }

    /// The value beside `key`, in a map or in RESP2's flat array of pairs.
    package subscript(key: String) -> RESPValue? {
        guard let elements else { return nil }
        for index in stride(from: 0, to: elements.count - 1, by: 2) where elements[index].text == key {
            return elements[index + 1]
        }
        return nil
    }

    package var isOK: Bool { self == .string("OK") }
}
