import RESP
import Testing

@testable import MigrationEngine

/// Where a command on a big value makes the mover look.
@Suite struct BigChangeTests {
    private func change(_ words: String, position: Int = 0) -> BigChange {
        let parts = words.split(separator: " ").map { Array($0.utf8) }
        let detail = CommandDetail(position: position, arguments: parts.dropFirst().map { CommandArgument($0) })
        return BigChange(command: parts[0], detail)
    }

    @Test(arguments: [
        ("HSET f 1 g 2", ["f", "g"]), ("hmset f 1", ["f"]), ("HDEL f g", ["f", "g"]), ("HINCRBY f 3", ["f"]),
        ("HINCRBYFLOAT f 0.5", ["f"]), ("HSETNX f 1", ["f"]), ("SADD a b", ["a", "b"]), ("SREM a", ["a"]),
        ("SMOVE other m", ["m"]), ("SMOVE m", ["m"]), ("ZINCRBY 2 m", ["m"]), ("ZREM m n", ["m", "n"]),
        ("ZADD 1 m 2 n", ["m", "n"]), ("ZADD XX gt CH 1 m", ["m"]), ("XDEL 1-0 2-0", ["1-0", "2-0"]),
        ("PEXPIREAT 1700000000000", []), ("PERSIST", []), ("APPEND x", []), ("XADD 1-0 f v", []), ("XACK g 1-0", []),
        ("HPEXPIREAT 1700000000000 NX FIELDS 2 f g", ["f", "g"]), ("HPERSIST FIELDS 1 f", ["f"]),
        ("HSETEX FNX PXAT 17 fields 2 f 1 g 2", ["f", "g"]), ("HSETEX KEEPTTL FIELDS 1 FIELDS 5", ["FIELDS"]),
        ("HGETEX PERSIST FIELDS 1 f", ["f"]), ("HGETDEL FIELDS 1 f", ["f"]), ("XTRIM MAXLEN 3", []),
        ("XACKDEL g IDS 1 5-0", ["g", "IDS", "1", "5-0"]),
    ]) func membersAreNamed(_ words: String, _ members: [String]) {
        #expect(change(words) == .members(members.map { ByteString($0) }))
    }

    @Test(arguments: [
        "DEL", "UNLINK", "SET x", "RPUSH x", "LPOP", "RENAME other", "RESTORE 0 x", "ZREMRANGEBYSCORE 1 2", "ZPOPMIN",
        "SETRANGE x y", "SETRANGE -1 y", "ZINCRBY 2", "ZADD NX", "NEWCOMMAND a", "SUNIONSTORE a b",
        "HPEXPIREAT 17", "HPERSIST FIELDS", "HSETEX FIELDS 2 f 1", "HGETDEL FIELDS -1 f", "XSETID 5-0",
        "XTRIM MAXLEN 3 acked", "XADD MAXLEN 3 ACKED 5-0 f v",
    ]) func anythingElseIsTheWholeValue(_ words: String) {
        #expect(change(words) == .whole)
    }

    @Test(arguments: ["SUNIONSTORE x", "ZUNIONSTORE", "ZRANGESTORE 0 1"]) func aSourceIsNotChanged(_ words: String) {
        #expect(change(words, position: 1) == .nothing)
        #expect(change("COPY other") == .nothing)
        #expect(change("COPY other", position: 1) == .whole)
    }

    @Test func bytesAreARange() {
        #expect(change("SETRANGE 100 abc") == .bytes(100..<103))
        #expect(change("SETBIT 85 1") == .bytes(10..<11))
        let long = CommandDetail(
            position: 0,
            arguments: [CommandArgument(Array("7".utf8)), CommandArgument(length: 90_000)]
        )
        #expect(BigChange(command: Array("SETRANGE".utf8), long) == .bytes(7..<90_007))
    }

    @Test func aNameThatWasNotKeptIsTheWholeValue() {
        let detail = CommandDetail(position: 0, arguments: [CommandArgument(length: 20_000)])
        #expect(BigChange(command: Array("SADD".utf8), detail) == .whole)
        #expect(BigChange(command: Array("SADD".utf8), nil) == .whole)
    }

    @Test func moreMembersThanThereIsRoomForAreTheWholeValue() {
        var changes = BigChanges()
        changes.add(.members(["a", "b", "a"]), room: 1000)
        #expect(changes.members == ["a", "b"])
        let bytes = changes.bytes
        changes.add(.members(["a"]), room: 1000)
        #expect(changes.bytes == bytes)
        changes.add(.members(["c"]), room: bytes)
        #expect(changes == .whole)
        #expect(changes.bytes == 0)
        changes.add(.members(["d"]), room: 1000)
        #expect(changes == .whole)
    }

    @Test func changedBytesAreWholeBlocks() {
        var changes = BigChanges()
        changes.add(.bytes(65_530..<65_540), room: 0)
        changes.add(.bytes(0..<0), room: 0)
        #expect(changes.blocks == [0, 1])
        changes.add(.bytes(0..<(1 << 30)), room: 0)
        #expect(changes.isWhole)
    }
}
