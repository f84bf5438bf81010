import MigrationCore
import RESP

extension VerificationRun {
    /// Compares a batch that both sides have answered; what differs becomes a suspect.
    mutating func judge(
        _ keys: [ByteString],
        _ left: [DumpFingerprint],
        _ right: [DumpFingerprint]
    ) async throws(MigrationFailure) {
        var different: [Int] = []
        for index in keys.indices {
            let (ours, theirs) = (left[index], right[index])
            if payloads.areSame(ours, theirs), ours.expiry == theirs.expiry {
                let name = KeyName(database: database, key: keys[index])
                let digest = Digest128(name, expiry: ours.expiry, value: ours.body)
                tally.judge(.equal, source: digest, target: digest, countsNames: countsNames, isSampled: isSampled)
            } else if !ours.isGone || !theirs.isGone {
                different.append(index)
            }
        }
        guard !different.isEmpty else { return }
        let pairs = different.map { (key: keys[$0], source: left[$0], target: right[$0]) }
        for (key, comparison) in try await compareValues(pairs, order: .together) {
            settle(key, comparison, comparison.verdict())
        }
    }

    /// In which order the sides' values are read.
    enum ReadingOrder {
        case together
        case targetFirst
    }

    typealias Pair = (key: ByteString, source: DumpFingerprint, target: DumpFingerprint)

    /// Reads the values of those keys that both sides have with different payloads, and of hashes that one side has alone:
    /// a server may keep one for a while whose last field has expired.
    mutating func compareValues(
        _ pairs: [Pair],
        order: ReadingOrder
    ) async throws(MigrationFailure) -> [(ByteString, KeyComparison)] {
        var comparisons: [(ByteString, KeyComparison)] = []
        var unlike: [Int] = []
        for (index, pair) in pairs.enumerated() {
            let isSame = payloads.areSame(pair.source, pair.target)
            let isAlone = pair.source.isGone != pair.target.isGone
            let mayExpire = pair.source.mayHaveFieldExpiries || pair.target.mayHaveFieldExpiries
            if !isSame, isAlone ? mayExpire : !pair.source.isGone { unlike.append(index) }
            let (ours, theirs) = (KeyLook(pair.source), KeyLook(pair.target))
            comparisons.append((pair.key, KeyComparison(source: ours, target: theirs, isSamePayload: isSame)))
        }
        let horizon = try await horizon(of: unlike.map { pairs[$0] })
        let places = (unlike.filter { !pairs[$0].source.isGone }, unlike.filter { !pairs[$0].target.isGone })
        let ours = places.0.map { request(pairs[$0], pairs[$0].source, horizon) }
        let theirs = places.1.map { request(pairs[$0], pairs[$0].target, horizon) }
        let values = try await summaries(ours, theirs, order)
        for (index, summary) in zip(places.0, values.source) { comparisons[index].1.source.summary = summary }
        for (index, summary) in zip(places.1, values.target) { comparisons[index].1.target.summary = summary }
        return comparisons
    }

    private func request(_ pair: Pair, _ side: DumpFingerprint, _ horizon: Int?) -> ValueReader.Request {
        let mayExpire = pair.source.mayHaveFieldExpiries || pair.target.mayHaveFieldExpiries
        return ValueReader.Request(key: pair.key, fingerprint: side, horizon: mayExpire ? horizon : nil)
    }

    /// The source's clock is asked only where a field may expire.
    private mutating func horizon(of pairs: [Pair]) async throws(MigrationFailure) -> Int? {
        guard pairs.contains(where: { $0.source.mayHaveFieldExpiries || $0.target.mayHaveFieldExpiries }) else {
            return nil
        }
        let bytes = pairs.reduce(0) { $0 + max(0, $1.source.length) + max(0, $1.target.length) }
        return horizon.moment(at: try await source.clock(), reading: bytes)
    }

    private func summaries(
        _ ours: [ValueReader.Request],
        _ theirs: [ValueReader.Request],
        _ order: ReadingOrder
    ) async throws(MigrationFailure) -> (source: [ValueSummary], target: [ValueSummary]) {
        let (source, target) = (source, target)
        switch order {
        case .together:
            let both = try await concurrently { () async throws(MigrationFailure) in
                try await source.summaries(ours)
            } _: { () async throws(MigrationFailure) in
                try await target.summaries(theirs)
            }
            return (both.0, both.1)
        case .targetFirst:
            let values = try await target.summaries(theirs)
            return (try await source.summaries(ours), values)
        }
    }

    /// Counts a key that is equal or gone; keeps any other for another look.
    private mutating func settle(_ key: ByteString, _ comparison: KeyComparison, _ verdict: KeyVerdict) {
        switch verdict {
        case .goneAtBoth: break
        case .equal: count(.equal, key, comparison)
        case .notCompared(let type):
            suspects.append(Suspect(key: key, comparison: comparison, kind: .value, detail: "", opaqueType: type))
        case .different(let kind, let detail):
            suspects.append(Suspect(key: key, comparison: comparison, kind: kind, detail: detail))
        }
    }

    /// Puts the key's last judgement into the tally.
    mutating func count(_ judgement: VerificationTally.Judgement, _ key: ByteString, _ comparison: KeyComparison) {
        let name = KeyName(database: database, key: key)
        tally.judge(
            judgement,
            source: Self.digest(name, comparison.source, beside: comparison.target, comparison.isSamePayload),
            target: Self.digest(name, comparison.target, beside: comparison.source, comparison.isSamePayload),
            countsNames: countsNames,
            isSampled: isSampled
        )
    }

    private static func digest(
        _ name: KeyName,
        _ look: KeyLook,
        beside other: KeyLook,
        _ isSamePayload: Bool
    ) -> Digest128? {
        guard !look.isGone else { return nil }
        var value = look.fingerprint.body
        if !isSamePayload, let summary = look.summary, let beside = other.summary {
            value = Digest128(summary.reduced(to: beside))
        }
        return Digest128(name, expiry: look.fingerprint.expiry, value: value)
    }
}
