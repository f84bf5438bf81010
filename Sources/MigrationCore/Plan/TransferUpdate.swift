/// What is to change of how much is asked of the servers, in the middle of a migration. What is nil stays as it is.
package struct TransferUpdate: Codable, Equatable, Sendable {
    package let parallel: Int?
    package let batchSize: Int?
    /// 0 lifts the limit.
    package let maxKeysPerSecond: Int?
    /// 0 lifts the limit.
    package let maxBytesPerSecond: Int?
    package let acceptedSkewSeconds: Int?

    package init(
        parallel: Int? = nil,
        batchSize: Int? = nil,
        maxKeysPerSecond: Int? = nil,
        maxBytesPerSecond: Int? = nil,
        acceptedSkewSeconds: Int? = nil
    ) throws(PlanError) {
        self.parallel = parallel
        self.batchSize = batchSize
        self.maxKeysPerSecond = maxKeysPerSecond
        self.maxBytesPerSecond = maxBytesPerSecond
        self.acceptedSkewSeconds = acceptedSkewSeconds
        try check()
    }

    /// A decoder takes what it finds; the ranges hold for a client's and a file's bytes too.
    package func check() throws(PlanError) {
        if let parallel { try TransferOptions.check("parallel", parallel, TransferOptions.parallelRange) }
        if let batchSize { try TransferOptions.check("batch-size", batchSize, TransferOptions.batchSizeRange) }
        if let maxKeysPerSecond {
            try TransferOptions.check("max-rate", maxKeysPerSecond, TransferOptions.maxKeysRange)
        }
        if let maxBytesPerSecond {
            try TransferOptions.check("max-bandwidth", maxBytesPerSecond, TransferOptions.maxBytesRange)
        }
        if let acceptedSkewSeconds {
            try TransferOptions.check("accept-skew", acceptedSkewSeconds, TransferOptions.acceptedSkewRange)
        }
    }

    package var isEmpty: Bool {
        parallel == nil && batchSize == nil && maxKeysPerSecond == nil && maxBytesPerSecond == nil
            && acceptedSkewSeconds == nil
    }
}
