/// Keys and values are bytes: nothing here assumes UTF-8.
package typealias Bytes = [UInt8]

/// What may stand in a command: text, bytes and numbers.
package protocol RESPArgument {
    var argumentBytes: Bytes { get }
}

extension String: RESPArgument {
    package var argumentBytes: Bytes { Bytes(utf8) }
}

extension Int: RESPArgument {
    package var argumentBytes: Bytes { Bytes(String(self).utf8) }
}

extension Bytes: RESPArgument {
    package var argumentBytes: Bytes { self }
}

extension Bytes {
    /// The bytes as text for a message: printable ASCII as it is, everything else as `\xNN`.
    package var printable: String {
        var text = ""
        for byte in self {
            if byte >= 0x20, byte < 0x7f, byte != UInt8(ascii: "\\") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16)
                text += "\\x" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return text
    }

    /// The bytes with every character that is special in a glob pattern escaped.
    package var globEscaped: Bytes {
        let special = Bytes("*?[]\\".utf8)
        return flatMap { special.contains($0) ? [UInt8(ascii: "\\"), $0] : [$0] }
    }
}

/// Commands in wire form, to be sent in one go.
package struct RequestBuffer: Sendable {
    package private(set) var bytes: Bytes = []
    /// How many replies the commands will bring.
    package private(set) var count = 0

    package init() {}

    package mutating func append(_ arguments: [Bytes]) {
        appendHeader(UInt8(ascii: "*"), arguments.count)
        for argument in arguments {
            appendHeader(UInt8(ascii: "$"), argument.count)
            bytes.append(contentsOf: argument)
            bytes.append(contentsOf: Self.lineEnd)
        }
        count += 1
    }

    package mutating func append(_ arguments: any RESPArgument...) {
        append(arguments.map(\.argumentBytes))
    }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        count = 0
    }

    private static let lineEnd = Bytes("\r\n".utf8)

    private mutating func appendHeader(_ kind: UInt8, _ number: Int) {
        bytes.append(kind)
        bytes.append(contentsOf: String(number).utf8)
        bytes.append(contentsOf: Self.lineEnd)
    }
}
