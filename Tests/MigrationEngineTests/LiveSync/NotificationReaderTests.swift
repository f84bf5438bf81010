import MigrationCore
import MigrationTestSupport
import RESP
import Testing

@testable import MigrationEngine

@Suite struct NotificationReaderTests {
    /// What a reader makes of bytes that come in pieces: `set 3/key @7`, `marker 8`.
    private func read(
        _ pieces: some Sequence<[UInt8]>,
        databases: [Int]? = nil
    ) throws -> (said: [String], grouped: [KeyName]) {
        var reader = NotificationReader(scope: try TenantScope(tenant: "t"), databases: databases)
        var said: [String] = []
        var grouped: [KeyName] = []
        for piece in pieces {
            let outputs = try piece.withUnsafeBytes { bytes in
                try reader.consume(bytes) { grouped.append($0) }
            }
            for output in outputs { said += words(output) }
        }
        return (said, grouped)
    }

    private func words(_ output: NotificationReader.Output) -> [String] {
        switch output {
        case .marker(let number): ["marker \(number)"]
        case .subscribed: ["subscribed"]
        case .refused(let line): ["refused \(line)"]
        case .touched(let touches):
            touches.touches.indices.map { index in
                let touch = touches.touches[index]
                let command = String(decoding: touch.command, as: UTF8.self)
                let kind = touch.isWrite ? "" : " no write"
                return "\(command) \(touch.database)/\(touches.key(index)) @\(touch.offset)\(kind)"
            }
        }
    }

    private func message(_ words: String...) -> [UInt8] { RedisCommand(words.map { ByteString($0) }).encoded }

    private func event(_ key: String, _ name: String, _ database: Int = 0) -> [UInt8] {
        message("pmessage", "__keyspace@*__:__tenant:t:*", "__keyspace@\(database)__:\(key)", name)
    }

    private var conversation: [UInt8] {
        Array("*3\r\n$10\r\npsubscribe\r\n$1\r\np\r\n:1\r\n".utf8) + event("__tenant:t:a", "set")
            + event("__tenant:t:", "expired", 12) + message("pong", "7") + event("__tenant:t:b\r\n", "del", 3)
            + event("x__:__tenant:t:c", "set") + event("__tenant:tt:c", "set") + event("__tenant:t:__:", "evicted")
            + message("pong", "") + message("pong", "8") + event("__tenant:t:new", "rename_to")
            + message("message", "__tenant:t:channel", "hello") + event("__tenant:t:a", "set")
    }

    private let expected = [
        "subscribed", "set 0/__tenant:t:a @0", "expired 12/__tenant:t: @0 no write", "marker 7",
        "del 3/__tenant:t:b\\x0d\\x0a @7", "evicted 0/__tenant:t:__: @7 no write", "marker 8",
        "rename_to 0/__tenant:t:new @8", "set 0/__tenant:t:a @8",
    ]

    @Test func aConversation() throws {
        let (said, grouped) = try read([conversation])
        #expect(said == expected)
        #expect(grouped == [KeyName(database: 0, key: "__tenant:t:new")])
    }

    @Test(arguments: [1, 2, 3, 7, 40, 200])
    func itComesInPieces(size: Int) throws {
        let bytes = conversation
        let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        #expect(try read(pieces).said == expected)
    }

    /// `del` is told of a hash whose last field has expired, and is no client's doing then.
    @Test func aHashDiesOfItsFields() throws {
        let (a, b) = ("__tenant:t:a", "__tenant:t:b")
        let events = [event(a, "hexpired"), event(a, "del"), event(a, "del"), event(a, "hexpired"), event(b, "del")]
        let said = try read([events.flatMap(\.self)]).said
        #expect(
            said == [
                "hexpired 0/\(a) @0 no write", "del 0/\(a) @0 no write", "del 0/\(a) @0", "hexpired 0/\(a) @0 no write",
                "del 0/\(b) @0",
            ]
        )
    }

    @Test func onlyTheDatabasesThatWereAskedFor() throws {
        let said = try read([conversation], databases: [3, 12]).said.filter { $0.contains("/") }
        #expect(said == ["expired 12/__tenant:t: @0 no write", "del 3/__tenant:t:b\\x0d\\x0a @7"])
    }

    @Test func aRefusalIsAnAnswer() throws {
        #expect(try read([Array("-NOPERM no\r\n".utf8)]).said == ["refused NOPERM no"])
    }

    @Test(arguments: [
        "+OK\r\n", "*9\r\n", "*0\r\n", "*-1\r\n", "$3\r\nabc\r\n", "*2\r\n*1\r\n", "HTTP/1.1",
        "*2\r\n$99999999999999\r\n",
    ])
    func whatIsNoMessageIsAnError(text: String) {
        #expect(throws: RESPError.self) { try read([Array(text.utf8)]) }
    }

    @Test(arguments: ["", "0", "x", "99999999999999999999", "-1"])
    func aChannelWithoutADatabaseIsPassedOver(number: String) throws {
        let channels = [
            "__keyspace@\(number)__", "__keyspace@\(number):__tenant:t:a", "__keyevent@\(number)__:__tenant:t:a",
        ]
        for channel in channels { #expect(try read([message("pmessage", "p", channel, "set")]).said == []) }
        let named = try read([message("pmessage", "p", "__keyspace@\(number)__:__tenant:t:a", "set")]).said
        #expect(named == (number == "0" ? ["set 0/__tenant:t:a @0"] : []))
    }

    @Test func whatIsListenedTo() throws {
        let scope = try TenantScope(tenant: "a*[b]")
        #expect(scope.channelPatterns(databases: nil) == ["__keyspace@*__:__tenant:a\\*\\[b\\]:*"])
        let two = ["__keyspace@0__:__tenant:a\\*\\[b\\]:*", "__keyspace@3__:__tenant:a\\*\\[b\\]:*"]
        #expect(scope.channelPatterns(databases: [0, 3]) == two.map { ByteString($0) })
    }
}
