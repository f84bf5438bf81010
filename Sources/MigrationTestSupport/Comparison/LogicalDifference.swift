extension LogicalValue {
    /// What differs, in words; nil when both are the same.
    package static func difference(_ source: LogicalValue, _ target: LogicalValue) -> String? {
        if source == target { return nil }
        switch (source, target) {
        case (.none, _): return "is only at the target (\(target.typeName))"
        case (_, .none): return "is only at the source (\(source.typeName))"
        case (.string(let left), .string(let right)):
            return "string of \(left.count) bytes \(sample(left)) became \(right.count) bytes \(sample(right))"
        case (.list(let left), .list(let right)): return listDifference(left, right)
        case (.set(let left), .set(let right)):
            return "set: \(left.subtracting(right).count) members missing, \(right.subtracting(left).count) too many"
        case (.hash(let left), .hash(let right)): return mapDifference("hash", left, right) { $0.description }
        case (.sortedSet(let left), .sortedSet(let right)):
            return mapDifference("sorted set", left, right) { "\(Double(bitPattern: $0))" }
        case (.stream(let left), .stream(let right)): return streamDifference(left, right)
        case (.vectorSet(let left), .vectorSet(let right)):
            if left.facts != right.facts { return "vector set: \(left.facts) became \(right.facts)" }
            return mapDifference("vector set", left.elements, right.elements) { "\($0)" }
        case (.other(let left, _), .other(let right, _)) where left == right: return "\(left): contents differ"
        default: return "type \(source.typeName) became \(target.typeName)"
        }
    }

    package var typeName: String {
        switch self {
        case .none: "none"
        case .string: "string"
        case .list: "list"
        case .set: "set"
        case .hash: "hash"
        case .sortedSet: "sorted set"
        case .stream: "stream"
        case .vectorSet: "vector set"
        case .other(let name, _): name
        case .unreadable(let error): "unreadable: \(error)"
        }
    }

    private static func sample(_ bytes: Bytes) -> String { "\"\(Bytes(bytes.prefix(24)).printable)\"" }

    private static func listDifference(_ left: [Bytes], _ right: [Bytes]) -> String {
        let at = zip(left, right).enumerated().first { $1.0 != $1.1 }?.offset ?? min(left.count, right.count)
        let values = [left, right].map { at < $0.count ? sample($0[at]) : "nothing" }
        return "list of \(left.count) became \(right.count); first at index \(at): \(values[0]), \(values[1])"
    }

    private static func mapDifference<Value: Equatable>(
        _ type: String,
        _ left: [Bytes: Value],
        _ right: [Bytes: Value],
        _ show: (Value) -> String
    ) -> String {
        let missing = left.keys.filter { right[$0] == nil }
        let added = right.keys.filter { left[$0] == nil }
        let changed = left.keys.filter { right[$0] != nil && right[$0] != left[$0] }
        var text = "\(type): \(missing.count) missing, \(added.count) too many, \(changed.count) changed"
        if let first = changed.first, let old = left[first], let new = right[first] {
            text += "; \(sample(first)) was \(show(old)), is \(show(new))"
        }
        return text
    }

    private static func streamDifference(_ left: StreamState, _ right: StreamState) -> String? {
        let (left, right) = (left.reduced(to: right), right.reduced(to: left))
        if left == right { return nil }
        var parts: [String] = []
        if left.entries != right.entries {
            parts.append("entries differ (\(left.entries.count), \(right.entries.count))")
        }
        if left.lastGenerated != right.lastGenerated {
            parts.append("last id \(left.lastGenerated.printable), \(right.lastGenerated.printable)")
        }
        if left.maxDeleted != right.maxDeleted {
            parts.append("max deleted id \(shown(left.maxDeleted)), \(shown(right.maxDeleted))")
        }
        if left.firstRecorded != right.firstRecorded {
            parts.append("recorded first id \(shown(left.firstRecorded)), \(shown(right.firstRecorded))")
        }
        if left.entriesAdded != right.entriesAdded {
            parts.append("entries added \(left.entriesAdded ?? -1), \(right.entriesAdded ?? -1)")
        }
        for name in Set(left.groups.keys).union(right.groups.keys) where left.groups[name] != right.groups[name] {
            parts.append("group \(name.printable): " + groupDifference(left.groups[name], right.groups[name]))
        }
        return "stream: " + parts.joined(separator: "; ")
    }

    private static func shown(_ id: Bytes?) -> String { id?.printable ?? "none" }

    private static func groupDifference(_ left: StreamState.Group?, _ right: StreamState.Group?) -> String {
        guard let left else { return "only at the target" }
        guard let right else { return "only at the source" }
        if left.lastDelivered != right.lastDelivered { return "last delivered id differs" }
        if left.entriesRead != right.entriesRead {
            return "entries read \(left.entriesRead ?? -1), \(right.entriesRead ?? -1)"
        }
        if left.lag != right.lag { return "lag \(left.lag ?? -1), \(right.lag ?? -1)" }
        if left.consumers != right.consumers { return "consumers differ" }
        return "pending entries differ (\(left.pending.count), \(right.pending.count))"
    }
}

extension LogicalValue.Field: CustomStringConvertible {
    package var description: String { value.printable + (expiry.map { " until \($0)" } ?? "") }
}
