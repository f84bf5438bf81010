import RESP

/// Commands that change no keys but those that they name. What is none of them may change any.
///
/// A command that was renamed (`rename-command`) stands in a server's stream under its new name, which neither
/// its own table (COMMAND) nor its counters (INFO commandstats) know.
package struct KnownCommands: Sendable {
    private var names = Self.native
    /// As far as the server says it.
    private var readOnly: Set<ByteString> = []

    package init() {}

    /// Also knows what the server says of its modules' commands.
    ///
    /// - Parameter table: The answer to COMMAND.
    package init(table: RESPValue) {
        for entry in (table.elements ?? []).compactMap(\.elements) where entry.count >= 6 {
            guard let name = entry[0].bytes?.lowercased, let firstKey = entry[3].integer else { continue }
            let flags = (entry[2].elements ?? []).compactMap(\.text)
            if firstKey > 0 || flags.contains("movablekeys") { names.insert(name) }
            if !flags.contains("write") { readOnly.insert(name) }
        }
    }

    package func contains(_ name: ByteString) -> Bool {
        let name = name.lowercased
        if names.contains(name) { return true }
        return Self.families.contains(name.family)
    }

    /// Whether the command may change a key without a keyspace notification: those of vector sets do, and of modules each
    /// decides for itself.
    package func mayBeSilent(_ name: ByteString) -> Bool {
        let name = name.lowercased
        if Self.silent.contains(name) { return true }
        return !Self.native.contains(name) && !Self.telling.contains(name.family) && !Self.special.contains(name)
            && !readOnly.contains(name)
    }

    private static let silent: Set<ByteString> = ["vadd", "vrem", "vsetattr"]
    /// Modules that notify of all that they change.
    private static let telling: Set<ByteString> = ["json", "ts"]
    /// Not in `native`, and seen to elsewhere.
    private static let special: Set<ByteString> = [
        "select", "flushdb", "flushall", "swapdb", "move", "copy", "publish", "spublish", "replconf", "eval", "evalsha",
        "fcall", "host:", "post",
    ]

    /// Modules, by what stands before the dot.
    private static let families: Set<ByteString> = ["json", "bf", "cf", "cms", "topk", "tdigest", "ts"]

    /// Of Redis 6.2 to 8.2 and Valkey 9.1, without those that empty, exchange or name another database, and without those
    /// that run scripts.
    private static let native = Set(
        """
        acl append asking auth bgrewriteaof bgsave bitcount bitfield bitfield_ro bitop bitpos blmove blmpop blpop
        brpop brpoplpush bzmpop bzpopmax bzpopmin client cluster clusterscan command commandlog config dbsize debug
        decr decrby del delifeq discard dump echo eval_ro evalsha_ro exec exists expire expireat expiretime failover
        fcall_ro function geoadd geodist geohash geopos georadius georadius_ro georadiusbymember
        georadiusbymember_ro geosearch geosearchstore get getbit getdel getex getrange getset hdel hello hexists
        hexpire hexpireat hexpiretime hget hgetall hgetdel hgetex hincrby hincrbyfloat hkeys hlen hmget hmset
        hpersist hpexpire hpexpireat hpexpiretime hpttl hrandfield hscan hset hsetex hsetnx hstrlen httl hvals incr
        incrby incrbyfloat info keys lastsave latency lcs lindex linsert llen lmove lmpop lolwut lpop lpos lpush
        lpushx lrange lrem lset ltrim memory mget migrate module monitor mset msetex msetnx multi object persist
        pexpire pexpireat pexpiretime pfadd pfcount pfdebug pfmerge pfselftest ping psetex psubscribe psync pttl
        pubsub punsubscribe quit randomkey readonly readwrite rename renamenx replicaof reset restore restore-asking
        role rpop rpoplpush rpush rpushx sadd save scan scard script sdiff sdiffstore set setbit setex setnx
        setrange shutdown sinter sintercard sinterstore sismember slaveof slowlog smembers smismember smove sort
        sort_ro spop srandmember srem sscan ssubscribe stralgo strlen subscribe substr sunion sunionstore
        sunsubscribe sync time touch ttl type unlink unsubscribe unwatch vadd vcard vdim vemb vgetattr vinfo
        vismember vlinks vrandmember vrem vsetattr vsim wait waitaof watch xack xackdel xadd xautoclaim xclaim xdel
        xdelex xgroup xinfo xlen xpending xrange xread xreadgroup xrevrange xsetid xtrim zadd zcard zcount zdiff
        zdiffstore zincrby zinter zintercard zinterstore zlexcount zmpop zmscore zpopmax zpopmin zrandmember zrange
        zrangebylex zrangebyscore zrangestore zrank zrem zremrangebylex zremrangebyrank zremrangebyscore zrevrange
        zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion zunionstore
        """.split { $0 == " " || $0.isNewline }.map { ByteString(String($0)) }
    )
}

extension ByteString {
    /// What stands before the dot; empty where there is none.
    fileprivate var family: ByteString {
        bytes.firstIndex(of: UInt8(ascii: ".")).map { ByteString(bytes[..<$0]) } ?? ""
    }

    /// With small letters of ASCII.
    package var lowercased: ByteString {
        ByteString(bytes.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 })
    }
}
