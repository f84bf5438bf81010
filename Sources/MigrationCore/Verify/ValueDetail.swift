import RESP

/// Names the first place where two values differ, from whole replies of the command that reads their type. Fields and
/// ids are named, values never.
package enum ValueDetail {
    /// Nil where the replies are equal or are not what the type's command answers.
    package static func difference(type: String, source: RESPValue, target: RESPValue) -> String? {
        switch type {
        case "string": string(source, target)
        case "list": list(source, target)
        case "set": set(source, target)
        case "hash": hash(source, target)
        case "zset": sortedSet(source, target)
        case "stream": stream(source, target)
        default: nil
        }
    }

    private static func string(_ source: RESPValue, _ target: RESPValue) -> String? {
        guard let ours = source.bytes?.bytes, let theirs = target.bytes?.bytes, ours != theirs else { return nil }
        guard ours.count == theirs.count else {
            return "value: \(ours.count) bytes at the source, \(theirs.count) at the target"
        }
        return zip(ours, theirs).enumerated().first { $1.0 != $1.1 }.map { "value: the byte at offset \($0.offset)" }
    }

    private static func list(_ source: RESPValue, _ target: RESPValue) -> String? {
        guard let ours = source.elements, let theirs = target.elements, ours != theirs else { return nil }
        guard ours.count == theirs.count else {
            return "elements: \(ours.count) at the source, \(theirs.count) at the target"
        }
        return zip(ours, theirs).enumerated().first { $1.0 != $1.1 }.map { "the element at index \($0.offset)" }
    }

    private static func set(_ source: RESPValue, _ target: RESPValue) -> String? {
        guard let ours = source.elements, let theirs = target.elements else { return nil }
        let (left, right) = (Set(ours.compactMap(\.bytes)), Set(theirs.compactMap(\.bytes)))
        guard left != right else { return nil }
        let counts = (left.subtracting(right).count, right.subtracting(left).count)
        return "members: \(counts.0) only at the source, \(counts.1) only at the target"
    }

    private static func hash(_ source: RESPValue, _ target: RESPValue) -> String? {
        guard let ours = pairs(source), let theirs = pairs(target) else { return nil }
        for field in Set(ours.keys).union(theirs.keys).sorted() {
            switch (ours[field], theirs[field]) {
            case (_?, nil): return "field \(shortened(field)) only at the source"
            case (nil, _?): return "field \(shortened(field)) only at the target"
            case (let left, let right): if left != right { return "the value of field \(shortened(field))" }
            }
        }
        return nil
    }

    private static func sortedSet(_ source: RESPValue, _ target: RESPValue) -> String? {
        guard let ours = pairs(source), let theirs = pairs(target) else { return nil }
        let counts = (ours.keys.count { theirs[$0] == nil }, theirs.keys.count { ours[$0] == nil })
        guard counts == (0, 0) else {
            return "members: \(counts.0) only at the source, \(counts.1) only at the target"
        }
        let different = ours.keys.count { ours[$0]?.number != theirs[$0]?.number }
        return different == 0 ? nil : "the score of \(different) member\(different == 1 ? "" : "s")"
    }

    private static func stream(_ source: RESPValue, _ target: RESPValue) -> String? {
        guard let ours = entries(source), let theirs = entries(target) else { return nil }
        for id in Set(ours.keys).union(theirs.keys).sorted() {
            switch (ours[id], theirs[id]) {
            case (_?, nil): return "entry \(id) only at the source"
            case (nil, _?): return "entry \(id) only at the target"
            case (let left, let right): if left != right { return "entry \(id)" }
            }
        }
        return nil
    }

    private static func entries(_ reply: RESPValue) -> [ByteString: RESPValue]? {
        guard let entries = reply["entries"]?.elements else { return nil }
        let named = entries.compactMap { entry in
            entry.elements.flatMap { $0.count == 2 ? $0[0].bytes.map { ($0, entry) } : nil }
        }
        return Dictionary(named, uniquingKeysWith: { first, _ in first })
    }

    private static func pairs(_ reply: RESPValue) -> [ByteString: RESPValue]? {
        guard let elements = reply.elements else { return nil }
        var pairs: [ByteString: RESPValue] = [:]
        for index in stride(from: 0, to: elements.count - 1, by: 2) {
            guard let field = elements[index].bytes else { return nil }
            pairs[field] = elements[index + 1]
        }
        return pairs
    }

    private static func shortened(_ name: ByteString) -> String {
        name.count <= 64 ? name.description : ByteString(name.bytes.prefix(64)).description + "…"
    }
}
