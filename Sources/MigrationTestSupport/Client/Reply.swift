/// A server's answer. Maps and sets of RESP3 become flat arrays, as RESP2 would send them.
package indirect enum Reply: Equatable, Sendable {
    case simple(Bytes)
    case error(String)
    case integer(Int)
    case double(Double)
    case boolean(Bool)
    case bulk(Bytes)
    case array([Reply])
    case push([Reply])
    case null

    /// The bytes of a bulk or simple string.
    package var bytes: Bytes? {
        switch self {
        case .bulk(let bytes), .simple(let bytes): bytes
        default: nil
        }
    }

    /// A string answer as text; bytes that are not UTF-8 are replaced.
    package var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }

    /// An integer, also when it was sent as a string.
    package var integer: Int? {
        switch self {
        case .integer(let number): number
        case .bulk, .simple: text.flatMap { Int($0) }
        default: nil
        }
    }

    /// A floating point number, also when it was sent as a string (`inf` and `-inf` included).
    package var double: Double? {
        switch self {
        case .double(let number): number
        case .integer(let number): Double(number)
        default: text.flatMap { Double($0) }
        }
    }

    package var array: [Reply]? {
        switch self {
        case .array(let elements), .push(let elements): elements
        default: nil
        }
    }

    package var errorText: String? {
        if case .error(let text) = self { text } else { nil }
    }

    /// The value that follows `name` in a flat list of names and values.
    package subscript(field name: String) -> Reply? {
        guard let elements = array else { return nil }
        let wanted = Bytes(name.utf8)
        for index in stride(from: 0, to: elements.count - 1, by: 2) where elements[index].bytes == wanted {
            return elements[index + 1]
        }
        return nil
    }
}
