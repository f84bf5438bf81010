import MigrationCore
import RESP

/// What a comparison of both sides found: every key by type, value and absolute expiry.
public struct Verification: Sendable, Equatable {
    /// One key that is not the same at both sides.
    public struct Difference: Sendable, Equatable {
        public let database: Int
        /// The key's bytes; they need not be text.
        public let key: [UInt8]
        /// For people: which field, element or expiry differs. Never a value of the tenant's.
        public let detail: String
    }

    /// Both sides are the same, but for keys in `writtenSinceSwitch`, `keysChanging`, `lostAtSource` and `notCompared`.
    public let checksumMatch: Bool
    public let keysSource: Int
    public let keysTarget: Int
    /// Keys found equal, of `sampleSize` compared.
    public let sampleVerified: Int
    public let sampleSize: Int
    /// Keys that differ because the tenant's clients have written them at the target since the switch. Nil where no
    /// switch was watched.
    public let writtenSinceSwitch: Int?
    /// Keys that changed at the source every time they were looked at: not judged.
    public let keysChanging: Int
    /// Keys that the source has expired or evicted by itself since the fence, and that only the target has.
    public let lostAtSource: Int
    /// Keys whose values nobody can read, by type: not judged.
    public let notCompared: [String: Int]
    public let differenceCount: Int
    /// The first of them, at most 10 000.
    public let differences: [Difference]

    init(_ report: VerificationReport) {
        checksumMatch = report.checksumMatch
        keysSource = report.keysSource
        keysTarget = report.keysTarget
        sampleVerified = report.sampleVerified
        sampleSize = report.sampleSize
        writtenSinceSwitch = report.writtenSinceSwitch
        keysChanging = report.keysChanging
        lostAtSource = report.lostAtSource ?? 0
        notCompared = report.notCompared ?? [:]
        differenceCount = report.differenceCount
        differences = report.differences.map {
            Difference(database: $0.database, key: $0.key.bytes, detail: $0.detail)
        }
    }
}
