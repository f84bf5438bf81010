import Glibc
import MigrationTestSupport

extension Change {
    static let all = [
        databases, transaction, expiry, expiries, renames, moves, copies, restores, sorts, unions, lists, strings,
        scripts, functions, types, streams, bytes, scores, deletions, lookalikes,
    ]

    static let databases = Change(name: "SELECT") { desk in
        let client = desk
        for round in 0..<50 {
            for database in [0, 3, 15] { try client("SET @select:\(round) in-\(database)-\(round)", in: database) }
        }
    }

    static let transaction = Change(
        name: "MULTI",
        setup: ["SET @multi:n 1"],
        commands: [
            "MULTI", "INCR @multi:n", "SELECT 3", "RPUSH @multi:l a b", "SELECT 15", "HSET @multi:h f v", "SELECT 0",
            "DEL @multi:none", "INCR @multi:n", "EXEC",
        ]
    )

    static let expiry = Change(
        name: "expiry",
        setup: ["MSET @expiry:1 a @expiry:2 b @expiry:3 c", "HSET @expiry:4 f v"]
    ) { desk in
        for number in 1...4 { try desk("PEXPIRE @expiry:\(number) 30") }
        try desk("PSETEX @expiry:5 30 v")
        usleep(60_000)
        try desk("GET @expiry:5")
    }

    static let expiries = Change(
        name: "EXPIRE",
        setup: [
            "MSET @ttl:1 a @ttl:2 b @ttl:3 c @ttl:4 d @ttl:5 e", "SET @ttl:6 v PX 900000", "SET @ttl:7 v PX 900000",
        ],
        commands: [
            "PEXPIRE @ttl:1 654321", "PEXPIREAT @ttl:2 2000000000123", "EXPIREAT @ttl:3 1", "EXPIRE @ttl:4 7777 NX",
            "SET @ttl:5 w PXAT 2000000000456", "PERSIST @ttl:6", "GETEX @ttl:7 PXAT 2000000000789",
        ]
    )

    static let renames = Change(
        name: "RENAME",
        setup: ["SET ^in v", "SET @out v", "SET @from v", "SET @over old", "SET ^in2 v PX 800000", "SET @nx v"],
        commands: [
            "RENAME ^in @in", "RENAME @out ^out", "RENAME @from @over", "RENAMENX ^in2 @in2", "RENAMENX @nx @nx2",
        ]
    )

    static let moves = Change(
        name: "MOVE",
        setup: ["RPUSH @move:1 a b", "SET @move:2 v PX 700000", "SET @move:3 v"],
        commands: ["MOVE @move:1 3", "MOVE @move:2 15"]
    ) { desk in
        try desk("MOVE @move:1 0", in: 3)
        try desk("MOVE @move:3 15")
        try desk("SET @move:3 again")
    }

    static let copies = Change(
        name: "COPY",
        setup: ["SET @copy:1 v PX 600000", "SET ^copy v", "SET @copy:4 old"],
        commands: [
            "COPY @copy:1 @copy:2", "COPY @copy:1 @copy:3 DB 3", "COPY @copy:1 @copy:4 REPLACE",
            "COPY ^copy @copy:5 DB 15 REPLACE", "COPY @copy:1 ^copied", "COPY @copy:1 @copy:1 DB 15",
        ]
    )

    static let restores = Change(name: "RESTORE", setup: ["RPUSH @restore:1 a b c", "SET @restore:2 old"]) { desk in
        let payload = try desk("DUMP @restore:1").bytes ?? []
        for (name, rest) in [("3", ["0"]), ("2", ["0", "REPLACE"]), ("4", ["2000000000999", "ABSTTL"])] {
            let tail = rest.map(\.argumentBytes)
            try desk.call(
                [Bytes("RESTORE".utf8), ChangeDesk.key("restore:\(name)"), tail[0], payload] + tail.dropFirst()
            )
        }
    }

    static let sorts = Change(
        name: "SORT STORE",
        setup: ["RPUSH ^sort 3 1 2", "RPUSH @sort 9 8 7", "SET @sorted:3 old"],
        commands: ["SORT ^sort STORE @sorted:1", "SORT @sort STORE ^sorted", "SORT @nothing STORE @sorted:3"]
    )

    static let unions = Change(
        name: "SUNIONSTORE",
        setup: [
            "SADD ^set a b", "SADD @set b c", "ZADD ^z 1 a", "ZADD @z 2 b", "PFADD ^hll a b", "GEOADD @geo 13 38 x",
        ],
        commands: [
            "SUNIONSTORE @set:union ^set @set", "SDIFFSTORE @set:diff ^set @set", "SMOVE ^set @set a",
            "SINTERSTORE ^sinter @set ^set", "ZUNIONSTORE @z:union 2 ^z @z", "ZRANGESTORE @z:range @z 0 -1",
            "ZDIFFSTORE ^zdiff 2 @z ^z", "PFMERGE @hll ^hll", "SET @bit a", "BITOP NOT @bit:not @bit",
            "GEOSEARCHSTORE @geo:near @geo FROMLONLAT 13 38 BYRADIUS 10 km", "SPOP @set 1", "ZPOPMIN @z",
        ]
    )

    static let lists = Change(
        name: "LMOVE",
        setup: ["RPUSH ^list a b c d e f", "RPUSH @list 1 2 3 4 5 6"],
        commands: [
            "LMOVE ^list @list:2 LEFT RIGHT", "RPOPLPUSH ^list @list", "LMOVE @list ^list LEFT LEFT",
            "LMPOP 2 ^nothing @list LEFT COUNT 2", "BLMOVE ^list @list:3 LEFT LEFT 1", "BLPOP @list 1",
            "LTRIM @list 0 1",
            "LINSERT @list:2 BEFORE a z",
        ]
    )

    static let strings = Change(
        name: "strings",
        setup: ["MSET @s:1 abc @s:2 10 @s:3 x @s:4 y", "HSET @s:hash f 1.5"],
        commands: [
            "APPEND @s:1 def", "INCRBYFLOAT @s:2 0.1", "SETRANGE @s:3 5 z", "GETDEL @s:4", "HINCRBYFLOAT @s:hash f 0.1",
            "MSETNX @s:5 a @s:6 b", "SETBIT @s:7 999 1", "BITFIELD @s:8 SET u8 #3 200", "GETSET @s:1 new",
        ]
    )

    static let scripts = Change(name: "EVAL", setup: ["SET @eval:old v"]) { desk in
        let prefix = ChangeDesk.prefix
        // Keys that no argument names, in two databases.
        let body = """
            for i = 1, 20 do redis.call('RPUSH', '\(prefix)eval:' .. i, ARGV[1], tostring(i)) end
            redis.call('DEL', '\(prefix)eval:old')
            redis.call('SELECT', 3)
            return redis.call('SET', '\(prefix)eval:db3', math.random())
            """
        try desk.call(["EVAL", body, "0", "x"].map(\.argumentBytes))
        let digest = try desk.call(["SCRIPT", "LOAD", body].map(\.argumentBytes)).bytes ?? []
        try desk.call([Bytes("EVALSHA".utf8), digest, Bytes("0".utf8), Bytes("y".utf8)])
    }

    static let functions = Change(name: "FCALL") { desk in
        let code = """
            #!lua name=mine
            redis.register_function('put', function(keys, args)
              return redis.call('SET', '\(ChangeDesk.prefix)function:' .. args[1], args[1], 'PX', 500000)
            end)
            """
        try desk.call(["FUNCTION", "LOAD", "REPLACE", code].map(\.argumentBytes))
        for number in 0..<5 { try desk("FCALL put 0 \(number)") }
    }

    static let types = Change(
        name: "types",
        setup: ["SET @type:1 v", "RPUSH @type:2 a", "SADD @type:3 a"],
        commands: [
            "DEL @type:1", "ZADD @type:1 1 a", "SET @type:2 v", "DEL @type:3", "XADD @type:3 1-1 f v",
            "SETBIT @type:4 7 1",
        ]
    )

    static let streams = Change(
        name: "streams",
        setup: ["XADD @x:1 1-1 f v", "XADD @x:1 2-1 f w", "XADD @x:3 1-1 f v"],
        commands: [
            "XGROUP CREATE @x:1 g 0", "XREADGROUP GROUP g ann COUNT 1 STREAMS @x:1 >", "XACK @x:1 g 1-1",
            "XREADGROUP GROUP g bob STREAMS @x:1 >", "XDEL @x:1 2-1", "XCLAIM @x:1 g ann 0 2-1 TIME 1600000000123",
            // Empty, but with groups and consumers.
            "XGROUP CREATE @x:2 empty $ MKSTREAM", "XGROUP CREATECONSUMER @x:2 empty zoe", "XTRIM @x:3 MAXLEN 0",
            "XSETID @x:3 9-9 ENTRIESADDED 77 MAXDELETEDID 5-5", "XGROUP CREATE @x:3 late 5-1 ENTRIESREAD 3",
        ]
    )

    static let bytes = Change(name: "bytes") { desk in
        let awkward: [Bytes] = [
            [], [0], [0xff, 0xfe], Bytes("\r\n".utf8), Bytes("*3\r\n$3\r\nSET\r\n".utf8), Bytes("*?[a]\\".utf8),
            Bytes(repeating: 0x0a, count: 5000),
        ]
        for tail in awkward {
            try desk.call([Bytes("SET".utf8), ChangeDesk.key("") + tail, tail])
            try desk.call([Bytes("RPUSH".utf8), ChangeDesk.key("list") + tail, tail, [], tail])
            try desk.call([Bytes("HSET".utf8), ChangeDesk.key("hash") + tail, tail, tail], in: 15)
        }
    }

    static let scores = Change(
        name: "scores",
        commands: [
            "ZADD @scores inf a -inf b 1.7976931348623157e308 c 5e-324 d -0.0 e 0.30000000000000004 f 9007199254740993 g",
            "ZINCRBY @scores 1e-17 f",
        ]
    )

    static let deletions = Change(
        name: "DEL",
        setup: ["MSET @del:1 a @del:2 b @del:3 c", "SADD @del:4 a", "HSET @del:5 f v"],
        commands: ["DEL @del:1 ^none @del:2", "UNLINK @del:3", "SREM @del:4 a", "HDEL @del:5 f"]
    )

    /// Values and channels that look like keys of the tenant.
    static let lookalikes = Change(
        name: "lookalikes",
        commands: ["RPUSH ^jobs @no-key @no-key-either", "SET @pointer @no-key", "PUBLISH @channel hello"]
    )
}
