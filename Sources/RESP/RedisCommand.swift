/// A command and its arguments, as they go over the wire: always an array of bulk strings.
package struct RedisCommand: Equatable, Sendable {
    package var arguments: [ByteString]

    package init(_ arguments: [ByteString]) {
        self.arguments = arguments
    }

    package init(_ arguments: ByteString...) {
        self.arguments = arguments
    }

    /// The command's name for messages; never its arguments, which may be secrets.
    package var name: String { arguments.first?.text.uppercased() ?? "" }

    package func encode(into buffer: inout [UInt8]) {
        Self.appendLine(UInt8(ascii: "*"), arguments.count, to: &buffer)
        for argument in arguments {
            Self.appendLine(UInt8(ascii: "$"), argument.count, to: &buffer)
            buffer.append(contentsOf: argument.bytes)
            buffer.append(0x0D)
            buffer.append(0x0A)
        }
    }

    package var encoded: [UInt8] {
        var buffer: [UInt8] = []
        encode(into: &buffer)
        return buffer
    }

    private static func appendLine(_ type: UInt8, _ number: Int, to buffer: inout [UInt8]) {
        buffer.append(type)
        buffer.append(contentsOf: String(number).utf8)
        buffer.append(0x0D)
        buffer.append(0x0A)
    }
}
