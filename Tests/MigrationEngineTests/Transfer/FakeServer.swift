import RESP

/// As much of a server as a lane asks for, in memory.
struct FakeServer {
    struct Value: Equatable {
        var isString: Bool
        var bytes: ByteString
        /// Milliseconds since 1970; nil is never.
        var expiry: Int?
    }

    struct Name: Hashable {
        var database: Int
        var key: ByteString
    }

    var values: [Name: Value] = [:]
    /// Milliseconds since 1970; moves on with every fifth command where `ticks` says so.
    var clock = 1_700_000_000_000
    var ticks = false
    private var commands = 0
    private var database = 0
    private var decoder = RESPDecoder()

    /// Executes what the bytes ask for and answers it.
    mutating func answer(_ bytes: [UInt8]) -> [UInt8] {
        decoder.append(bytes)
        var replies: [UInt8] = []
        while let command = try? decoder.next() { replies += execute((command.elements ?? []).compactMap(\.bytes)) }
        return replies
    }

    private mutating func execute(_ words: [ByteString]) -> [UInt8] {
        guard let name = words.first?.text, let first = words.prefix(2).last else { return Self.error }
        let place = Name(database: database, key: first)
        commands += 1
        if ticks, commands % 5 == 0 { clock += 1 }
        switch name {
        case "SELECT":
            database = Int(first.text) ?? -1
            return Array("+OK\r\n".utf8)
        case "PEXPIRETIME": return Self.integer(values[place].map { $0.expiry ?? -1 } ?? -2)
        case "PTTL": return Self.integer(values[place].map { $0.expiry.map { $0 - clock } ?? -1 } ?? -2)
        case "TIME":
            return RedisCommand(ByteString(clock / 1000), ByteString(clock % 1000 * 1000)).encoded
        case "DUMP": return Self.bulk(values[place].map { ($0.isString ? "S" : "O") + $0.bytes.bytes })
        case "MGET":
            let found = words.dropFirst().map { values[Name(database: database, key: $0)] }
            return Array("*\(found.count)\r\n".utf8)
                + found.flatMap { Self.bulk($0.flatMap { $0.isString ? $0.bytes.bytes : nil }) }
        case "SET", "RESTORE", "UNLINK": return write(name, place, words)
        default: return Self.error
        }
    }

    private mutating func write(_ name: String, _ place: Name, _ words: [ByteString]) -> [UInt8] {
        switch (name, words.count) {
        case ("SET", 3), ("SET", 5):
            let expiry = words.count == 5 && words[3] == "PXAT" ? Int(words[4].text) : nil
            values[place] = Value(isString: true, bytes: words[2], expiry: expiry)
        case ("RESTORE", 6):
            let payload = words[3].bytes
            values[place] = Value(
                isString: payload.first == UInt8(ascii: "S"),
                bytes: ByteString(payload.dropFirst()),
                expiry: words[2] == "0" ? nil : Int(words[2].text)
            )
        case ("UNLINK", 2):
            return Self.integer(values.removeValue(forKey: place) == nil ? 0 : 1)
        default: return Self.error
        }
        return Array("+OK\r\n".utf8)
    }

    private static let error = Array("-ERR unknown command\r\n".utf8)

    private static func integer(_ number: Int) -> [UInt8] { Array(":\(number)\r\n".utf8) }

    private static func bulk(_ bytes: [UInt8]?) -> [UInt8] {
        guard let bytes else { return Array("$-1\r\n".utf8) }
        return Array("$\(bytes.count)\r\n".utf8) + bytes + [0x0D, 0x0A]
    }
}

private func + (letter: String, bytes: [UInt8]) -> [UInt8] { Array(letter.utf8) + bytes }
