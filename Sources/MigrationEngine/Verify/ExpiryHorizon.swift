import MigrationCore

/// Fields of hashes that expire until then are in no comparison: while both sides are read one after the other, they go
/// at one side and not yet at the other. It stands for a while, so that two looks at a key leave out the same fields.
struct ExpiryHorizon: Sendable {
    private static let step = 10_000
    private static let leastMargin = 1000
    /// A server tells a value faster than that.
    private static let bytesPerMillisecond = 20_000

    private var moment = 0

    /// - Parameters:
    ///   - clock: The source's, in Unix milliseconds.
    ///   - bytes: Of the payloads that are to be read.
    mutating func moment(at clock: Int, reading bytes: Int) -> Int {
        let needed = clock + Self.leastMargin + bytes / Self.bytesPerMillisecond
        if moment < needed { moment = needed + Self.step }
        return moment
    }
}
