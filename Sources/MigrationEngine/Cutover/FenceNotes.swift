import MigrationCore
import RESP

/// What the source's stream says while a fence is up.
struct FenceNotes: Sendable {
    /// A touch as the cutover needs it.
    struct Note: Equatable, Sendable {
        let shard: ShardID
        let database: Int
        /// Nil where the whole database was emptied or exchanged.
        let key: ByteString?
        let command: String
        /// Bytes of the stream before the command.
        let offset: Int
        /// It may be the source's own doing.
        let isDeletion: Bool
        /// The source says that it is its own doing.
        let isDeath: Bool
        /// The key itself is gone.
        let takesKey: Bool
    }

    /// What came behind the barrier.
    struct Findings: Equatable, Sendable {
        /// Commands that no source issues by itself, and the first of them.
        var writes = 0
        var firstWrite: Note?
        var deletions = 0
        var lastDeletion: Note?
    }

    /// Before the barrier is known, so many of the newest touches are kept at least: it is read within milliseconds.
    private static let fewest = 100_000

    private var early: [Note] = []
    /// Once it is known.
    private(set) var barrier: ShardOffsets?
    private var found = Findings()
    /// Keys that were deleted, or have expired or were evicted, behind the barrier.
    private(set) var taken: Set<KeyHash> = []

    /// Writes behind the barrier.
    var writes: Int { found.writes }
    /// Deletions behind the barrier that may be the source's own doing, or a client's.
    var deletions: Int { found.deletions }

    mutating func note(_ touches: Touches, shard: ShardID) {
        for clearing in touches.clearings where !clearing.isDoubt { add(Note(clearing, shard: shard)) }
        let begin = barrier?[shard]
        for index in touches.touches.indices {
            let touch = touches.touches[index]
            if let begin, touch.offset < begin { continue }
            guard touch.isWrite || touch.isDeletion || touch.takesKey else { continue }
            if barrier != nil, found.firstWrite != nil, touch.isWrite {
                found.writes += 1
            } else {
                add(Note(touches, index, shard: shard))
            }
        }
    }

    /// - Parameter barrier: Each shard's offset after the fence was up; the same in every call.
    mutating func findings(after barrier: ShardOffsets) -> Findings {
        guard self.barrier == nil else { return found }
        self.barrier = barrier
        for note in early { add(note) }
        early = []
        return found
    }

    private mutating func add(_ note: Note) {
        guard let barrier else {
            if early.count >= 2 * Self.fewest { early.removeFirst(Self.fewest) }
            early.append(note)
            return
        }
        guard note.offset >= barrier[note.shard] ?? 0 else { return }
        if note.takesKey, let key = note.key {
            taken.insert(KeyName(database: note.database, key: key).hash)
        }
        if note.isDeath { return }
        if note.isDeletion {
            // Valkey removes a hash whose last field has expired by two commands, and counts the field.
            if !note.follows(found.lastDeletion) { found.deletions += 1 }
            found.lastDeletion = note
        } else {
            found.writes += 1
            found.firstWrite = found.firstWrite ?? note
        }
    }
}

extension FenceNotes.Note {
    /// Whether this removes the hash whose last field the other one took.
    fileprivate func follows(_ other: FenceNotes.Note?) -> Bool {
        guard let other, takesKey, other.command == "HDEL" else { return false }
        return (other.shard, other.database) == (shard, database) && other.key == key
    }

    fileprivate init(_ touches: Touches, _ index: Int, shard: ShardID) {
        let touch = touches.touches[index]
        self.init(
            shard: shard,
            database: touch.database,
            key: touches.key(index),
            command: touch.commandName,
            offset: touch.offset,
            isDeletion: touch.isDeletion,
            isDeath: touch.origin == .death,
            takesKey: touch.takesKey
        )
    }

    fileprivate init(_ clearing: Touches.Clearing, shard: ShardID) {
        self.init(
            shard: shard,
            database: clearing.database,
            key: nil,
            command: clearing.commandName,
            offset: clearing.offset,
            isDeletion: false,
            isDeath: false,
            takesKey: false
        )
    }
}
