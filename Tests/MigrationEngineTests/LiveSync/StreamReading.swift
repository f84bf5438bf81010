import MigrationCore
import RESP

@testable import MigrationEngine

/// What a stream's reader makes of bytes that come in pieces.
struct StreamReading: Equatable {
    /// `SET 0/__t:k @12`: command, database, key and offset of each touch.
    var touched: [String] = []
    var cleared: Set<Int> = []
    var doubted: Set<Int> = []
    var published: [ByteString] = []
    var database = 0
    var offset = 0
    var boundary = 0
    var ackRequested = false
    var error: RESPError?
    /// The most that the reader ever kept, beside what it said.
    private(set) var held = Held()

    /// Bytes that depend on how the pieces were cut, and so are left out of comparisons.
    struct Held: Equatable {
        var most = 0
        static func == (left: Held, right: Held) -> Bool { true }
    }

    init(
        _ pieces: some Sequence<[UInt8]>,
        prefix: ByteString = "__t:",
        database: Int = 0,
        offset: Int = 0,
        known: KnownCommands = KnownCommands()
    ) {
        var stream = ReplicationStream(prefix: prefix, database: database, offset: offset, known: known)
        do throws(RESPError) {
            for piece in pieces { try take(piece, &stream) }
        } catch {
            self.error = error
        }
        self.database = stream.database
        self.offset = stream.offset
        boundary = stream.boundary
        ackRequested = stream.ackRequested
        published = stream.published
    }

    private mutating func take(_ piece: [UInt8], _ stream: inout ReplicationStream) throws(RESPError) {
        var touches = Touches()
        try piece.span.bytes.withUnsafeBytes { (bytes) throws(RESPError) in try stream.consume(bytes, into: &touches) }
        for (index, touch) in touches.touches.enumerated() {
            let command = String(decoding: touch.command, as: UTF8.self)
            touched.append("\(command) \(touch.database)/\(touches.key(index)) @\(touch.offset)")
        }
        cleared.formUnion(touches.clearings.filter { !$0.isDoubt }.map(\.database))
        doubted.formUnion(touches.clearings.filter(\.isDoubt).map(\.database))
        held.most = max(held.most, Self.bytesHeld(in: stream))
    }

    private static func bytesHeld(in stream: ReplicationStream) -> Int {
        Mirror(reflecting: stream).children.reduce(0) { sum, child in
            switch child.value {
            case let bytes as [UInt8]: sum + bytes.count
            case let strings as [ByteString]: sum + strings.reduce(0) { $0 + $1.count }
            default: sum
            }
        }
    }
}

/// Commands as a primary sends them: `"SET __t:a 1"` is one, its words parted by spaces.
func streamBytes(_ commands: String...) -> [UInt8] {
    commands.flatMap { RedisCommand($0.split(separator: " ").map { ByteString(String($0)) }).encoded }
}
