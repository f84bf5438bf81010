/// One write of the workload. Doing it twice, or not at all, leaves another state than doing it once.
indirect enum Write: Sendable {
    /// With a time to live in milliseconds.
    case set(ModelKey, Bytes, expiresIn: Int?)
    case increment(ModelKey, by: Int)
    case append(ModelKey, Bytes)
    case push(ModelKey, Bytes, head: Bool)
    case pop(ModelKey, head: Bool)
    case hashIncrement(ModelKey, field: Bytes, by: Int)
    case addMember(ModelKey, Bytes)
    case popMember(ModelKey)
    case scoreIncrement(ModelKey, member: Bytes, by: Double)
    case createGroup(ModelKey)
    case addEntry(ModelKey, Bytes)
    case readGroup(ModelKey, consumer: Bytes, count: Int)
    case acknowledge(ModelKey, Bytes)
    case deleteEntry(ModelKey, Bytes)
    /// In milliseconds from now.
    case expire(ModelKey, in: Int)
    case persist(ModelKey)
    case delete(ModelKey)
    case rename(ModelKey, ModelKey)
    case copy(ModelKey, ModelKey)
    /// Both keys have the same name.
    case move(ModelKey, ModelKey)
    /// A script that increments the first key and pushes to the second.
    case script(ModelKey, ModelKey, Bytes)
    case transaction([Write])
    /// All of a value at once, where there is none.
    case fill(ModelKey, ModelValue)

    var keys: [ModelKey] {
        switch self {
        case .set(let key, _, _), .increment(let key, _), .append(let key, _), .push(let key, _, _), .pop(let key, _),
            .hashIncrement(let key, _, _), .addMember(let key, _), .popMember(let key), .scoreIncrement(let key, _, _),
            .createGroup(let key), .addEntry(let key, _), .readGroup(let key, _, _), .acknowledge(let key, _),
            .deleteEntry(let key, _), .expire(let key, _), .persist(let key), .delete(let key), .fill(let key, _):
            [key]
        case .rename(let from, let to), .copy(let from, let to), .move(let from, let to), .script(let from, let to, _):
            [from, to]
        case .transaction(let writes): writes.flatMap(\.keys)
        }
    }

    /// The database in which the write must be sent.
    var database: Int { keys.first?.database ?? 0 }

    /// The commands to send; the last one's answer is the write's.
    func append(to request: inout RequestBuffer) {
        if case .transaction(let writes) = self {
            request.append("MULTI")
            for write in writes { request.append(write.command) }
            request.append("EXEC")
        } else {
            request.append(command)
        }
    }

    private static let script = """
        local n = redis.call('INCR', KEYS[1]) redis.call('RPUSH', KEYS[2], ARGV[1]) return n
        """

    private var command: [Bytes] {
        let words: [any RESPArgument] =
            switch self {
            case .set(let key, let value, nil): ["SET", key.name, value]
            case .set(let key, let value, let time?): ["SET", key.name, value, "PX", time]
            case .increment(let key, let step): ["INCRBY", key.name, step]
            case .append(let key, let bytes): ["APPEND", key.name, bytes]
            case .push(let key, let element, let head): [head ? "LPUSH" : "RPUSH", key.name, element]
            case .pop(let key, let head): [head ? "LPOP" : "RPOP", key.name]
            case .hashIncrement(let key, let field, let step): ["HINCRBY", key.name, field, step]
            case .addMember(let key, let member): ["SADD", key.name, member]
            case .popMember(let key): ["SPOP", key.name]
            case .scoreIncrement(let key, let member, let step): ["ZINCRBY", key.name, "\(step)", member]
            case .createGroup(let key): ["XGROUP", "CREATE", key.name, "g", "0", "MKSTREAM"]
            case .addEntry(let key, let payload): ["XADD", key.name, "*", "payload", payload]
            case .readGroup(let key, let consumer, let count):
                ["XREADGROUP", "GROUP", "g", consumer, "COUNT", count, "STREAMS", key.name, ">"]
            case .acknowledge(let key, let id): ["XACK", key.name, "g", id]
            case .deleteEntry(let key, let id): ["XDEL", key.name, id]
            case .expire(let key, let time): ["PEXPIRE", key.name, time]
            case .persist(let key): ["PERSIST", key.name]
            case .delete(let key): ["DEL", key.name]
            case .rename(let from, let to): ["RENAME", from.name, to.name]
            case .copy(let from, let to): ["COPY", from.name, to.name, "DB", to.database, "REPLACE"]
            case .move(let from, let to): ["MOVE", from.name, to.database]
            case .script(let counter, let list, let element):
                ["EVAL", Self.script, 2, counter.name, list.name, element]
            case .transaction: ["PING"]
            case .fill(let key, let value): value.words(for: key.name)
            }
        return words.map(\.argumentBytes)
    }
}

extension ModelValue {
    /// The command that makes a key of the value. A stream is made otherwise.
    fileprivate func words(for key: Bytes) -> [Bytes] {
        switch self {
        case .string(let bytes): [Bytes("APPEND".utf8), key, bytes]
        case .list(let elements): [Bytes("RPUSH".utf8), key] + elements
        case .set(let members): [Bytes("SADD".utf8), key] + members
        case .hash(let fields): [Bytes("HSET".utf8), key] + fields.flatMap { [$0, $1] }
        case .sortedSet(let scores): [Bytes("ZADD".utf8), key] + scores.flatMap { ["\($1)".argumentBytes, $0] }
        case .absent, .stream: [Bytes("PING".utf8)]
        }
    }

    /// How many parts the command says that it has made.
    var count: Int {
        switch self {
        case .absent: 0
        case .string(let bytes): bytes.count
        case .list(let elements): elements.count
        case .set(let members): members.count
        case .hash(let fields): fields.count
        case .sortedSet(let scores): scores.count
        case .stream(let stream): stream.entries.count
        }
    }
}
