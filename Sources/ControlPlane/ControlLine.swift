import FoundationEssentials
import MigrationCore
import NIOCore

/// Requests and replies as lines of JSON.
enum ControlLine {
    /// Bytes of a request, the newline excluded.
    static let maximumRequest = 1 << 20
    /// A reply may list ten thousand differences with the keys' names.
    static let maximumReply = 64 << 20

    static func encode(_ value: some Encodable) throws -> ByteBuffer {
        var buffer = ByteBuffer(bytes: try MigrationJSON.encoder().encode(value))
        buffer.writeInteger(UInt8(ascii: "\n"))
        return buffer
    }

    static func decode<Value: Decodable>(_ type: Value.Type, from line: ByteBuffer) -> Value? {
        try? MigrationJSON.decoder().decode(type, from: Data(line.readableBytesView))
    }

    /// Takes bytes until a line is whole.
    struct Collector {
        enum Progress {
            case more
            case line(ByteBuffer)
            case tooLong
        }

        private let maximum: Int
        private var buffer = ByteBuffer()

        init(maximum: Int) {
            self.maximum = maximum
        }

        mutating func take(_ bytes: ByteBuffer) -> Progress {
            let searched = buffer.readableBytes
            buffer.writeImmutableBuffer(bytes)
            let view = buffer.readableBytesView
            let new = view[(view.startIndex + searched)...]
            guard let end = new.firstIndex(of: UInt8(ascii: "\n")) else {
                return buffer.readableBytes > maximum ? .tooLong : .more
            }
            let length = end - view.startIndex
            guard length <= maximum, let line = buffer.readSlice(length: length) else { return .tooLong }
            return .line(line)
        }
    }
}
