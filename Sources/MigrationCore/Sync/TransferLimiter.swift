/// How many keys may be taken now, and whose turn it is: one bucket of tokens for keys and one for the bytes of their
/// values. Every `now` is the time since any one moment.
///
/// A bucket holds a tenth of a second's worth, so that a limit holds for any second. Who finds too little stands in a
/// line, so that nobody is starved. The size of values is known only when they have been read: as many are reckoned as
/// the last ones had, and put right then, so the bytes may be overdrawn and are waited for afterwards.
package struct TransferLimiter: Equatable, Sendable {
    /// By their numbers.
    package enum Taker: Equatable, Sendable {
        case lane(Int)
        /// A worker of the big values' mover.
        case mover(Int)
    }

    package enum Turn: Equatable, Sendable {
        /// So many keys may be taken.
        case take(most: Int)
        /// Those before have to take first.
        case waitForOthers
        /// The first of the line: there will be tokens then.
        case wait(Duration)

        package var isOpen: Bool {
            if case .take = self { true } else { false }
        }
    }

    private struct Bucket: Equatable {
        let perSecond: Double
        var balance = 0.0
        private var filledAt: Duration

        init(perSecond: Int, at now: Duration) {
            self.perSecond = Double(perSecond)
            filledAt = now
        }

        private var most: Double { max(1, perSecond / 10) }
        /// With less a batch would be hardly worth its round trip.
        private var enough: Double { max(1, most / 2) }

        mutating func fill(at now: Duration) {
            guard now > filledAt else { return }
            balance = min(most, balance + (now - filledAt) / .seconds(1) * perSecond)
            filledAt = now
        }

        /// Seconds until there is enough.
        var secondsToGo: Double {
            let missing = enough - balance
            return missing < 0.000_001 ? 0 : missing / perSecond
        }
    }

    /// What a value is reckoned with as long as none was seen.
    private static let unknownBytes = 16_384.0

    private var keys: Bucket?
    private var bytes: Bucket?
    private var bytesPerKey = Self.unknownBytes
    /// Bytes that batches under way were reckoned with, by their tickets.
    private var reckoned: [Int: Double] = [:]
    private var line: [Taker] = []

    /// Nil where nothing is limited.
    package init?(_ options: TransferOptions, at now: Duration) {
        guard options.maxKeysPerSecond != nil || options.maxBytesPerSecond != nil else { return nil }
        keys = options.maxKeysPerSecond.map { Bucket(perSecond: $0, at: now) }
        bytes = options.maxBytesPerSecond.map { Bucket(perSecond: $0, at: now) }
    }

    /// Those who wait; the first of them has to be called again when a `Turn.wait` is over, or another has taken or left.
    package var waiting: [Taker] { line }

    /// Asks for keys. Who is told to wait stands in the line until it has taken some, or leaves.
    package mutating func turn(of taker: Taker, at now: Duration) -> Turn {
        guard isFirst(taker) else { return .waitForOthers }
        keys?.fill(at: now)
        bytes?.fill(at: now)
        let seconds = max(keys?.secondsToGo ?? 0, bytes?.secondsToGo ?? 0)
        guard seconds == 0 else { return .wait(.seconds(seconds)) }
        var most = Double(Int32.max)
        if let keys { most = min(most, keys.balance) }
        if let bytes { most = min(most, bytes.balance / bytesPerKey) }
        return .take(most: max(1, Int(most + 0.000_001)))
    }

    private mutating func isFirst(_ taker: Taker) -> Bool {
        if !line.contains(taker) { line.append(taker) }
        return line.first == taker
    }

    /// - Parameter ticket: Of a batch whose bytes `moved` will tell; nil where they are told as they are sent.
    package mutating func took(_ count: Int, ticket: Int?, by taker: Taker) {
        leave(taker)
        keys?.balance -= Double(count)
        guard let ticket, bytes != nil else { return }
        reckoned[ticket] = Double(count) * bytesPerKey
        bytes?.balance -= Double(count) * bytesPerKey
    }

    /// It has nothing to take any more.
    package mutating func leave(_ taker: Taker) {
        line.removeAll { $0 == taker }
    }

    /// What a batch, or a part of it, really had. Its reckoning is given back with the last part. One that was taken
    /// before this limit was set only teaches how large values are: else all that was under way then would be waited for.
    package mutating func moved(keys count: Int, bytes moved: Int, ticket: Int, isLast: Bool) {
        guard bytes != nil else { return }
        if count > 0 {
            let mean = Double(moved) / Double(count)
            // Growing values count at once, shrinking ones only gradually.
            bytesPerKey = max(1, mean, bytesPerKey * 0.8 + mean * 0.2)
        }
        guard let reckoning = reckoned[ticket] else { return }
        bytes?.balance -= Double(moved)
        guard isLast else { return }
        bytes?.balance += reckoning
        reckoned[ticket] = nil
    }

    /// Whether a piece of a big value may be sent. Who is told to wait asks again and stands in the line until it has sent
    /// one, or leaves.
    package mutating func maySend(_ taker: Taker, at now: Duration) -> Bool {
        guard bytes != nil else { return true }
        guard isFirst(taker) else { return false }
        bytes?.fill(at: now)
        return bytes?.secondsToGo == 0
    }

    package mutating func sent(bytes count: Int, by taker: Taker) {
        leave(taker)
        bytes?.balance -= Double(count)
    }
}
