/// What a `LiveWriter` has seen so far. Times are in seconds.
package struct WriterStatistics: Sendable {
    package internal(set) var acknowledged = 0
    /// Answers such as NOPERM: the write was not done and was tried again.
    package internal(set) var refused = 0
    package internal(set) var lastRefusal = ""
    /// Writes without an answer: done or not.
    package internal(set) var unanswered = 0
    package internal(set) var failedLogins = 0
    /// The longest time between two acknowledged writes of one connection, its own pace included.
    package internal(set) var longestGap = 0.0
    /// The longest time from the first try of a write to its acknowledgement: the pause a client sees.
    package internal(set) var longestWrite = 0.0
    private var lastAcknowledged: Double?

    init() {}

    mutating func noteAcknowledged(began: Double, ended: Double) {
        acknowledged += 1
        longestWrite = max(longestWrite, ended - began)
        longestGap = max(longestGap, ended - (lastAcknowledged ?? ended))
        lastAcknowledged = ended
    }

    /// The sum of several connections' numbers.
    static func sum(_ parts: [WriterStatistics]) -> WriterStatistics {
        parts.reduce(into: WriterStatistics()) { sum, part in
            sum.acknowledged += part.acknowledged
            sum.refused += part.refused
            sum.unanswered += part.unanswered
            sum.failedLogins += part.failedLogins
            sum.longestGap = max(sum.longestGap, part.longestGap)
            sum.longestWrite = max(sum.longestWrite, part.longestWrite)
            if !part.lastRefusal.isEmpty { sum.lastRefusal = part.lastRefusal }
        }
    }
}
