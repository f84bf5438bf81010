import MigrationCore
import RESP

/// Reads the command stream that a Redis or Valkey primary sends its replicas, and picks out the tenant's keys: every
/// argument that starts with the prefix. No command table can be out of date, and a value that happens to look like a
/// key costs one needless transfer. (Only the channels of PUBLISH are left out: a tenant's messages go on inside a
/// fence, and are no writes.)
///
/// A command that is not known to name all that it changes counts as having changed everything it may have touched: a
/// script that comes as it is, and a name that nobody knows, such as that of a FLUSHDB which was renamed.
///
/// Bytes come in any pieces; values are skipped, never gathered.
struct ReplicationStream: Sendable {
    /// Commands that change keys without naming them all, or that the feed itself needs to see.
    private enum Special: String {
        case select, flushdb, flushall, swapdb, move, copy, publish, spublish, replconf
        case eval, evalsha, fcall
        case unknown = ""
    }

    private enum Step {
        case command
        case argument
        /// `gathers`: the bytes may still be a key or a special command's argument.
        case body(left: Int, gathers: Bool)
    }

    /// Special arguments longer than this are no numbers, options or markers, and no command has so long a name.
    private static let longestSpecial = 512
    /// A server has about three hundred commands.
    private static let mostMet = 512

    private let prefix: [UInt8]
    /// Nil for all of them. What happens in others is not told.
    private let wanted: Set<Int>?
    /// The database of the commands that come next.
    private(set) var database: Int
    /// Bytes of the stream that lie behind, in the primary's own count.
    private(set) var offset: Int
    /// `REPLCONF GETACK` was seen.
    var ackRequested = false
    /// Channels of PUBLISH commands, kept so that the feed can find its own marker.
    var published: [ByteString] = []

    private var step = Step.command
    private var argumentsLeft = 0
    /// The place of the current argument behind the command's name.
    private var place = 0
    private var bodyLength = 0
    private let watched: WatchedKeys?
    private let known: KnownCommands
    private var collector = DetailCollector()
    private var isName = false
    private var commandOffset = 0
    private var name: [UInt8] = []
    private var special: Special?
    /// What is known of the names that were met.
    private var met: [[UInt8]: Special?] = [:]
    private var specialArguments: [ByteString] = []
    private var touchedInCommand: [ByteString] = []
    private var gathered: [UInt8] = []
    private var input: [UInt8] = []

    /// - Parameters:
    ///   - watched: Keys whose commands are told with their arguments, once the command is whole.
    ///   - known: Commands that name all the keys that they change.
    init(
        prefix: ByteString,
        databases: [Int]? = nil,
        database: Int,
        offset: Int,
        watched: WatchedKeys? = nil,
        known: KnownCommands = KnownCommands()
    ) {
        self.prefix = prefix.bytes
        self.known = known
        self.watched = watched
        wanted = databases.map { Set($0) }
        self.database = database
        self.offset = offset
    }

    /// The end of the last whole command: the only place where a stream can be taken up again.
    var boundary: Int {
        if case .command = step { return offset }
        return commandOffset
    }

    mutating func consume(_ bytes: UnsafeRawBufferPointer, into touches: inout Touches) throws(RESPError) {
        guard input.isEmpty else {
            input.append(contentsOf: bytes)
            let whole = input
            input = []
            let used = try whole.span.bytes.withUnsafeBytes { (bytes) throws(RESPError) in try read(bytes, &touches) }
            input = Array(whole[used...])
            return
        }
        let used = try read(bytes, &touches)
        if used < bytes.count { input = Array(bytes[used...]) }
    }

    private mutating func read(_ bytes: UnsafeRawBufferPointer, _ touches: inout Touches) throws(RESPError) -> Int {
        var position = 0
        while try advance(bytes, &position, &touches) {}
        offset += position
        return position
    }

    private mutating func advance(
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int,
        _ touches: inout Touches
    ) throws(RESPError) -> Bool {
        switch step {
        case .command:
            return try beginCommand(bytes, &position)
        case .argument:
            guard let header = try RESPHeader.parse(bytes, at: position) else { return false }
            guard header.kind == .bulkString, header.number >= 0 else { throw .malformedLine }
            guard !isName || header.number <= Self.longestSpecial else { throw .tooLong(header.number) }
            position = header.end
            guard header.end + header.number + 2 <= bytes.count else {
                beginBody(length: header.number)
                return true
            }
            let whole = header.number + 2
            try RESPTerminator.check(bytes, from: header.end, count: whole, left: whole)
            let body = UnsafeRawBufferPointer(rebasing: bytes[header.end..<(header.end + header.number)])
            position += header.number + 2
            argument(body, &touches)
            endArgument(&touches)
            return true
        case .body(let left, let gathers):
            return try passBody(bytes, &position, left: left, gathers: gathers, &touches)
        }
    }

    private mutating func beginCommand(
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int
    ) throws(RESPError) -> Bool {
        // A lone newline keeps the link alive.
        if position < bytes.count, bytes[position] == 0x0A {
            position += 1
            return true
        }
        guard let header = try RESPHeader.parse(bytes, at: position) else { return false }
        guard header.kind == .array, header.number > 0 else { throw .malformedLine }
        commandOffset = offset + position
        position = header.end
        argumentsLeft = header.number
        place = -1
        isName = true
        step = .argument
        return true
    }

    private mutating func beginBody(length: Int) {
        let mayBeKey = length >= prefix.count
        step = .body(left: length + 2, gathers: isName || mayBeKey || isKept(length))
        bodyLength = length
        gathered = []
    }

    /// Whether an argument is kept although it is no key.
    private func isKept(_ length: Int) -> Bool {
        special != nil && length <= Self.longestSpecial
            || !collector.isEmpty && length <= DetailCollector.longestArgument
    }

    private mutating func passBody(
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int,
        left: Int,
        gathers: Bool,
        _ touches: inout Touches
    ) throws(RESPError) -> Bool {
        let count = min(left, bytes.count - position)
        guard count > 0 else { return false }
        // The newline of a key that was cut short by a damaged length would pass for one that keeps the link alive.
        try RESPTerminator.check(bytes, from: position, count: count, left: left)
        var gathers = gathers
        if gathers {
            gathered.append(contentsOf: bytes[position..<(position + count)])
            gathers =
                isName || isKept(bodyLength) || gathered.count < prefix.count || gathered.starts(with: prefix)
            if !gathers { gathered = [] }
        }
        position += count
        guard count == left else {
            step = .body(left: left - count, gathers: gathers)
            return true
        }
        if gathers {
            let whole = gathered
            gathered = []
            whole.withUnsafeBytes { argument(UnsafeRawBufferPointer(rebasing: $0.dropLast(2)), &touches) }
        } else {
            // It keeps the place of the arguments that follow.
            if special != nil { specialArguments.append("") }
            if !collector.isEmpty { collector.take(length: bodyLength) }
        }
        endArgument(&touches)
        return true
    }

    private mutating func argument(_ body: UnsafeRawBufferPointer, _ touches: inout Touches) {
        if !collector.isEmpty { collector.take(body) }
        if isName {
            setName(body)
        } else if body.count >= prefix.count, body.starts(with: prefix), special != .publish, special != .spublish {
            touch(body, in: database, place: place, &touches)
            if special != nil { touchedInCommand.append(ByteString(body)) }
        }
        if special != nil, !isName {
            specialArguments.append(body.count <= Self.longestSpecial ? ByteString(body) : "")
        }
    }

    private mutating func setName(_ body: UnsafeRawBufferPointer) {
        // Most commands repeat the one before, and what is known of it.
        guard !body.elementsEqual(name) else { return }
        name = Array(body)
        if let met = met[name] {
            special = met
            return
        }
        special = Special(rawValue: name.lowercasedText) ?? (known.contains(ByteString(name)) ? nil : .unknown)
        if met.count < Self.mostMet { met.updateValue(special, forKey: name) }
    }

    /// A watched key is told when the command is whole: its arguments may come later.
    private mutating func touch(
        _ key: UnsafeRawBufferPointer,
        in database: Int,
        place: Int,
        _ touches: inout Touches
    ) {
        guard wanted?.contains(database) ?? true else { return }
        if let watched, !watched.isEmpty, watched.contains(KeyHash(database: database, key: key)) {
            return collector.watch(key, database: database, position: place)
        }
        touches.append(key, database: database, offset: commandOffset, command: name)
    }

    private func clear(_ database: Int, isDoubt: Bool = false, _ touches: inout Touches) {
        guard wanted?.contains(database) ?? true || database == Touches.allDatabases else { return }
        touches.clearings.append(
            Touches.Clearing(database: database, offset: commandOffset, command: name, isDoubt: isDoubt)
        )
    }

    private mutating func tellWatched(_ touches: inout Touches) {
        for entry in collector.watched {
            touches.details[touches.touches.count] = collector.detail(of: entry)
            entry.key.withUnsafeBytes {
                touches.append($0, database: entry.database, offset: commandOffset, command: name)
            }
        }
        collector = DetailCollector()
    }

    private mutating func endArgument(_ touches: inout Touches) {
        isName = false
        place += 1
        argumentsLeft -= 1
        step = .argument
        guard argumentsLeft == 0 else { return }
        step = .command
        defer { if !collector.isEmpty { tellWatched(&touches) } }
        guard let special else { return }
        apply(special, &touches)
        specialArguments = []
        touchedInCommand = []
    }

    private mutating func apply(_ special: Special, _ touches: inout Touches) {
        let words = specialArguments.map { $0.text.lowercased() }
        switch special {
        case .select: database = words.first.flatMap { Int($0) } ?? database
        case .flushdb: clear(database, &touches)
        case .flushall: clear(Touches.allDatabases, &touches)
        case .swapdb:
            for database in words.compactMap({ Int($0) }) { clear(database, &touches) }
        case .move: touchAgain(in: words.last.flatMap { Int($0) }, &touches)
        case .copy:
            let option = words.dropFirst(2).firstIndex(of: "db")
            touchAgain(in: option.flatMap { $0 + 1 < words.count ? Int(words[$0 + 1]) : nil }, &touches)
        case .publish: specialArguments.first.map { published.append($0) }
        case .spublish: break
        case .replconf: ackRequested = ackRequested || words.first == "getack"
        case .eval, .evalsha, .fcall: clear(Touches.allDatabases, isDoubt: true, &touches)
        case .unknown: doubt(words, &touches)
        }
    }

    /// A command of which nothing is known. It may name a second database as MOVE and COPY do; one that names no key of the
    /// tenant may have changed any, and one that looks like FLUSHALL or SWAPDB counts as such.
    private mutating func doubt(_ words: [String], _ touches: inout Touches) {
        let numbers = words.compactMap { Int($0) }
        guard touchedInCommand.isEmpty else {
            for number in Set(numbers) where number >= 0 && number != database {
                clear(number, isDoubt: true, &touches)
            }
            return
        }
        let looksLikeFlush = words.isEmpty || words == ["async"] || words == ["sync"]
        let looksLikeSwap = words.count == 2 && numbers.count == 2
        clear(Touches.allDatabases, isDoubt: !looksLikeFlush && !looksLikeSwap, &touches)
    }

    /// MOVE and COPY … DB name a second database.
    private mutating func touchAgain(in database: Int?, _ touches: inout Touches) {
        guard let database else { return }
        for key in touchedInCommand {
            key.bytes.withUnsafeBytes { touch($0, in: database, place: .max, &touches) }
        }
    }
}

extension [UInt8] {
    fileprivate var lowercasedText: String { String(decoding: self, as: UTF8.self).lowercased() }
}

extension Touches {
    mutating func append(_ key: UnsafeRawBufferPointer, database: Int, offset: Int, command: [UInt8]) {
        encoded.appendBulk(key)
        let hash = KeyHash(database: database, key: key)
        touches.append(Touch(database: database, hash: hash, end: encoded.count, offset: offset, command: command))
    }
}
