import MigrationCore
import RESP
import Testing

@testable import MigrationEngine

/// What the feed tells of the commands on watched keys, however their bytes are cut.
@Suite struct WatchedStreamTests {
    /// `SET k`, and for a watched key what follows it: `HSET k [f 1]`.
    private func told(_ bytes: [UInt8], watching keys: [String], piece: Int) throws -> [String] {
        let watched = WatchedKeys()
        for key in keys { watched.insert(BigKey(database: 0, key: ByteString(key)).hash) }
        var stream = ReplicationStream(prefix: "t:", database: 0, offset: 0, watched: watched)
        var told: [String] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            var touches = Touches()
            let part = Array(bytes[start..<min(start + piece, bytes.count)])
            try part.span.bytes.withUnsafeBytes { (bytes) throws(RESPError) in
                try stream.consume(bytes, into: &touches)
            }
            for (index, touch) in touches.touches.enumerated() {
                var words = "\(touch.commandName) \(touches.key(index))"
                if let detail = touches.details[index] {
                    words += "@\(detail.position) [\(detail.arguments.map(Self.text).joined(separator: " "))]"
                }
                told.append(words)
            }
            if stream.boundary == stream.offset { continue }
            #expect(stream.boundary < stream.offset)
        }
        return told
    }

    private static func text(_ argument: CommandArgument) -> String {
        argument.bytes.map { String(decoding: $0, as: UTF8.self) } ?? "<\(argument.length)>"
    }

    @Test(arguments: [1, 7, 64, 1 << 20]) func argumentsComeWithTheTouch(piece: Int) throws {
        let bytes = streamBytes(
            "SELECT 0",
            "HSET t:big f t:value",
            "HSET t:small f 1",
            "SMOVE t:small t:big m",
            "SMOVE t:big t:big m",
            "PUBLISH t:big x",
            "DEL t:big",
            "COPY t:big t:small DB 0"
        )
        #expect(
            try told(bytes, watching: ["t:big"], piece: piece) == [
                "HSET t:value", "HSET t:big@0 [f t:value]", "HSET t:small", "SMOVE t:small", "SMOVE t:big@1 [m]",
                "SMOVE t:big@0 [t:big m]", "SMOVE t:big@1 [m]", "DEL t:big@0 []", "COPY t:small", "COPY t:small",
                "COPY t:big@0 [t:small DB 0]", "COPY t:big@\(Int.max) []",
            ]
        )
    }

    @Test(arguments: [1000, 1 << 20]) func longArgumentsAreOnlyCounted(piece: Int) throws {
        let long = String(repeating: "x", count: 20_000)
        let bytes = streamBytes("SETRANGE t:big 5 \(long)", "HSET t:big f \(long) g 1")
        #expect(
            try told(bytes, watching: ["t:big"], piece: piece) == [
                "SETRANGE t:big@0 [5 <20000>]", "HSET t:big@0 [f <20000> g 1]",
            ]
        )
    }

    @Test func aCommandWithTooMuchIsToldWithoutDetail() throws {
        let many = (0..<20_002).map { "m\($0)" }.joined(separator: " ")
        let bytes = streamBytes("SADD t:big \(many)", "SADD t:big m")
        #expect(try told(bytes, watching: ["t:big"], piece: 4096) == ["SADD t:big", "SADD t:big@0 [m]"])
    }

    @Test func nothingIsToldOfOthers() throws {
        #expect(try told(streamBytes("HSET t:big f 1"), watching: [], piece: 9) == ["HSET t:big"])
    }
}
