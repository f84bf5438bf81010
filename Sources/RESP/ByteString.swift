/// Bytes as a server holds them: a key, a value, an argument. Nothing assumes UTF-8.
package struct ByteString: Hashable, Sendable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    package init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    package init(_ text: String) {
        self.bytes = Array(text.utf8)
    }

    package init(_ number: some BinaryInteger) {
        self.init(String(number))
    }

    package var count: Int { bytes.count }

    /// The text, where the bytes are UTF-8; each broken sequence becomes U+FFFD. For replies known to be text.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package func hasPrefix(_ prefix: ByteString) -> Bool {
        bytes.starts(with: prefix.bytes)
    }
}

extension ByteString: ExpressibleByStringInterpolation {
    package init(stringLiteral value: String) {
        self.init(value)
    }
}

extension ByteString: Comparable {
    package static func < (left: ByteString, right: ByteString) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }
}

extension ByteString: CustomStringConvertible {
    /// Printable ASCII as it is, `\\`, and `\xNN` for every other byte: unambiguous, and safe on a terminal.
    package var description: String {
        var text = ""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\\"): text += "\\\\"
            case 0x20...0x7E: text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16)
                text += "\\x" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return text
    }

    /// Reads what `description` writes; nil where an escape is malformed.
    package init?(escaped text: String) {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "\\"): bytes.append(UInt8(ascii: "\\"))
            case UInt8(ascii: "x"):
                guard let value = UInt8(hexadecimal: rest.prefix(2)) else { return nil }
                bytes.append(value)
                rest.removeFirst(2)
            default: return nil
            }
        }
        self.init(bytes)
    }
}

extension UInt8 {
    /// Reads two hexadecimal digits and nothing else.
    package init?(hexadecimal digits: some Collection<UInt8>) {
        guard digits.count == 2, !digits.contains(where: { $0 == 0x2B || $0 == 0x2D }) else { return nil }
        self.init(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}

extension ByteString: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = ByteString(escaped: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a malformed \\x escape")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
