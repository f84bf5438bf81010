/// What a `LiveWriter` was told, to be held against what a server holds.
package struct Ledger: Sendable {
    private let records: [ModelKey: WorkloadModel.Record]
    /// Answers that contradict the acknowledged writes before them, noticed while writing.
    package let wrongAnswers: [String]
    package let statistics: WriterStatistics

    init(models: [WorkloadModel], answers: [String], statistics: WriterStatistics) {
        records = models.reduce(into: [:]) { $0.merge($1.records) { $1 } }
        wrongAnswers = answers
        self.statistics = statistics
    }

    package var keys: Int { records.count }

    package func check(on server: RedisServer) throws -> [String] { try check(on: server.endpoint) }

    /// Everything that is not as acknowledged: lost or doubled writes, keys that came back, wrong expiries. Empty when
    /// all is well. Blocks the thread; nothing may write to the server meanwhile.
    package func check(on endpoint: Endpoint) throws -> [String] {
        var problems = wrongAnswers
        for (database, keys) in Dictionary(grouping: records.keys, by: \.database).sorted(by: { $0.key < $1.key }) {
            let socket = try RESPSocket(endpoint, database: database)
            for start in stride(from: 0, to: keys.count, by: 100) {
                problems += try check(Array(keys[start..<min(start + 100, keys.count)]), socket)
            }
        }
        return problems
    }

    private func check(_ keys: [ModelKey], _ socket: RESPSocket) throws -> [String] {
        let began = WallClock.milliseconds
        let names = keys.map(\.name)
        let expiries = try Expiry.read(names, socket)
        let values = try LogicalValue.read(names, socket)
        let window = began...WallClock.milliseconds
        return keys.indices.compactMap { index in
            let observed = Observation(value: values[index], expiry: expiries[index], window: window)
            guard let record = records[keys[index]], let problem = observed.problem(record) else { return nil }
            return "db\(keys[index].database) \(names[index].printable): \(problem)"
        }
    }
}

/// A key as a server showed it, some time within `window` (milliseconds since 1970).
private struct Observation {
    let value: LogicalValue
    let expiry: Expiry
    let window: ClosedRange<Int>

    func problem(_ record: WorkloadModel.Record) -> String? {
        switch record {
        case .violated: return nil
        case .known(let state):
            return matches(state) ? nil : state.problem(value, expiry)
        case .uncertain(let candidates):
            return candidates.contains(where: matches) ? nil : "is none of what an unanswered write could have left"
        }
    }

    private func matches(_ candidate: WorkloadModel.Candidate) -> Bool {
        switch candidate {
        case .exactly(let state): return matches(state)
        case .lessOneMember(let members):
            guard case .set(let left) = value else { return value == .none && members.count == 1 }
            return left.isSubset(of: members) && left.count == members.count - 1
        case .oneMoreEntry(let stream, let payload):
            guard case .stream(let observed) = value, let last = observed.entries.last else { return false }
            var expected = stream
            expected.entries.append(ModelStream.Entry(id: last.id, payload: payload))
            return expected.matches(observed)
        }
    }

    private func matches(_ state: ModelState) -> Bool {
        state.variants(in: window).contains { variant in
            // The value is read after the expiry: the key may be gone by then.
            guard variant.value != .absent else { return value == .none }
            return variant.value.matches(value) && matches(variant.expiry)
        }
    }

    private func matches(_ expected: ClosedRange<Int>?) -> Bool {
        switch (expected, expiry) {
        case (nil, .never): return true
        case (let range?, .at(let time)):
            return time >= range.lowerBound - ModelState.tolerance && time <= range.upperBound + ModelState.tolerance
        default: return false
        }
    }
}

extension ModelState {
    /// The difference in words.
    fileprivate func problem(_ observed: LogicalValue, _ expiry: Expiry) -> String {
        if value.matches(observed) {
            return "expiry is \(expiry), acknowledged was \(self.expiry.map { "\($0)" } ?? "none")"
        }
        switch (value, observed) {
        case (.absent, _): return "was deleted or has expired, but is there (\(observed.typeName))"
        case (_, .none): return "is lost"
        case (.list(let wanted), .list(let found)): return Self.listProblem(wanted, found)
        case (.string(let wanted), .string(let found)):
            return "holds \(found.printable), acknowledged was \(wanted.printable)"
        default: return LogicalValue.difference(value.logical ?? .none, observed) ?? "is not as acknowledged"
        }
    }

    private static func listProblem(_ wanted: [Bytes], _ found: [Bytes]) -> String {
        let missing = Set(wanted).subtracting(found).count
        let alien = Set(found).subtracting(wanted).count
        return "list: \(missing) acknowledged elements lost, \(found.count - Set(found).count) doubled, "
            + "\(alien) not acknowledged, \(found.count) of \(wanted.count)"
    }
}

extension ModelValue {
    /// The same value as a server shows it; nil for streams, which show more than is modelled.
    fileprivate var logical: LogicalValue? {
        switch self {
        case .absent: LogicalValue.none
        case .string(let bytes): .string(bytes)
        case .list(let elements): .list(elements)
        case .set(let members): .set(members)
        case .hash(let fields): .hash(fields.mapValues { LogicalValue.Field($0) })
        case .sortedSet(let scores): .sortedSet(scores.mapValues(\.bitPattern))
        case .stream: nil
        }
    }

    fileprivate func matches(_ observed: LogicalValue) -> Bool {
        if case .stream(let expected) = self, case .stream(let stream) = observed { return expected.matches(stream) }
        return logical == observed
    }
}

extension ModelStream {
    fileprivate func matches(_ observed: StreamState) -> Bool {
        let entries = observed.entries.map { Entry(id: $0.id, payload: $0.fields.last ?? []) }
        guard entries == self.entries, let group = observed.groups[Bytes("g".utf8)] else { return false }
        return group.lastDelivered == lastDelivered
            && pending == Dictionary(group.pending.map { ($0.id, $0.consumer) }) { $1 }
    }
}
