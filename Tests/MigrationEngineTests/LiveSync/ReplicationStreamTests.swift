import MigrationCore
import MigrationTestSupport
import RESP
import Testing

@testable import MigrationEngine

@Suite struct ReplicationStreamTests {
    /// The commands, the touches that come of them, and in which database the stream then is.
    struct Script: Sendable, CustomTestStringConvertible {
        var commands: [String]
        var touched: [String] = []
        var cleared: Set<Int> = []
        /// Cleared, perhaps.
        var doubted: Set<Int> = []
        var database = 0
        var published: [ByteString] = []
        var ackRequested = false

        var testDescription: String { commands.joined(separator: "; ") }
        var bytes: [UInt8] { commands.flatMap { streamBytes($0) } }
    }

    static let scripts = [
        Script(commands: ["PING"]),
        Script(commands: ["SET __t:a 1"], touched: ["SET 0/__t:a @0"]),
        Script(commands: ["SET __x:a 1", "SET __t 1", "set x__t:a 1"]),
        Script(commands: ["SET __t: 1"], touched: ["SET 0/__t: @0"]),
        Script(commands: ["SELECT 3", "SET __t:a 1"], touched: ["SET 3/__t:a @23"], database: 3),
        Script(commands: ["select 3", "SELECT 15", "DEL __t:a"], touched: ["DEL 15/__t:a @47"], database: 15),
        Script(commands: ["SELECT x", "UNLINK __t:a"], touched: ["UNLINK 0/__t:a @23"]),
        Script(
            commands: ["MSET __t:a 1 __x:b 2 __t:c 3"],
            touched: ["MSET 0/__t:a @0", "MSET 0/__t:c @0"]
        ),
        // A value that looks like a key costs one needless transfer.
        Script(commands: ["SET __x:a __t:b"], touched: ["SET 0/__t:b @0"]),
        Script(commands: ["RENAME __t:a __t:b"], touched: ["RENAME 0/__t:a @0", "RENAME 0/__t:b @0"]),
        Script(commands: ["RENAME __x:a __t:b"], touched: ["RENAME 0/__t:b @0"]),
        Script(
            commands: ["MULTI", "SET __t:a 1", "INCR __t:b", "EXEC"],
            touched: ["SET 0/__t:a @15", "INCR 0/__t:b @46"]
        ),
        Script(
            commands: ["EVAL return 2 __t:a __t:b"],
            touched: ["EVAL 0/__t:a @0", "EVAL 0/__t:b @0"],
            doubted: [Touches.allDatabases]
        ),
        // A script may change keys that it makes up.
        Script(commands: ["evalsha 3f2a 0 x"], doubted: [Touches.allDatabases]),
        Script(
            commands: ["FCALL f 1 __t:a", "SET __t:b 1"],
            touched: ["FCALL 0/__t:a @0", "SET 0/__t:b @40"],
            doubted: [Touches.allDatabases]
        ),
        Script(commands: ["SCRIPT LOAD x", "FUNCTION DELETE f", "PING", "set x 1", "JSON.SET x $ 1", "MULTI", "EXEC"]),
        // Renamed commands stand there under their new names.
        Script(commands: ["XFLUSHDB", "xflush ASYNC", "q sync"], cleared: [Touches.allDatabases]),
        Script(commands: ["XSWAPDB 0 1"], cleared: [Touches.allDatabases]),
        Script(commands: ["XDEL2 __x:a", "XSET2 a b"], doubted: [Touches.allDatabases]),
        Script(
            commands: ["RENAMED __t:a", "RENAMED __t:a x"],
            touched: ["RENAMED 0/__t:a @0", "RENAMED 0/__t:a @28"]
        ),
        Script(commands: ["XMOVE __t:a 5"], touched: ["XMOVE 0/__t:a @0"], doubted: [5]),
        Script(
            commands: ["XCOPY __t:a __t:b DB 7 REPLACE", "SET x 1"],
            touched: ["XCOPY 0/__t:a @0", "XCOPY 0/__t:b @0"],
            doubted: [7]
        ),
        Script(
            commands: ["XINCRBY __t:a 0", "XINCRBY __t:a -2"],
            touched: ["XINCRBY 0/__t:a @0", "XINCRBY 0/__t:a @35"]
        ),
        Script(commands: ["MOVE __t:a 5"], touched: ["MOVE 0/__t:a @0", "MOVE 5/__t:a @0"]),
        Script(commands: ["MOVE __x:a 5"]),
        Script(commands: ["COPY __t:a __t:b"], touched: ["COPY 0/__t:a @0", "COPY 0/__t:b @0"]),
        Script(
            commands: ["COPY __t:a __t:b DB 7 REPLACE"],
            touched: ["COPY 0/__t:a @0", "COPY 0/__t:b @0", "COPY 7/__t:a @0", "COPY 7/__t:b @0"]
        ),
        Script(commands: ["COPY DB __t:b REPLACE db 7"], touched: ["COPY 0/__t:b @0", "COPY 7/__t:b @0"]),
        Script(commands: ["COPY __t:a DB DB"], touched: ["COPY 0/__t:a @0"]),
        Script(commands: ["RESTORE __t:a 0 payload REPLACE"], touched: ["RESTORE 0/__t:a @0"]),
        Script(commands: ["SELECT 4", "FLUSHDB"], cleared: [4], database: 4),
        Script(commands: ["flushdb ASYNC"], cleared: [0]),
        Script(commands: ["FLUSHALL"], cleared: [Touches.allDatabases]),
        Script(commands: ["SWAPDB 1 2"], cleared: [1, 2]),
        Script(commands: ["REPLCONF GETACK *"], ackRequested: true),
        Script(commands: ["REPLCONF ACK 0"]),
        Script(
            commands: ["PUBLISH marker x", "publish __t:c __t:y", "SPUBLISH __t:c x", "SET __t:k v"],
            touched: ["SET 0/__t:k @111"],
            published: ["marker", "__t:c"]
        ),
        Script(
            commands: ["XADD __t:s 1-1 f v", "FUNCTION LOAD __t:f"],
            touched: ["XADD 0/__t:s @0", "FUNCTION 0/__t:f @48"]
        ),
    ]

    @Test(arguments: scripts)
    func anyPiecesGiveTheSameTouches(script: Script) {
        for pieces in Pieces.everyWay(of: script.bytes) {
            let reading = StreamReading(pieces)
            #expect(reading.touched == script.touched)
            #expect(reading.cleared == script.cleared && reading.doubted == script.doubted)
            #expect(reading.published == script.published)
            #expect(reading.database == script.database)
            #expect(reading.ackRequested == script.ackRequested)
            #expect(reading.offset == script.bytes.count && reading.boundary == script.bytes.count)
            #expect(reading.error == nil)
        }
    }

    @Test func offsetsAreThePrimarysOwn() {
        let bytes = Self.scripts.flatMap(\.bytes)
        let whole = StreamReading([bytes], database: 9, offset: 1 << 40)
        #expect(whole.offset == 1 << 40 + bytes.count)
        #expect(whole.boundary == whole.offset)
        for pieces in [bytes.map { [$0] }, [Array(bytes[..<777]), Array(bytes[777...])]] {
            #expect(StreamReading(pieces, database: 9, offset: 1 << 40) == whole)
        }
    }

    /// A stream can be taken up again only where a command begins: the boundary waits there for the command's end.
    @Test func theBoundaryIsWhereACommandBegins() {
        let first = streamBytes("SET __t:a 1")
        let bytes = first + streamBytes("DEL __t:b __x:c")
        for end in bytes.indices {
            let boundary = StreamReading([Array(bytes[..<end])], offset: 100).boundary
            #expect(boundary == 100 + (end < first.count ? 0 : first.count), "\(end)")
        }
    }

    @Test func newlinesKeepTheLinkAliveAndCount() {
        let bytes = Array("\n\n".utf8) + streamBytes("SET __t:a 1") + Array("\n".utf8)
        for pieces in Pieces.everyWay(of: bytes) {
            let reading = StreamReading(pieces)
            #expect(reading.touched == ["SET 0/__t:a @2"])
            #expect(reading.offset == bytes.count)
        }
    }

    @Test func keysNeedNotBeText() {
        let key = ByteString(Array("__t:".utf8) + [0x00, 0xFF, 0x0D, 0x0A])
        let bytes = RedisCommand("SET", key, ByteString([0x0D, 0x0A])).encoded
        for pieces in Pieces.everyWay(of: bytes) {
            #expect(StreamReading(pieces).touched == [#"SET 0/__t:\x00\xff\x0d\x0a @0"#])
        }
    }

    /// A module's command names its keys where the server says so, and then nothing else is in doubt.
    @Test func theServersTableTellsOfItsModules() {
        let table = RESPValue.array([
            .array([.string("My.Set"), .integer(3), .array([.string("write")]), .integer(1), .integer(1), .integer(1)]),
            .array([
                .string("my.flush"), .integer(1), .array([.string("write")]), .integer(0), .integer(0), .integer(0),
            ]),
            .array([
                .string("my.many"), .integer(-2), .array([.string("write"), .string("movablekeys")]), .integer(0),
                .integer(0), .integer(0),
            ]),
            .array([
                .string("eval"), .integer(-3), .array([.string("movablekeys")]), .integer(0), .integer(0), .integer(0),
            ]),
        ])
        let bytes = streamBytes("my.set __x:a 1", "MY.MANY 1 a")
        #expect(StreamReading([bytes]).doubted == [Touches.allDatabases])
        let known = KnownCommands(table: table)
        #expect(StreamReading([bytes], known: known).doubted == [])
        #expect(StreamReading([streamBytes("MY.FLUSH")], known: known).cleared == [Touches.allDatabases])
        #expect(StreamReading([streamBytes("EVAL x 0")], known: known).doubted == [Touches.allDatabases])
    }

    /// A long argument in the first place must not shift those that follow it.
    @Test func aLongNameKeepsItsPlace() {
        let long = ByteString(String(repeating: "x", count: 2000))
        let bytes = RedisCommand("COPY", long, "__t:b", "DB", "7").encoded + RedisCommand("PUBLISH", long, "m").encoded
        for pieces in [[bytes], bytes.map { [$0] }] {
            let reading = StreamReading(pieces)
            #expect(reading.touched == ["COPY 0/__t:b @0", "COPY 7/__t:b @0"])
            #expect(reading.published == [""])
        }
    }

    @Test(arguments: ["SET", "PUBLISH", "COPY", "RESTORE"])
    func bigValuesAreNeverGathered(command: String) {
        let header = Array("*3\r\n$\(command.count)\r\n\(command)\r\n$5\r\n__t:a\r\n$67108864\r\n".utf8)
        let piece = [UInt8](repeating: UInt8(ascii: "_"), count: 1 << 16)
        let pieces = [header] + Array(repeating: piece, count: 1024) + [Array("\r\n".utf8), streamBytes("SET __t:b 1")]
        let reading = StreamReading(pieces)
        #expect(reading.error == nil)
        // A channel is no key.
        let first = command == "PUBLISH" ? reading.touched.last : "\(command) 0/__t:a @0"
        #expect(reading.touched.first == first)
        #expect(reading.touched.last == "SET 0/__t:b @\(header.count + (64 << 20) + 2)")
        #expect(reading.held.most < 2 * piece.count)
    }

    @Test(arguments: [
        ("+OK\r\n", RESPError.malformedLine), ("*0\r\n", .malformedLine), ("*-1\r\n", .malformedLine),
        ("*1\r\n:1\r\n", .malformedLine), ("*1\r\n$-1\r\n", .malformedLine), ("x", .unknownType(0x78)),
        ("*1\r\n$x\r\n", .malformedNumber), ("*1\r\n$1000000\r\n", .tooLong(1_000_000)),
        ("*2\r\n$1\r\nA\r\n$99999999999\r\n", .tooLong(99_999_999_999)),
    ])
    func whatIsNoStreamIsRefused(text: String, error: RESPError) {
        for pieces in Pieces.everyWay(of: Array(text.utf8)) {
            #expect(StreamReading(pieces).error == error)
        }
    }

    @Test(arguments: 0..<6)
    func damagedStreamsAreReadAlikeInAnyPieces(seed: Int) {
        var generator = SplitMix64(seed: UInt64(seed))
        let alphabet = Array("*$123\r\n\n_t:SELECTx".utf8)
        for _ in 0..<300 {
            var bytes = (0..<4).flatMap { _ in generator.pick(Self.scripts).bytes }
            for _ in 0..<generator.below(3) { bytes[generator.below(bytes.count)] = generator.pick(alphabet) }
            let whole = StreamReading([bytes])
            let drops = StreamReading(bytes.map { [$0] })
            let pieces = StreamReading(Pieces.random(of: bytes, longest: 20, using: &generator))
            guard whole.error == nil else {
                // What was said before the damage is the same; how far it was counted depends on the pieces.
                #expect(drops.error == whole.error && pieces.error == whole.error)
                continue
            }
            #expect(whole == drops && whole == pieces)
        }
    }

    /// A key that is one byte short is another key, and the newline behind it would keep the stream in step.
    @Test(arguments: ["*2\r\n$3\r\nDEL\r\n$4\r\n__t:a\r\n", "*2\r\n$3\r\nDEL\r\n$6\r\n__t:a\r\n*1\r\n$4\r\nPING\r\n"])
    func aLengthThatIsDamagedIsNoticed(command: String) {
        for pieces in Pieces.everyWay(of: Array(command.utf8)) {
            let reading = StreamReading(pieces)
            #expect(reading.error == .missingTerminator)
            #expect(reading.touched == [])
        }
    }
}
