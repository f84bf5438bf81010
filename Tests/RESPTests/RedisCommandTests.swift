import MigrationTestSupport
import RESP
import Testing

@Suite struct RedisCommandTests {
    @Test(arguments: [
        (RedisCommand("PING"), "*1\r\n$4\r\nPING\r\n"),
        (RedisCommand("SET", "k", ""), "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n"),
        (RedisCommand("SELECT", ByteString(15)), "*2\r\n$6\r\nSELECT\r\n$2\r\n15\r\n"),
        (RedisCommand("GET", "a\r\nb"), "*2\r\n$3\r\nGET\r\n$4\r\na\r\nb\r\n"),
        (RedisCommand([]), "*0\r\n"),
    ])
    func isAnArrayOfBulkStrings(command: RedisCommand, wire: String) {
        #expect(command.encoded == Array(wire.utf8))
    }

    @Test func commandsFollowOneAnother() {
        var buffer: [UInt8] = []
        RedisCommand("MULTI").encode(into: &buffer)
        RedisCommand("EXEC").encode(into: &buffer)
        #expect(buffer == RedisCommand("MULTI").encoded + RedisCommand("EXEC").encoded)
    }

    @Test func aDecoderReadsItBack() {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<200 {
            let arguments = (0...generator.below(5)).map { _ in ByteString(generator.bytes(generator.below(40))) }
            let replies = DecodedReplies([RedisCommand(arguments).encoded])
            #expect(replies.values == [.array(arguments.map(RESPValue.string))])
        }
    }

    @Test func itsNameTellsNoSecret() {
        #expect(RedisCommand("auth", "user", "secret").name == "AUTH")
        #expect(RedisCommand([]).name == "")
    }
}
