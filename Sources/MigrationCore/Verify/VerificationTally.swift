import RESP

/// A key in one of a server's databases.
package struct KeyName: Hashable, Sendable {
    package var database: Int
    package var key: ByteString

    package init(database: Int, key: ByteString) {
        self.database = database
        self.key = key
    }
}

/// Counts what a verification finds, key by key, up to its report.
package struct VerificationTally: Sendable {
    /// What became of a key that was compared.
    package enum Judgement: Sendable {
        case equal
        case different(KeyDifference)
        case writtenSinceSwitch
        case changing
        /// The source has expired or evicted the key by itself since the fence.
        case lostAtSource
        case notCompared(type: String)
    }

    /// Keys of each side that were counted by name alone.
    package var namesOnly = 0
    private var keysSource = 0
    private var keysTarget = 0
    private var compared = 0
    private var equal = 0
    private var written = 0
    private var changing = 0
    private var lostAtSource = 0
    private var notCompared: [String: Int] = [:]
    private var differenceCount = 0
    private var differences: [KeyDifference] = []
    private var checksumSource = Digest128.zero
    private var checksumTarget = Digest128.zero

    package init() {}

    package var differencesFound: Int { differenceCount }

    /// - Parameters:
    ///   - source: The key's digest at the source; nil where there is no key.
    ///   - countsNames: False where the key's name was counted in `namesOnly` already.
    ///   - isSampled: False for a key that was looked at for its name's sake, outside the sample.
    package mutating func judge(
        _ judgement: Judgement,
        source: Digest128?,
        target: Digest128?,
        countsNames: Bool = true,
        isSampled: Bool = true
    ) {
        if countsNames {
            keysSource += source == nil ? 0 : 1
            keysTarget += target == nil ? 0 : 1
        }
        if isSampled { compared += 1 }
        switch judgement {
        case .writtenSinceSwitch: written += 1
        case .changing: changing += 1
        case .lostAtSource: lostAtSource += 1
        case .notCompared(let type): notCompared[type, default: 0] += 1
        case .equal:
            if isSampled { equal += 1 }
            addToChecksums(source, target)
        case .different(let difference):
            differenceCount += 1
            if differences.count < VerificationReport.maximumDifferences { differences.append(difference) }
            addToChecksums(source, target)
        }
    }

    private mutating func addToChecksums(_ source: Digest128?, _ target: Digest128?) {
        if let source { checksumSource.add(source) }
        if let target { checksumTarget.add(target) }
    }

    package func report(watchesSwitch: Bool) -> VerificationReport {
        VerificationReport(
            keysSource: namesOnly + keysSource,
            keysTarget: namesOnly + keysTarget,
            checksumSource: checksumSource.hexadecimal,
            checksumTarget: checksumTarget.hexadecimal,
            sampleVerified: equal,
            sampleSize: compared,
            writtenSinceSwitch: watchesSwitch ? written : nil,
            keysChanging: changing,
            lostAtSource: lostAtSource,
            notCompared: notCompared,
            differenceCount: differenceCount,
            differences: differences.sorted { ($0.database, $0.key) < ($1.database, $1.key) }
        )
    }
}
