import RESP

/// One key that is not the same at both sides.
package struct KeyDifference: Codable, Equatable, Sendable {
    package enum Kind: String, Codable, Sendable {
        case missingAtTarget = "missing_at_target"
        case missingAtSource = "missing_at_source"
        case type
        case value
        case expiry
    }

    package var database: Int
    package var key: ByteString
    package var kind: Kind
    /// For people: which field, element or expiry differs. Never a value of the tenant's.
    package var detail: String

    package init(database: Int, key: ByteString, kind: Kind, detail: String) {
        self.database = database
        self.key = key
        self.kind = kind
        self.detail = detail
    }
}

/// What a comparison of both sides found.
package struct VerificationReport: Codable, Equatable, Sendable {
    package enum Outcome: String, Codable, Sendable {
        case verified
        /// No difference, but keys of a type that could not be compared.
        case partlyVerified = "partly_verified"
        case different
    }

    package enum CodingKeys: String, CodingKey {
        case keysSource = "keys_source"
        case keysTarget = "keys_target"
        case checksumMatch = "checksum_match"
        case checksumSource = "checksum_source"
        case checksumTarget = "checksum_target"
        case sampleVerified = "sample_verified"
        case sampleSize = "sample_size"
        case writtenSinceSwitch = "written_since_switch"
        case keysChanging = "keys_changing"
        case lostAtSource = "lost_at_source"
        case notCompared = "not_compared"
        case differenceCount = "difference_count"
        case differences
    }

    package var keysSource: Int
    package var keysTarget: Int
    package var checksumMatch: Bool
    /// Order-free sums of the keys' digests, 32 hexadecimal digits. Keys in `writtenSinceSwitch` and `keysChanging`
    /// are in neither.
    package var checksumSource: String
    package var checksumTarget: String
    /// Keys found equal, of `sampleSize` compared.
    package var sampleVerified: Int
    package var sampleSize: Int
    /// Keys that differ because the tenant's clients wrote them at the target after the switch. Nil where no switch
    /// was watched.
    package var writtenSinceSwitch: Int?
    /// Keys of a live migration that changed at the source every time they were looked at: not judged.
    package var keysChanging: Int
    /// Keys that the source has expired or evicted by itself since the fence, and the target has. Nil in older journals.
    package var lostAtSource: Int?
    /// Keys that both sides have with values that nobody reads, by type: payloads that differ prove no difference there.
    /// Nil where there are none, and in older journals.
    package var notCompared: [String: Int]?
    package var differenceCount: Int
    /// At most `maximumDifferences` of them.
    package var differences: [KeyDifference]

    package static let maximumDifferences = 10_000

    package init(
        keysSource: Int,
        keysTarget: Int,
        checksumSource: String,
        checksumTarget: String,
        sampleVerified: Int,
        sampleSize: Int,
        writtenSinceSwitch: Int? = nil,
        keysChanging: Int = 0,
        lostAtSource: Int = 0,
        notCompared: [String: Int] = [:],
        differenceCount: Int,
        differences: [KeyDifference]
    ) {
        self.keysSource = keysSource
        self.keysTarget = keysTarget
        self.checksumMatch = checksumSource == checksumTarget && differenceCount == 0
        self.checksumSource = checksumSource
        self.checksumTarget = checksumTarget
        self.sampleVerified = sampleVerified
        self.sampleSize = sampleSize
        self.writtenSinceSwitch = writtenSinceSwitch
        self.keysChanging = keysChanging
        self.lostAtSource = lostAtSource == 0 ? nil : lostAtSource
        self.notCompared = notCompared.isEmpty ? nil : notCompared
        self.differenceCount = differenceCount
        self.differences = Array(differences.prefix(Self.maximumDifferences))
    }

    package var outcome: Outcome {
        if differenceCount > 0 { return .different }
        return notCompared == nil ? .verified : .partlyVerified
    }

    /// `2 of type ReJSON-RL, 1 of type t`; nil where everything was compared.
    package var notComparedWords: String? {
        notCompared.map { types in
            types.sorted { $0.key < $1.key }.map { "\($0.value) of type \($0.key)" }.joined(separator: ", ")
        }
    }
}
