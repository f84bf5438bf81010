/// An argument of a command on a watched key.
package struct CommandArgument: Equatable, Sendable {
    /// Nil where it is longer than is kept.
    package var bytes: [UInt8]?
    package var length: Int

    package init(_ bytes: [UInt8]) {
        self.bytes = bytes
        length = bytes.count
    }

    package init(length: Int) {
        bytes = nil
        self.length = length
    }

    /// Whether it is this word, in any case of letters.
    func says(_ word: String) -> Bool {
        length == word.utf8.count && bytes.map { String(decoding: $0, as: UTF8.self).uppercased() == word } ?? false
    }
}

/// How a command touched a watched key.
package struct CommandDetail: Equatable, Sendable {
    /// The key's place among the command's arguments; 0 is the one after the command's name.
    package var position: Int
    /// The arguments that follow the key.
    package var arguments: [CommandArgument]

    package init(position: Int, arguments: [CommandArgument]) {
        self.position = position
        self.arguments = arguments
    }
}

/// Gathers the arguments of one command for the watched keys in it.
struct DetailCollector: Sendable {
    struct Watched: Sendable {
        let key: [UInt8]
        let database: Int
        let position: Int
        /// How many arguments had been collected before the key's own followed.
        let start: Int
    }

    /// Longer ones are not kept: no name of a member that is worth it has more bytes.
    static let longestArgument = 16 << 10
    /// Bytes and arguments of one command that are kept; one that has more is told without detail.
    private static let mostBytes = 1 << 20
    private static let mostArguments = 20_000

    private(set) var watched: [Watched] = []
    private var arguments: [CommandArgument] = []
    private var bytes = 0

    var isEmpty: Bool { watched.isEmpty }

    mutating func watch(_ key: UnsafeRawBufferPointer, database: Int, position: Int) {
        watched.append(Watched(key: Array(key), database: database, position: position, start: arguments.count))
    }

    mutating func take(_ argument: UnsafeRawBufferPointer) {
        bytes += argument.count
        guard !isOverfull, argument.count <= Self.longestArgument else { return take(length: argument.count) }
        arguments.append(CommandArgument(Array(argument)))
    }

    mutating func take(length: Int) {
        guard !isOverfull else { return }
        arguments.append(CommandArgument(length: length))
    }

    /// Nil where there was too much to keep.
    func detail(of entry: Watched) -> CommandDetail? {
        guard !isOverfull else { return nil }
        return CommandDetail(
            position: entry.position,
            arguments: Array(arguments[min(entry.start, arguments.count)...])
        )
    }

    private var isOverfull: Bool {
        bytes > Self.mostBytes + Self.longestArgument || arguments.count > Self.mostArguments
    }
}
