/// What every key of one writer must hold. One writer alone writes to its keys, so this is exact, not a sum.
struct WorkloadModel: Sendable {
    /// A state that a key may have.
    enum Candidate: Equatable, Sendable {
        case exactly(ModelState)
        /// A set of which one unknown member was popped, or a stream with one more entry of this payload.
        case lessOneMember(Set<Bytes>)
        case oneMoreEntry(ModelStream, payload: Bytes)
    }

    enum Record: Sendable {
        case known(ModelState)
        /// A write got no answer: any of these. The key is not written again.
        case uncertain([Candidate])
        /// An answer was wrong already; the violation is recorded, the key is not looked at again.
        case violated
    }

    private(set) var records: [ModelKey: Record] = [:]

    func state(_ key: ModelKey) -> ModelState {
        if case .known(let state) = records[key] { state } else { .absent }
    }

    /// Takes in an acknowledged write. Returns what is wrong with its answer: a write before it was lost or doubled.
    mutating func apply(_ write: Write, _ reply: Reply, _ window: ClosedRange<Int>) -> String? {
        var expected: [String] = []
        for states in possibleStates(write.keys, window) {
            var states = states
            do throws(UnexpectedAnswer) {
                try write.perform(on: &states, reply, window)
                for (key, state) in states { records[key] = .known(state) }
                return nil
            } catch {
                expected.append(error.expected)
            }
        }
        for key in write.keys { records[key] = .violated }
        let names = write.keys.map { "db\($0.database) \($0.name.printable)" }.joined(separator: ", ")
        return "\(names): \(write) was answered \(reply), expected \(expected.joined(separator: " or "))"
    }

    /// Takes in a write that got no answer: it may have been done or not.
    mutating func applyUnanswered(_ write: Write, _ window: ClosedRange<Int>) {
        var candidates: [ModelKey: [Candidate]] = [:]
        for before in possibleStates(write.keys, window) {
            var after = before
            // Without an answer nothing can be unexpected: a command that would fail changes nothing.
            try? write.perform(on: &after, nil, window)
            for key in write.keys {
                let states = [before[key], after[key]].compactMap { $0.map(Candidate.exactly) }
                candidates[key, default: []] += states + Self.special(write, before[key] ?? .absent)
            }
        }
        for (key, list) in candidates { records[key] = .uncertain(list) }
    }

    /// Outcomes that only the server knows.
    private static func special(_ write: Write, _ before: ModelState) -> [Candidate] {
        switch write {
        case .popMember: [.lessOneMember(before.value.members)]
        case .addEntry(_, let payload): [.oneMoreEntry(before.value.stream, payload: payload)]
        default: []
        }
    }

    /// Every combination of alive and expired that the keys may have had in `window`; nearly always one.
    private func possibleStates(_ keys: [ModelKey], _ window: ClosedRange<Int>) -> [[ModelKey: ModelState]] {
        keys.reduce([[:]]) { combinations, key in
            combinations.flatMap { states in
                state(key).variants(in: window).map { variant in states.merging([key: variant]) { $1 } }
            }
        }
    }
}
