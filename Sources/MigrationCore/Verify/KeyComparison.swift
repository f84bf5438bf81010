/// What one look at a key found at one side.
package struct KeyLook: Equatable, Sendable {
    package var fingerprint: DumpFingerprint
    /// Read only where the payloads of the two sides are not the same.
    package var summary: ValueSummary?

    package init(_ fingerprint: DumpFingerprint, summary: ValueSummary? = nil) {
        self.fingerprint = fingerprint
        self.summary = summary
    }

    package var isGone: Bool { fingerprint.isGone || summary?.isGone == true }

    /// True where nothing was written to the key between the two looks. Payloads may differ although the value is the
    /// same (a hash table that is being resized changes its order), so the summaries decide where both are there.
    package func isUnchanged(since earlier: KeyLook) -> Bool {
        guard isGone == earlier.isGone else { return false }
        if isGone { return true }
        guard fingerprint.expiry == earlier.fingerprint.expiry else { return false }
        if fingerprint == earlier.fingerprint, !fingerprint.isUnread { return true }
        guard let summary, let before = earlier.summary else { return false }
        return summary == before
    }
}

package enum KeyVerdict: Equatable, Sendable {
    case goneAtBoth
    case equal
    case different(KeyDifference.Kind, String)
}

/// One look at a key at both sides.
package struct KeyComparison: Equatable, Sendable {
    package var source: KeyLook
    package var target: KeyLook
    /// The payloads are the same value byte for byte.
    package var isSamePayload: Bool

    package init(source: KeyLook, target: KeyLook, isSamePayload: Bool) {
        self.source = source
        self.target = target
        self.isSamePayload = isSamePayload
    }

    /// - Parameter clocks: The servers' clocks after the look, in Unix milliseconds. A key that one side has expired
    ///   already and that the other will expire at a moment which the first one's clock has passed is gone at both.
    package func verdict(clocks: (source: Int, target: Int)? = nil) -> KeyVerdict {
        switch (source.isGone, target.isGone) {
        case (true, true): return .goneAtBoth
        case (false, true):
            if let clocks, hasPassed(source.fingerprint.expiry, clocks.target) { return .goneAtBoth }
            return .different(.missingAtTarget, "no such key at the target")
        case (true, false):
            if let clocks, hasPassed(target.fingerprint.expiry, clocks.source) { return .goneAtBoth }
            return .different(.missingAtSource, "no such key at the source")
        case (false, false): return presentVerdict
        }
    }

    private var presentVerdict: KeyVerdict {
        if let words = valueDifference { return .different(words.kind, words.detail) }
        guard source.fingerprint.expiry != target.fingerprint.expiry else { return .equal }
        let words = [source, target].map { Self.words($0.fingerprint.expiry) }
        return .different(.expiry, "\(words[0]) at the source, \(words[1]) at the target")
    }

    private var valueDifference: (kind: KeyDifference.Kind, detail: String)? {
        if isSamePayload { return nil }
        guard let ours = source.summary, let theirs = target.summary else { return (.value, "DUMP payloads differ") }
        guard ours.type == theirs.type else {
            return (.type, "\(ours.type) at the source, \(theirs.type) at the target")
        }
        return ours.difference(to: theirs).map { (.value, $0) }
    }

    private func hasPassed(_ expiry: Int, _ clock: Int) -> Bool {
        expiry >= 0 && expiry <= clock
    }

    private static func words(_ expiry: Int) -> String {
        expiry < 0 ? "no expiry" : "expires at \(expiry)"
    }
}
