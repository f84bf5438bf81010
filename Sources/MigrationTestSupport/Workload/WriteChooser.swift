/// Chooses the next write of one connection: all kinds of keys, some of each, in no particular order.
struct WriteChooser {
    private enum Kind: String, CaseIterable {
        case counter, text, list, hash, set, zset, stream, volatile, renewed, wander, bundle, script
    }

    private let home: Bytes
    private let databases: [Int]
    private let slots: Int
    private let hasBigValues: Bool
    private var random: SplitMix64
    private var sequence = 0
    /// Names that are no longer used, because a write to them got no answer.
    private var generations: [Bytes: Int] = [:]

    /// - Parameters:
    ///   - home: What all names start with.
    ///   - slots: How many keys of each kind.
    ///   - hasBigValues: Whether there is a value of more than 64 KB of each type, too.
    init(home: Bytes, databases: [Int], slots: Int, hasBigValues: Bool = false, seed: UInt64) {
        self.home = home
        self.databases = databases
        self.slots = slots
        self.hasBigValues = hasBigValues
        random = SplitMix64(seed: seed)
    }

    /// Gives the keys' places new names.
    mutating func retire(_ keys: [ModelKey]) {
        for key in keys {
            let base = Bytes(key.name.prefix { $0 != UInt8(ascii: "~") })
            generations[base, default: 0] += 1
        }
    }

    mutating func next(_ model: WorkloadModel) -> Write {
        if hasBigValues, random.chance(1, in: 3) { return big(model) }
        let slot = random.below(slots)
        switch random.pick(Kind.allCases) {
        case .counter: return counter(key(.counter, slot))
        case .text: return text(key(.text, slot), model)
        case .list: return list(key(.list, slot), model)
        case .hash: return .hashIncrement(key(.hash, slot), field: "f\(random.below(12))".argumentBytes, by: step())
        case .set: return set(key(.set, slot), model)
        case .zset: return sortedSet(key(.zset, slot))
        case .stream: return stream(key(.stream, slot), model)
        case .volatile: return .set(key(.volatile, slot), unique(), expiresIn: 1 + random.below(2000))
        case .renewed: return renewed(key(.renewed, slot), model)
        case .wander: return wander(slot, model)
        case .bundle: return bundle(slot)
        case .script: return .script(key(.counter, slot), key(.list, slot), unique())
        }
    }

    private func key(_ kind: Kind, _ slot: Int, _ tail: String = "", shift: Int = 0) -> ModelKey {
        let base = home + Bytes("\(kind.rawValue):\(slot)\(tail)".utf8)
        let generation = generations[base].map { Bytes("~\($0)".utf8) } ?? []
        return ModelKey(database: databases[(slot + shift) % databases.count], name: base + generation)
    }

    /// Bytes that no other write of this connection carries.
    private mutating func unique() -> Bytes {
        sequence += 1
        return "\(sequence)".argumentBytes + (random.chance(1, in: 4) ? random.bytes(9) : [])
    }

    private mutating func step() -> Int { random.below(200) - 90 }

    private mutating func counter(_ key: ModelKey) -> Write {
        random.chance(1, in: 50) ? .delete(key) : .increment(key, by: step())
    }

    private mutating func text(_ key: ModelKey, _ model: WorkloadModel) -> Write {
        model.state(key).value.bytes.count > 400 ? .delete(key) : .append(key, unique())
    }

    private mutating func list(_ key: ModelKey, _ model: WorkloadModel) -> Write {
        let count = model.state(key).value.elements.count
        if count > 100 || (count > 0 && random.chance(2, in: 5)) { return .pop(key, head: random.chance(3, in: 4)) }
        return .push(key, unique(), head: random.chance(1, in: 3))
    }

    private mutating func set(_ key: ModelKey, _ model: WorkloadModel) -> Write {
        let count = model.state(key).value.members.count
        if count > 60 || (count > 0 && random.chance(1, in: 3)) { return .popMember(key) }
        return .addMember(key, unique())
    }

    private mutating func sortedSet(_ key: ModelKey) -> Write {
        if random.chance(1, in: 60) { return .delete(key) }
        let step = random.pick([1, 0.1, -0.3, 1.65e-07, 1e15, 3.5])
        return .scoreIncrement(key, member: "m\(random.below(15))".argumentBytes, by: step)
    }

    private mutating func stream(_ key: ModelKey, _ model: WorkloadModel) -> Write {
        let state = model.state(key)
        guard state.value != .absent else { return .createGroup(key) }
        let stream = state.value.stream
        if stream.entries.count > 60 || stream.pending.count > 40 { return .delete(key) }
        let pending = random.chance(1, in: 2) ? oldestPending(stream) : nil
        switch random.below(6) {
        case 0, 1:
            return .readGroup(key, consumer: random.pick(["ann", "bob"]).argumentBytes, count: 1 + random.below(3))
        case 2: return pending.map { .acknowledge(key, $0) } ?? .addEntry(key, unique())
        case 3 where stream.entries.count > 5: return .deleteEntry(key, random.pick(stream.entries).id)
        default: return .addEntry(key, unique())
        }
    }

    /// A key that always has an expiry soon and gets a new one again and again.
    private mutating func renewed(_ key: ModelKey, _ model: WorkloadModel) -> Write {
        guard model.state(key).value != .absent else { return .set(key, unique(), expiresIn: 3000) }
        if random.chance(1, in: 20) { return .persist(key) }
        if random.chance(1, in: 10) { return .set(key, unique(), expiresIn: 1500) }
        return .expire(key, in: 1500 + random.below(4000))
    }

    /// A list that changes its name and its database.
    private mutating func wander(_ slot: Int, _ model: WorkloadModel) -> Write {
        let home = key(.wander, slot)
        let other = key(.wander, slot, ":renamed")
        // The copy has a name of its own: a key cannot be copied onto itself when there is only one database.
        let copy = key(.wander, slot, ":copy", shift: 1)
        let away = ModelKey(database: databases[(slot + 1) % databases.count], name: home.name)
        let places = [home, other, copy, away].filter { model.state($0).value != .absent }
        guard let place = places.isEmpty ? nil : random.pick(places), random.chance(2, in: 3) else {
            return .push(home, unique(), head: false)
        }
        if model.state(place).value.elements.count > 50 || random.chance(1, in: 15) { return .delete(place) }
        if random.chance(1, in: 6) { return .expire(place, in: 500 + random.below(3000)) }
        if place == home {
            if away != home, random.chance(1, in: 4) { return .move(home, away) }
            return random.chance(1, in: 2) ? .rename(home, other) : .copy(home, copy)
        }
        if place == other { return random.chance(1, in: 2) ? .rename(other, home) : .copy(other, copy) }
        return .push(place, unique(), head: true)
    }

    private mutating func bundle(_ slot: Int) -> Write {
        .transaction([
            .increment(key(.counter, slot), by: 1),
            .push(key(.list, slot), unique(), head: false),
            .hashIncrement(key(.hash, slot), field: Bytes("bundle".utf8), by: 1),
        ])
    }
}

// MARK: - Big values

extension WriteChooser {
    /// More than one page of a move in pieces, and more than 64 KB.
    private static let elements = 1200

    private mutating func big(_ model: WorkloadModel) -> Write {
        let kind = random.pick([Kind.text, .list, .hash, .set, .zset, .stream])
        let key = key(kind, 0, ":big")
        guard model.state(key).value != .absent else { return fill(key, kind) }
        switch random.below(60) {
        case 0: return .delete(key)
        case 1: return .expire(key, in: 600_000 + random.below(1_000_000))
        case 2: return .persist(key)
        default: break
        }
        switch kind {
        case .text: return .append(key, unique())
        case .list: return random.chance(1, in: 2) ? .pop(key, head: true) : .push(key, unique(), head: false)
        case .hash: return .hashIncrement(key, field: member(random.below(2 * Self.elements)), by: step())
        case .set: return random.chance(1, in: 2) ? .popMember(key) : .addMember(key, unique())
        case .zset: return .scoreIncrement(key, member: member(random.below(2 * Self.elements)), by: 0.1)
        default: return bigStream(key, model.state(key).value.stream)
        }
    }

    /// It grows by single entries: what became of several in one command without an answer could not be told.
    private mutating func bigStream(_ key: ModelKey, _ stream: ModelStream) -> Write {
        guard stream.entries.count > 90 else { return .addEntry(key, unique() + random.bytes(1000)) }
        switch random.below(5) {
        case 0: return .readGroup(key, consumer: Bytes("ann".utf8), count: 1 + random.below(3))
        case 1: return oldestPending(stream).map { .acknowledge(key, $0) } ?? .addEntry(key, unique())
        case 2: return .deleteEntry(key, random.pick(stream.entries).id)
        default: return .addEntry(key, unique())
        }
    }

    private func oldestPending(_ stream: ModelStream) -> Bytes? {
        stream.pending.keys.min { $0.lexicographicallyPrecedes($1) }
    }

    private func member(_ number: Int) -> Bytes { "member \(number) of a big value, which is long".argumentBytes }

    private mutating func fill(_ key: ModelKey, _ kind: Kind) -> Write {
        let names = (0..<Self.elements).map(member)
        switch kind {
        case .text: return .fill(key, .string(random.bytes(150_000)))
        case .list: return .fill(key, .list(names))
        case .hash: return .fill(key, .hash(Dictionary(uniqueKeysWithValues: names.map { ($0, Bytes("7".utf8)) })))
        case .set: return .fill(key, .set(Set(names)))
        case .zset: return .fill(key, .sortedSet(Dictionary(uniqueKeysWithValues: names.map { ($0, 0.5) })))
        default: return .createGroup(key)
        }
    }
}
