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
        buffer.appendLine(UInt8(ascii: "*"), arguments.count)
        for argument in arguments { argument.bytes.withUnsafeBytes { buffer.appendBulk($0) } }
    }

    package var encoded: [UInt8] {
        var buffer: [UInt8] = []
        encode(into: &buffer)
        return buffer
    }
}

extension [UInt8] {
    /// Appends `$len\r\n…\r\n`.
    package mutating func appendBulk(_ bytes: UnsafeRawBufferPointer) {
        appendLine(UInt8(ascii: "$"), bytes.count)
        append(contentsOf: bytes)
        append(0x0D)
        append(0x0A)
    }

    /// Appends a type byte, a number and CRLF.
    fileprivate mutating func appendLine(_ type: UInt8, _ number: Int) {
        append(type)
        append(contentsOf: String(number).utf8)
        append(0x0D)
        append(0x0A)
    }
}
