import MigrationCore
import RESP

/// A key that differed when it was last looked at.
struct Suspect: Sendable {
    let key: ByteString
    var comparison: KeyComparison
    var kind: KeyDifference.Kind
    var detail: String
    /// The type, where its values cannot be read.
    var opaqueType: String?
    /// The source's value changed between every two looks so far.
    var isChanging = false
    /// The target's clock is to blame, whoever has written there.
    var isExpiredEarly = false
}

extension VerificationRun {
    /// Looks beyond the first one.
    private static let looks = 4
    /// Differences that are worth a reading of both values for the sake of a better word.
    private static let explained = 200

    /// Looks at the suspects again until each is equal, different or changing all the time.
    ///
    /// The source's value of one look stands through to the next where it is the same then and nobody has told of a
    /// change; the target, read in between and after the copy has settled, must have it. So what differs then is a
    /// difference.
    mutating func resolveSuspects() async throws(MigrationFailure) {
        var open = suspects
        var different: [Suspect] = []
        suspects = []
        for _ in 0..<Self.looks where !open.isEmpty {
            guard try await context.settle(names(of: open)) else { break }
            var changing: [Suspect] = []
            for chunk in chunks(of: open) {
                let found = try await lookAgain(chunk)
                different += found.different
                changing += found.changing
            }
            open = changing
        }
        try await conclude(different + open)
    }

    private func chunks(of suspects: [Suspect]) -> [ArraySlice<Suspect>] {
        stride(from: 0, to: suspects.count, by: sizer.size).map {
            suspects[$0..<min($0 + sizer.size, suspects.count)]
        }
    }

    private mutating func lookAgain(
        _ suspects: ArraySlice<Suspect>
    ) async throws(MigrationFailure) -> (different: [Suspect], changing: [Suspect]) {
        let keys = suspects.map(\.key)
        let before = try await clocks()
        let right = try await fingerprints(target, keys)
        let left = try await fingerprints(source, keys)
        let clocks = LookClocks(before: before, after: try await clocks(), tolerance: tolerance)
        let pairs = keys.indices.map { (key: keys[$0], source: left[$0], target: right[$0]) }
        let comparisons = try await compareValues(pairs, order: .targetFirst)
        var unlike: [Suspect] = []
        for (suspect, (key, comparison)) in zip(suspects, comparisons) {
            var next = Suspect(key: key, comparison: comparison, kind: .value, detail: "")
            switch comparison.verdict(clocks: clocks) {
            case .goneAtBoth: continue
            case .equal:
                count(.equal, key, comparison)
                continue
            case .different(let kind, let detail): (next.kind, next.detail) = (kind, detail)
            case .notCompared(let type): next.opaqueType = type
            }
            next.isChanging = !comparison.source.isUnchanged(since: suspect.comparison.source)
            next.isExpiredEarly = comparison.isExpiredEarly(clocks)
            unlike.append(next)
        }
        guard !unlike.isEmpty else { return ([], []) }
        let changed = try await context.changedSinceSettling(names(of: unlike))
        for index in unlike.indices where changed[index] { unlike[index].isChanging = true }
        return (unlike.filter { !$0.isChanging }, unlike.filter(\.isChanging))
    }

    private func fingerprints(
        _ side: VerifiedServer,
        _ keys: [ByteString]
    ) async throws(MigrationFailure) -> [DumpFingerprint] {
        if let mostAnswerBytes { return try await side.fingerprints(of: keys, within: mostAnswerBytes) }
        return try await side.fingerprints(of: keys, asked: side.ask(keys))
    }

    private func clocks() async throws(MigrationFailure) -> LookClocks.Clocks {
        (source: try await source.clock(), target: try await target.clock())
    }

    private func names(of suspects: [Suspect]) -> [KeyName] {
        suspects.map { KeyName(database: database, key: $0.key) }
    }

    /// Judges what differs to the end, unless it was written at the target since the switch.
    private mutating func conclude(_ suspects: [Suspect]) async throws(MigrationFailure) {
        guard !suspects.isEmpty else { return }
        let names = names(of: suspects)
        var written = Array(repeating: false, count: names.count)
        if await context.watchesSwitch { written = try await context.writtenSinceSwitch(names) }
        let lost = try await lostAtSource(suspects)
        for (suspect, isWritten) in zip(suspects, written) {
            if isWritten, !suspect.isExpiredEarly {
                count(.writtenSinceSwitch, suspect.key, suspect.comparison)
            } else if lost.contains(suspect.key) {
                count(.lostAtSource, suspect.key, suspect.comparison)
            } else if let type = suspect.opaqueType {
                count(.notCompared(type: type), suspect.key, suspect.comparison)
            } else if suspect.isChanging {
                count(.changing, suspect.key, suspect.comparison)
            } else {
                let difference = try await explain(suspect)
                count(.different(difference), suspect.key, suspect.comparison)
            }
        }
    }

    private func lostAtSource(_ suspects: [Suspect]) async throws(MigrationFailure) -> Set<ByteString> {
        let missing = suspects.filter { $0.kind == .missingAtSource }
        guard !missing.isEmpty else { return [] }
        let answers = try await context.lostAtSource(names(of: missing))
        return Set(zip(missing, answers).filter(\.1).map(\.0.key))
    }

    /// The difference, with the field, index or id where it is, if reading both values once more tells it.
    private func explain(_ suspect: Suspect) async throws(MigrationFailure) -> KeyDifference {
        var difference = KeyDifference(
            database: database,
            key: suspect.key,
            kind: suspect.kind,
            detail: suspect.detail
        )
        let comparison = suspect.comparison
        let length = max(comparison.source.fingerprint.length, comparison.target.fingerprint.length)
        guard suspect.kind == .value, tally.differencesFound < Self.explained, length <= ValueReader.wholeLimit,
            let type = comparison.source.summary?.type
        else { return difference }
        let ours = try await source.value(suspect.key, type: type)
        let theirs = try await target.value(suspect.key, type: type)
        if let ours, let theirs, let words = ValueDetail.difference(type: type, source: ours, target: theirs) {
            difference.detail = words
        }
        return difference
    }
}
