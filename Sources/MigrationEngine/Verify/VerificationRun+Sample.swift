import MigrationCore
import RESP

extension VerificationRun {
    /// Compares the names of both sides, and the values of `size` keys that are drawn from the source's names.
    mutating func sample(_ size: Int) async throws(MigrationFailure) {
        var seen = NameSet()
        var sample = Reservoir<KeyName>(capacity: size)
        var generator = SystemRandomNumberGenerator()
        for number in databases {
            try await select(number)
            try await scan(source) { run, key in
                guard seen.insert(run.hash(key)) else { return }
                sample.offer(KeyName(database: run.database, key: key), using: &generator)
            }
        }
        let drawn = Dictionary(grouping: sample.elements, by: \.database).mapValues { Set($0.map(\.key)) }
        isSampled = false
        try await compareTargetNames(&seen)
        tally.namesOnly = seen.markedCount
        if seen.markedCount < seen.count { try await compareUnmatchedNames(seen, drawn) }
        isSampled = true
        try await compareSample(drawn, seen)
    }

    /// Marks the names that both sides have, and compares those that only the target told.
    private mutating func compareTargetNames(_ seen: inout NameSet) async throws(MigrationFailure) {
        var extra = NameSet()
        for number in databases {
            try await select(number)
            try await scan(target) { run, key in
                let hash = run.hash(key)
                if seen.contains(hash) {
                    _ = seen.mark(hash)
                } else if extra.insert(hash) {
                    run.enqueue(key)
                }
            }
            try await finishDatabase()
        }
    }

    /// Compares the names that the source told and the target did not: their hashes are known, so that the source is
    /// asked for them again.
    private mutating func compareUnmatchedNames(
        _ seen: NameSet,
        _ drawn: [Int: Set<ByteString>]
    ) async throws(MigrationFailure) {
        var compared = NameSet()
        for number in databases {
            try await select(number)
            let sampled = drawn[number] ?? []
            try await scan(source) { run, key in
                let hash = run.hash(key)
                guard seen.contains(hash), !seen.isMarked(hash), !sampled.contains(key) else { return }
                if compared.insert(hash) { run.enqueue(key) }
            }
            try await finishDatabase()
        }
    }

    private mutating func compareSample(
        _ drawn: [Int: Set<ByteString>],
        _ seen: NameSet
    ) async throws(MigrationFailure) {
        for number in drawn.keys.sorted() {
            try await select(number)
            for isMatched in [true, false] {
                countsNames = !isMatched
                for key in drawn[number] ?? [] where seen.isMarked(hash(key)) == isMatched { enqueue(key) }
                try await finishDatabase()
            }
        }
        countsNames = true
    }
}
