import MigrationCore
import NIOCore
import RESP

/// One verification from its first SCAN to its report.
///
/// The names of the source come first, then those of the target that the source's SCAN did not tell. Each name is
/// compared once; what differs is kept aside and looked at again at the end of each database, because a SCAN of servers
/// that work is no moment in time.
struct VerificationRun {
    /// Batches whose answers are awaited while the next names are read.
    private static let depth = 3
    /// Keys kept aside at most before they are looked at again.
    static let suspectLimit = 10_000
    /// Keys asked for at once.
    static let mostKeys = 500

    let source: VerifiedServer
    let target: VerifiedServer
    let scope: TenantScope
    let databases: [Int]
    let context: any VerificationContext
    let tolerance: ClockTolerance

    var tally = VerificationTally()
    /// Keys of the current database that differed when they were compared.
    var suspects: [Suspect] = []
    var payloads = PayloadComparison()
    var sizer = BatchSizer(first: 16, most: Self.mostKeys, bytes: 2 << 20)
    /// Names were counted by themselves already: those that are compared one by one do not add to the count.
    var countsNames = true
    var isSampled = true
    var horizon = ExpiryHorizon()
    private(set) var database = 0
    private var flights: [Flight] = []
    private var batch: [ByteString] = []

    init(
        source: VerifiedServer,
        target: VerifiedServer,
        scope: TenantScope,
        databases: [Int],
        context: any VerificationContext,
        tolerance: ClockTolerance = ClockTolerance()
    ) {
        self.source = source
        self.target = target
        self.scope = scope
        self.databases = databases
        self.context = context
        self.tolerance = tolerance
    }

    /// A batch that both servers have been asked.
    private struct Flight {
        let keys: [ByteString]
        let source: EventLoopFuture<[DumpFingerprint]>
        let target: EventLoopFuture<[DumpFingerprint]>
    }

    /// Compares every key of both sides.
    mutating func full() async throws(MigrationFailure) {
        var seen = NameSet()
        for side in [source, target] {
            for number in databases {
                try await select(number)
                try await scan(side) { run, key in
                    if seen.insert(run.hash(key)) { run.enqueue(key) }
                }
                try await finishDatabase()
            }
        }
    }

    /// Calls `body` with each name that the side's SCAN tells in the current database, some of them more than once, and
    /// sends what it enqueues meanwhile.
    mutating func scan(
        _ side: VerifiedServer,
        _ body: (inout VerificationRun, ByteString) -> Void
    ) async throws(MigrationFailure) {
        var cursor: ByteString = "0"
        repeat {
            let page = try await side.scan(scope, from: cursor)
            cursor = page.next
            for key in page.names { body(&self, key) }
            try await launch()
        } while cursor != "0"
    }

    mutating func select(_ number: Int) async throws(MigrationFailure) {
        try await source.select(number)
        try await target.select(number)
        database = number
    }

    func hash(_ key: ByteString) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(database)
        key.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    /// Puts a name of the current database among those to compare.
    mutating func enqueue(_ key: ByteString) {
        batch.append(key)
    }

    /// Sends the full batches among the names read so far.
    private mutating func launch() async throws(MigrationFailure) {
        guard !Task.isCancelled else {
            throw MigrationFailure(.notNow, "verify: it was interrupted; verify again")
        }
        while batch.count >= sizer.size { try await send(sizer.size) }
    }

    /// Compares what is left of the database, and looks again at what differed.
    mutating func finishDatabase() async throws(MigrationFailure) {
        while !batch.isEmpty { try await send(min(batch.count, sizer.size)) }
        while !flights.isEmpty { try await land() }
        try await resolveSuspects()
    }

    private mutating func send(_ count: Int) async throws(MigrationFailure) {
        if flights.count >= Self.depth { try await land() }
        let keys = Array(batch.prefix(count))
        batch.removeFirst(count)
        guard mostAnswerBytes == nil else { return try await judgeBounded(keys) }
        flights.append(Flight(keys: keys, source: source.ask(keys), target: target.ask(keys)))
    }

    /// Of either server; nil where neither limits its answers.
    var mostAnswerBytes: Int? { [source.answerBytes, target.answerBytes].compactMap(\.self).min() }

    private mutating func judgeBounded(_ keys: [ByteString]) async throws(MigrationFailure) {
        let (source, target, bytes) = (source, target, mostAnswerBytes ?? .max)
        let sides = try await concurrently { () async throws(MigrationFailure) in
            try await source.fingerprints(of: keys, within: bytes)
        } _: { () async throws(MigrationFailure) in
            try await target.fingerprints(of: keys, within: bytes)
        }
        try await judge(keys, sides.0, sides.1)
        if suspects.count >= Self.suspectLimit { try await resolveSuspects() }
    }

    private mutating func land() async throws(MigrationFailure) {
        let flight = flights.removeFirst()
        let (source, target) = (source, target)
        let sides = try await concurrently { () async throws(MigrationFailure) in
            try await source.fingerprints(of: flight.keys, asked: flight.source)
        } _: { () async throws(MigrationFailure) in
            try await target.fingerprints(of: flight.keys, asked: flight.target)
        }
        let bytes = zip(sides.0, sides.1).reduce(0) { $0 + max(0, $1.0.length, $1.1.length) }
        sizer.answered(keys: flight.keys.count, bytes: bytes)
        try await judge(flight.keys, sides.0, sides.1)
        if suspects.count >= Self.suspectLimit { try await resolveSuspects() }
    }
}
