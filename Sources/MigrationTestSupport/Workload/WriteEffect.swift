/// Why an answer is not the one that the acknowledged writes before it allow.
struct UnexpectedAnswer: Error {
    let expected: String
}

extension Write {
    /// Does the write to `states` and compares the answer with the one it must have; without an answer the most likely
    /// outcome is assumed. `window` is when the server did it, in milliseconds since 1970.
    func perform(
        on states: inout [ModelKey: ModelState],
        _ reply: Reply?,
        _ window: ClosedRange<Int>
    ) throws(UnexpectedAnswer) {
        switch self {
        case .rename(let from, let to):
            guard states[from]?.value != .absent else {
                return try Self.check(reply, .error("ERR no such key"), "no key to rename")
            }
            try Self.check(reply, .ok, "a key to rename")
            states[to] = states[from]
            states[from] = .absent
        case .copy(let from, let to):
            let exists = states[from]?.value != .absent
            try Self.check(reply, .integer(exists ? 1 : 0), "a key to copy")
            if exists { states[to] = states[from] }
        case .move(let from, let to):
            let moves = states[from]?.value != .absent && states[to]?.value == .absent
            try Self.check(reply, .integer(moves ? 1 : 0), "a key to move")
            guard moves else { return }
            states[to] = states[from]
            states[from] = .absent
        case .script(let counter, let list, let element):
            try Write.increment(counter, by: 1).perform(on: &states, reply, window)
            try Write.push(list, element, head: false).perform(on: &states, nil, window)
        case .transaction(let writes):
            if let reply, reply.array?.count != writes.count { throw UnexpectedAnswer(expected: "an answer for each") }
            for (index, write) in writes.enumerated() { try write.perform(on: &states, reply?.array?[index], window) }
        default:
            guard let key = keys.first else { return }
            var state = states[key] ?? .absent
            try perform(on: &state, reply, window)
            states[key] = state
        }
    }

    /// The writes to one key.
    private func perform(
        on state: inout ModelState,
        _ reply: Reply?,
        _ window: ClosedRange<Int>
    ) throws(UnexpectedAnswer) {
        let exists = state.value != .absent
        switch self {
        case .set(_, let value, let time):
            try Self.check(reply, .ok, "OK")
            state.value = .string(value)
            state.expiry = time.map { window.shifted(by: $0) }
        case .increment(_, let step):
            let sum = (Int(String(decoding: state.value.bytes, as: UTF8.self)) ?? 0) + step
            try Self.check(reply, .integer(sum), "\(sum)")
            state.value.bytes = sum.argumentBytes
        case .append(_, let bytes):
            state.value.bytes += bytes
            try Self.check(reply, .integer(state.value.bytes.count), "length \(state.value.bytes.count)")
        case .expire(_, let time):
            try Self.check(reply, .integer(exists ? 1 : 0), "\(exists ? 1 : 0)")
            if exists { state.expiry = window.shifted(by: time) }
        case .persist:
            try Self.check(reply, .integer(state.expiry == nil ? 0 : 1), "\(state.expiry == nil ? 0 : 1)")
            state.expiry = nil
        case .delete:
            try Self.check(reply, .integer(exists ? 1 : 0), "\(exists ? 1 : 0)")
            state = .absent
        case .fill(_, let value):
            try Self.check(reply, .integer(value.count), "\(value.count)")
            state.value = value
        case .createGroup, .addEntry, .readGroup, .acknowledge, .deleteEntry:
            try perform(on: &state.value.stream, reply)
        default: try perform(on: &state.value, reply)
        }
    }

    /// The writes to lists, hashes and sets.
    private func perform(on value: inout ModelValue, _ reply: Reply?) throws(UnexpectedAnswer) {
        switch self {
        case .push(_, let element, let head):
            value.elements.insert(element, at: head ? 0 : value.elements.count)
            try Self.check(reply, .integer(value.elements.count), "length \(value.elements.count)")
        case .pop(_, let head):
            let element = head ? value.elements.first : value.elements.last
            try Self.check(reply, element.map(Reply.bulk) ?? .null, element?.printable ?? "nothing")
            if element != nil { value.elements.remove(at: head ? 0 : value.elements.count - 1) }
        case .hashIncrement(_, let field, let step):
            let old = value.fields[field].flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
            try Self.check(reply, .integer(old + step), "\(old + step)")
            value.fields[field] = (old + step).argumentBytes
        case .addMember(_, let member):
            let added = value.members.insert(member).inserted
            try Self.check(reply, .integer(added ? 1 : 0), "\(added ? 1 : 0)")
        case .popMember:
            guard let reply else { return }
            let popped = reply.bytes.flatMap { value.members.remove($0) }
            if popped == nil, reply != .null || value != .absent { throw UnexpectedAnswer(expected: "a member") }
        case .scoreIncrement(_, let member, let step):
            let sum = (value.scores[member] ?? 0) + step
            if let reply, reply.double != sum { throw UnexpectedAnswer(expected: "\(sum)") }
            value.scores[member] = sum
        default: break
        }
    }

    private func perform(on stream: inout ModelStream, _ reply: Reply?) throws(UnexpectedAnswer) {
        switch self {
        case .createGroup: try Self.check(reply, .ok, "OK")
        case .addEntry(_, let payload):
            guard let reply else { return }
            guard let id = reply.bytes else { throw UnexpectedAnswer(expected: "an id") }
            let entry = ModelStream.Entry(id: id, payload: payload)
            stream.entries.append(entry)
            stream.undelivered.append(entry)
        case .readGroup(_, let consumer, let count):
            let delivered = Array(stream.undelivered.prefix(count))
            if let reply, Self.delivered(reply) != delivered {
                throw UnexpectedAnswer(expected: "\(delivered.count) entries that were not delivered before")
            }
            stream.undelivered.removeFirst(delivered.count)
            for entry in delivered { stream.pending[entry.id] = consumer }
            stream.lastDelivered = delivered.last?.id ?? stream.lastDelivered
        case .acknowledge(_, let id):
            let known = stream.pending.removeValue(forKey: id) != nil
            try Self.check(reply, .integer(known ? 1 : 0), "\(known ? 1 : 0)")
        case .deleteEntry(_, let id):
            let known = stream.entries.contains { $0.id == id }
            try Self.check(reply, .integer(known ? 1 : 0), "\(known ? 1 : 0)")
            stream.entries.removeAll { $0.id == id }
            stream.undelivered.removeAll { $0.id == id }
        default: break
        }
    }

    /// The entries in an answer of XREADGROUP for one stream.
    private static func delivered(_ reply: Reply) -> [ModelStream.Entry] {
        let entries = reply.array?.first?.array?.last?.array ?? []
        return entries.compactMap { entry in
            guard let parts = entry.array, let id = parts.first?.bytes else { return nil }
            return ModelStream.Entry(id: id, payload: parts.last?.array?.last?.bytes ?? [])
        }
    }

    private static func check(_ reply: Reply?, _ expected: Reply?, _ words: String) throws(UnexpectedAnswer) {
        if let reply, reply != expected { throw UnexpectedAnswer(expected: words) }
    }
}

extension Reply {
    fileprivate static let ok = Reply.simple(Bytes("OK".utf8))
}

extension ClosedRange<Int> {
    fileprivate func shifted(by offset: Int) -> ClosedRange<Int> { (lowerBound + offset)...(upperBound + offset) }
}
