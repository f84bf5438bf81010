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
    /// Both sides have values of a type that nobody reads, with different payloads: that proves nothing.
    case notCompared(type: String)
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

    /// The source's clock says when a key dies: one that dies in the moment of the look is gone at both, one that the
    /// target has let die before its time, or keeps beyond it, is a difference.
    ///
    /// - Parameter clocks: Nil where a difference is looked at again anyway.
    package func verdict(clocks: LookClocks? = nil) -> KeyVerdict {
        switch (source.isGone, target.isGone) {
        case (true, true): return .goneAtBoth
        case (false, true): return missingAtTarget(clocks)
        case (true, false): return missingAtSource(clocks)
        case (false, false): return presentVerdict
        }
    }

    private func missingAtTarget(_ clocks: LookClocks?) -> KeyVerdict {
        let expiry = source.fingerprint.expiry
        guard let clocks, expiry >= 0, expiry <= clocks.after.target else {
            return .different(.missingAtTarget, "no such key at the target")
        }
        guard isExpiredEarly(clocks) else { return .goneAtBoth }
        let words =
            "expired at the target before its time: the source keeps it for \(seconds(expiry - clocks.after.source))"
        return .different(.missingAtTarget, "\(words) more, \(clocks.words)")
    }

    /// The target's clock has let a key die that the source keeps, whatever else has happened to it there.
    package func isExpiredEarly(_ clocks: LookClocks) -> Bool {
        let expiry = source.fingerprint.expiry
        guard !source.isGone, target.isGone, expiry >= 0 else { return false }
        return expiry <= clocks.after.target && expiry > clocks.after.source + clocks.tolerance
    }

    private func missingAtSource(_ clocks: LookClocks?) -> KeyVerdict {
        let expiry = target.fingerprint.expiry
        guard let clocks, expiry >= 0, expiry <= clocks.after.source else {
            return .different(.missingAtSource, "no such key at the source")
        }
        if expiry > clocks.before.source - clocks.tolerance { return .goneAtBoth }
        let words = "kept at the target beyond its time: it expired \(seconds(clocks.after.source - expiry)) ago"
        return .different(.missingAtSource, "\(words), \(clocks.words)")
    }

    private func seconds(_ milliseconds: Int) -> String { Quantity.span(Double(milliseconds)) }

    private var presentVerdict: KeyVerdict {
        if let words = valueDifference { return .different(words.kind, words.detail) }
        guard source.fingerprint.expiry != target.fingerprint.expiry else {
            return opaqueType.map { .notCompared(type: $0) } ?? .equal
        }
        let words = [source, target].map { Self.words($0.fingerprint.expiry) }
        return .different(.expiry, "\(words[0]) at the source, \(words[1]) at the target")
    }

    private var opaqueType: String? {
        guard !isSamePayload, let summary = source.summary else { return nil }
        guard summary.isOpaque || target.summary?.isOpaque == true else { return nil }
        // The same digest of a whole payload is proof; none at all is not.
        return summary == target.summary && !summary.parts.isEmpty ? nil : summary.type
    }

    private var valueDifference: (kind: KeyDifference.Kind, detail: String)? {
        if isSamePayload { return nil }
        guard let ours = source.summary, let theirs = target.summary else { return (.value, "DUMP payloads differ") }
        guard ours.type == theirs.type else {
            return (.type, "\(ours.type) at the source, \(theirs.type) at the target")
        }
        if opaqueType != nil { return nil }
        return ours.difference(to: theirs).map { (.value, $0) }
    }

    private static func words(_ expiry: Int) -> String {
        expiry < 0 ? "no expiry" : "expires at \(expiry)"
    }
}
