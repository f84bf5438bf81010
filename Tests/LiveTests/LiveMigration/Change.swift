import MigrationTestSupport

/// Clients of the source in three databases, as the administrator.
struct ChangeDesk {
    static let prefix = "__tenant:acme:"
    /// A tenant whose name begins with ours.
    static let other = "__tenant:acme-corp:"

    private let sockets: [Int: RESPSocket]

    init(_ server: RedisServer) throws {
        sockets = try [0: server.connect(), 3: server.connect(database: 3), 15: server.connect(database: 15)]
    }

    @discardableResult
    func callAsFunction(_ line: String, in database: Int = 0) throws -> Reply {
        try call(Self.words(line), in: database)
    }

    @discardableResult
    func call(_ words: [Bytes], in database: Int = 0) throws -> Reply {
        guard let socket = sockets[database] else { throw StageError() }
        return try socket.call(words)
    }

    static func key(_ name: String) -> Bytes { Bytes((prefix + name).utf8) }

    /// A command's words; `@` in front of one stands for the tenant's prefix, `^` for the neighbour's.
    static func words(_ line: String) -> [Bytes] { line.split(separator: " ").map { word($0) } }

    private static func word(_ word: Substring) -> Bytes {
        switch word.first {
        case "@": key(String(word.dropFirst()))
        case "^": Bytes((other + word.dropFirst()).utf8)
        default: Bytes(word.utf8)
        }
    }
}

/// Something that clients do at the source, and what must be there before.
struct Change: Sendable {
    let name: String
    var setup: [String] = []
    /// Commands for database 0 where `change` is not given.
    var commands: [String] = []
    var change: @Sendable (ChangeDesk) throws -> Void = { _ in }

    func prepare(_ desk: ChangeDesk) throws {
        for line in setup { try desk(line) }
    }

    func make(_ desk: ChangeDesk) throws {
        for line in commands { try desk(line) }
        try change(desk)
    }
}
