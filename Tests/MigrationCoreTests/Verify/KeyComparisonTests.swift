import MigrationCore
import Testing

@Suite struct KeyComparisonTests {
    private func fingerprint(
        _ body: UInt64 = 1,
        expiry: Int = -1,
        length: Int = 20,
        version: UInt16 = 10,
        checksum: UInt64 = 7
    ) -> DumpFingerprint {
        DumpFingerprint(
            expiry: expiry,
            length: length,
            body: Digest128(high: body, low: body),
            version: version,
            checksum: checksum
        )
    }

    private func verdict(
        _ source: KeyLook,
        _ target: KeyLook,
        same: Bool = false,
        clocks: (source: Int, target: Int)? = nil
    ) -> KeyVerdict {
        let clocks = clocks.map { LookClocks(before: $0, after: $0, tolerance: ClockTolerance()) }
        return KeyComparison(source: source, target: target, isSamePayload: same).verdict(clocks: clocks)
    }

    /// The answers to one pair after the other.
    private func same(_ pairs: (DumpFingerprint, DumpFingerprint)...) -> [Bool] {
        var payloads = PayloadComparison()
        return pairs.map { payloads.areSame($0.0, $0.1) }
    }

    @Test func payloadsAreComparedWholeWithinOneVersion() {
        #expect(same((fingerprint(), fingerprint())) == [true])
        #expect(same((fingerprint(), fingerprint(checksum: 8))) == [false])
        #expect(same((fingerprint(), fingerprint(2))) == [false])
        #expect(same((fingerprint(), fingerprint(length: 21))) == [false])
        #expect(same((.gone, .gone)) == [false])
    }

    @Test func footersOfTwoVersionsMayDiffer() {
        let (old, new) = (fingerprint(version: 9, checksum: 1), fingerprint(version: 10, checksum: 2))
        #expect(same((old, new), (fingerprint(2, version: 9), fingerprint(3, version: 10))) == [true, false])
        // The last bytes of a payload without a footer look like versions that change from key to key.
        #expect(same((old, new), (fingerprint(version: 11), fingerprint(version: 10))) == [true, false])
        #expect(same((fingerprint(version: 0x6161), fingerprint(version: 0x6162))) == [false])
    }

    @Test func expiriesAreEqualToTheMillisecond() {
        let look = { KeyLook(self.fingerprint(expiry: $0)) }
        #expect(verdict(look(4000), look(4000), same: true) == .equal)
        #expect(
            verdict(look(4000), look(4001), same: true)
                == .different(.expiry, "expires at 4000 at the source, expires at 4001 at the target")
        )
        #expect(
            verdict(look(4000), look(-1), same: true)
                == .different(.expiry, "expires at 4000 at the source, no expiry at the target")
        )
    }

    @Test func whatOneSideHasExpiredIsGoneAtBoth() {
        let (here, gone) = (KeyLook(fingerprint(expiry: 5000)), KeyLook(.gone))
        #expect(verdict(gone, here) == .different(.missingAtSource, "no such key at the source"))
        #expect(verdict(gone, here, clocks: (source: 5000, target: 4000)) == .goneAtBoth)
        #expect(
            verdict(gone, here, clocks: (source: 4999, target: 6000))
                == .different(.missingAtSource, "no such key at the source")
        )
        #expect(verdict(here, gone, clocks: (source: 4500, target: 5000)) == .goneAtBoth)
        #expect(
            verdict(here, gone, clocks: (source: 6000, target: 4999))
                == .different(.missingAtTarget, "no such key at the target")
        )
        let lasting = KeyLook(fingerprint())
        #expect(
            verdict(lasting, gone, clocks: (source: 6000, target: 6000))
                == .different(.missingAtTarget, "no such key at the target")
        )
        #expect(verdict(gone, gone) == .goneAtBoth)
    }

    /// The source's clock says when a key dies, and half a second is borne.
    @Test func whatAWrongClockHasDoneIsADifference() {
        let (here, gone) = (KeyLook(fingerprint(expiry: 1_805_000)), KeyLook(.gone))
        #expect(
            verdict(here, gone, clocks: (source: 5000, target: 3_605_000))
                == .different(
                    .missingAtTarget,
                    "expired at the target before its time: the source keeps it for 1800s more, the target's clock is "
                        + "3600s ahead"
                )
        )
        #expect(
            verdict(gone, here, clocks: (source: 1_806_000, target: 1_800_000))
                == .different(
                    .missingAtSource,
                    "kept at the target beyond its time: it expired 1000ms ago, the target's clock is 6000ms behind"
                )
        )
        let accepted = ClockTolerance(acceptedSeconds: 3600)
        let clocks = LookClocks(before: (5000, 3_605_000), after: (5000, 3_605_000), tolerance: accepted)
        #expect(KeyComparison(source: here, target: gone, isSamePayload: false).verdict(clocks: clocks) == .goneAtBoth)
    }

    /// A look that takes its time is no skew: the key lived when it began.
    @Test func whatDiesDuringTheLookIsGoneAtBoth() {
        let clocks = LookClocks(before: (4000, 4000), after: (9000, 9000), tolerance: ClockTolerance())
        let (here, gone) = (KeyLook(fingerprint(expiry: 5000)), KeyLook(.gone))
        #expect(KeyComparison(source: gone, target: here, isSamePayload: false).verdict(clocks: clocks) == .goneAtBoth)
    }

    @Test func typesAndValuesDecideWherePayloadsDiffer() {
        let look = { (type: String, digest: UInt64) in
            let part = ValueSummary.Part("elements", shown: "3", digest: Digest128(high: digest, low: 0))
            return KeyLook(self.fingerprint(digest), summary: ValueSummary(type: type, parts: [part]))
        }
        #expect(verdict(look("list", 1), look("list", 1)) == .equal)
        #expect(verdict(look("list", 1), look("list", 2)) == .different(.value, "elements differ"))
        #expect(
            verdict(look("list", 1), look("set", 1)) == .different(.type, "list at the source, set at the target")
        )
    }

    @Test func aLookIsUnchangedWhenTheValueIs() {
        let summary = { ValueSummary(type: "set", parts: [ValueSummary.Part("members", shown: $0)]) }
        let look = KeyLook(fingerprint(1), summary: summary("3"))
        #expect(KeyLook(fingerprint(2), summary: summary("3")).isUnchanged(since: look))
        #expect(!KeyLook(fingerprint(2), summary: summary("4")).isUnchanged(since: look))
        #expect(!KeyLook(fingerprint(2)).isUnchanged(since: look))
        #expect(KeyLook(fingerprint(1)).isUnchanged(since: look))
        #expect(!KeyLook(fingerprint(1, expiry: 5), summary: summary("3")).isUnchanged(since: look))
        #expect(!KeyLook(.gone).isUnchanged(since: look))
        #expect(KeyLook(.gone).isUnchanged(since: KeyLook(.gone)))
    }

    /// Payloads that differ prove nothing where nobody reads the value.
    @Test func anOpaqueValueIsNotCompared() {
        let opaque = { (body: UInt64, expiry: Int) in
            KeyLook(
                self.fingerprint(body, expiry: expiry),
                summary: ValueSummary(type: "ReJSON-RL", parts: [], isOpaque: true)
            )
        }
        #expect(verdict(opaque(1, -1), opaque(2, -1)) == .notCompared(type: "ReJSON-RL"))
        #expect(verdict(opaque(1, -1), opaque(1, -1), same: true) == .equal)
        guard case .different(.expiry, _) = verdict(opaque(1, -1), opaque(2, 5)) else {
            Issue.record("the expiry was not compared")
            return
        }
        let other = KeyLook(fingerprint(3), summary: ValueSummary(type: "string", parts: []))
        guard case .different(.type, _) = verdict(opaque(1, -1), other) else {
            Issue.record("the type was not compared")
            return
        }
    }
}
