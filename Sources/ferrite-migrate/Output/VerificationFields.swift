import MigrationCore

extension VerificationReport {
    /// The seed's lines; then, for people, the first `limit` differences as a line each, and all of them for programs.
    func fields(listing limit: Int, all: Bool = false) -> [OutputField] {
        var fields: [OutputField] = [
            .init("keys_source", .number(keysSource)),
            .init("keys_target", .number(keysTarget)),
            .init("checksum_match", .flag(checksumMatch)),
            .init("checksum_source", .text(checksumSource), for: .programs),
            .init("checksum_target", .text(checksumTarget), for: .programs),
            .init("sample_verified", .text("\(sampleVerified)/\(sampleSize)"), for: .people),
            .init("sample_verified", .number(sampleVerified), for: .programs),
            .init("sample_size", .number(sampleSize), for: .programs),
        ]
        if let writtenSinceSwitch { fields.append(.init("written_since_switch", .number(writtenSinceSwitch))) }
        if keysChanging > 0 { fields.append(.init("keys_changing", .number(keysChanging))) }
        if let lostAtSource { fields.append(.init("lost_at_source", .number(lostAtSource))) }
        if let notComparedWords { fields.append(.init("not_compared", .text(notComparedWords), for: .people)) }
        if let notCompared {
            let types = notCompared.sorted { $0.key < $1.key }.map { type, keys in
                OutputValue.object([.init("type", .text(type)), .init("keys", .number(keys))])
            }
            fields.append(.init("not_compared", .array(types), for: .programs))
        }
        fields.append(.init("status", .state(outcome.rawValue)))
        if differenceCount > 0 { fields.append(.init("difference_count", .number(differenceCount), for: .people)) }
        fields.append(.init("difference_count", .number(differenceCount), for: .programs))
        fields += differenceLines(limit)
        let listed = all ? differences[...] : differences.prefix(limit)
        fields.append(.init("differences", .array(listed.map { .object($0.fields) }), for: .programs))
        return fields
    }

    /// A line each for people, and how many more there are.
    func differenceLines(_ limit: Int) -> [OutputField] {
        var lines = differences.prefix(limit).map(\.line)
        if differenceCount > lines.count { lines.append("and \(differenceCount - lines.count) more") }
        return lines.map { .init("difference", .text($0), for: .people) }
    }

    /// `verified (1000/1000)`, `verified (540/640; 100 keys written at the target since the switch)`.
    var summary: String {
        guard differenceCount == 0 else {
            return "\(outcome.rawValue) (\(differenceCount) of \(sampleSize) keys differ)"
        }
        var words = ["\(sampleVerified)/\(sampleSize)"]
        if let written = writtenSinceSwitch, written > 0 {
            words.append("\(Quantity.plural(written, "key")) written at the target since the switch")
        }
        if let lostAtSource {
            words.append("\(Quantity.plural(lostAtSource, "key")) lost by the source itself since the fence")
        }
        if let notComparedWords { words.append("not compared: \(notComparedWords)") }
        if keysChanging > 0 { words.append("\(Quantity.plural(keysChanging, "key")) changed all the time") }
        return "\(outcome.rawValue) (\(words.joined(separator: "; ")))"
    }
}

extension KeyDifference {
    var line: String {
        let what = kind.rawValue.replacing("_", with: " ")
        let isSaid = detail.isEmpty || detail.hasPrefix("no such key")
        let words = detail.hasPrefix(what) ? detail : isSaid ? what : "\(what), \(detail)"
        return "db \(database) \(key): \(words)"
    }

    var fields: [OutputField] {
        [
            .init("db", .number(database)),
            .init("key", .text("\(key)")),
            .init("kind", .text(kind.rawValue)),
            .init("detail", .text(detail)),
        ]
    }
}
