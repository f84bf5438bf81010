import MigrationCore
import RESP

/// A key in its database.
struct BigKey: Hashable, Sendable {
    let database: Int
    let key: ByteString

    var hash: KeyHash { key.bytes.withUnsafeBytes { KeyHash(database: database, key: $0) } }
}

/// The keys that a lane found too big for one payload. From then on they are the mover's, and so are their touches,
/// until one is small again or gone. They count as dirty and in flight like every other key.
struct BigValueTable: Sendable {
    /// One move of a value: what of it, and what the target has of it already.
    struct Job: Sendable {
        let key: BigKey
        let changes: BigChanges
        /// Nil where the target has none, or it is not known.
        let copy: BigCopy?
    }

    fileprivate struct Entry {
        var changes = BigChanges.whole
        /// The first tick of what has changed since the value was last taken; nil where nothing has.
        var dirtyTick: Int?
        /// The same of what is being moved.
        var movingTick: Int?
        /// Never equal yet: it counts as a scanned key.
        var isInitial: Bool
        /// Batches up to this one may still write the key.
        var ticket: Int
        var copy: BigCopy?
        /// Until then it may wait: reading a whole value again and again would be half of the source's work.
        var notBefore: ContinuousClock.Instant?
    }

    /// Bytes that the members noted for all keys together may take.
    private static let mostMemberBytes = 96 << 20

    private var entries: [BigKey: Entry] = [:]
    private var hashes: Set<KeyHash> = []
    private var memberBytes = 0
    /// Keys that cannot be moved in pieces: values of modules, and those of a few huge elements.
    private var indivisible: Set<BigKey> = []
    private let watched: WatchedKeys
    /// A fence is up, so whatever is dirty is moved at once.
    var isHurried = false

    init(watched: WatchedKeys) {
        self.watched = watched
    }

    /// No key needs to be looked up.
    var isEmpty: Bool { hashes.isEmpty }
    var movingCount: Int { entries.values.count { $0.movingTick != nil } }
    var initialCount: Int { entries.values.count(where: \.isInitial) }
    /// Keys of which the target does not have all; those that it has nothing of are counted by `initialCount`.
    var lagCount: Int { entries.values.count { !$0.isInitial && ($0.dirtyTick != nil || $0.movingTick != nil) } }
    var oldestTick: Int? {
        entries.values.lazy.compactMap { [$0.dirtyTick, $0.movingTick].compactMap(\.self).min() }.min()
    }

    func mayHold(_ hash: KeyHash) -> Bool { hashes.contains(hash) }
    func isIndivisible(_ key: BigKey) -> Bool { indivisible.contains(key) }

    /// A lane found the key to be big.
    mutating func add(_ key: BigKey, tick: Int, isInitial: Bool, ticket: Int) {
        if touch(key, .whole, tick: tick) {
            entries[key]?.ticket = ticket
            return
        }
        entries[key] = Entry(dirtyTick: tick, isInitial: isInitial, ticket: ticket)
        hashes.insert(key.hash)
        watched.insert(key.hash)
    }

    /// False where the key is none of the big ones.
    mutating func touch(_ key: BigKey, _ change: BigChange, tick: Int) -> Bool {
        guard let index = entries.index(forKey: key) else { return false }
        guard change != .nothing else { return true }
        let before = entries.values[index].changes.bytes
        entries.values[index].changes.add(change, room: before + Self.mostMemberBytes - memberBytes)
        memberBytes += entries.values[index].changes.bytes - before
        entries.values[index].dirtyTick = min(entries.values[index].dirtyTick ?? tick, tick)
        return true
    }

    /// These databases were emptied or exchanged as a whole.
    mutating func clear(_ databases: Set<Int>, tick: Int) {
        let all = databases.contains(Touches.allDatabases)
        for key in Array(entries.keys) where all || databases.contains(key.database) {
            _ = touch(key, .whole, tick: tick)
        }
    }

    /// What may wait need not any more.
    mutating func hurry() {
        for key in Array(entries.keys) { entries[key]?.notBefore = nil }
    }

    /// The next value to move, the one that has waited longest; nil where none is ready.
    mutating func take(at now: ContinuousClock.Instant, isWritten: (Int) -> Bool) -> Job? {
        let isHurried = isHurried
        let ready = entries.filter { _, entry in
            entry.dirtyTick != nil && entry.movingTick == nil && isWritten(entry.ticket)
                && (isHurried || entry.notBefore.map { $0 <= now } ?? true)
        }
        guard let key = ready.min(by: { ($0.value.dirtyTick ?? 0) < ($1.value.dirtyTick ?? 0) })?.key,
            var entry = entries.removeValue(forKey: key)
        else { return nil }
        memberBytes -= entry.changes.bytes
        let job = Job(key: key, changes: entry.copy == nil ? .whole : entry.changes, copy: entry.copy)
        entry.movingTick = entry.dirtyTick
        entry.dirtyTick = nil
        entry.changes = BigChanges()
        entries[key] = entry
        return job
    }

    /// The target has the value as it was when it was taken, or later.
    mutating func moved(_ key: BigKey, _ copy: BigCopy, notBefore: ContinuousClock.Instant?) {
        entries[key]?.movingTick = nil
        entries[key]?.isInitial = false
        entries[key]?.copy = copy
        entries[key]?.notBefore = notBefore
    }

    /// It has to be moved again, whole.
    mutating func failed(_ key: BigKey, notBefore: ContinuousClock.Instant?) {
        guard let tick = entries[key]?.movingTick else { return }
        _ = touch(key, .whole, tick: tick)
        entries[key]?.movingTick = nil
        entries[key]?.copy = nil
        entries[key]?.notBefore = notBefore
    }

    /// The key goes the way of all others again. Returns the tick from which on it is dirty.
    mutating func remove(_ key: BigKey, isIndivisible: Bool) -> Int? {
        guard let entry = entries.removeValue(forKey: key) else { return nil }
        memberBytes -= entry.changes.bytes
        if isIndivisible { indivisible.insert(key) }
        if !entries.keys.contains(where: { $0.hash == key.hash }) {
            watched.remove(key.hash)
            if !isIndivisible { hashes.remove(key.hash) }
        }
        return [entry.dirtyTick, entry.movingTick].compactMap(\.self).min()
    }

    var hasWaiting: Bool { entries.values.contains { $0.dirtyTick != nil } }
}
