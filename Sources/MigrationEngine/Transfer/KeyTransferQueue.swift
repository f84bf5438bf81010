import MigrationCore
import RESP
import RedisClient
import Synchronization

/// The keys that wait for the lanes, and the account of what is done: scanned and touched keys meet here and go the
/// same way.
package final class KeyTransferQueue: Sendable {
    /// What stands in the way of source and target being equal, and what has been reached.
    package struct Snapshot: Equatable, Sendable {
        /// Touched keys that wait or are in flight, and resynchronisations under way.
        package var lagKeys = 0
        /// Keys of either kind that a server was asked for or given.
        package var inFlightKeys = 0
        /// Scanned keys that wait or are in flight.
        package var scannedKeys = 0
        package var keysAtSource = 0
        package var keysAtTarget = 0
        package var keysTransferred = 0
        package var bytesTransferred = 0

        package var isIdle: Bool { lagKeys == 0 && scannedKeys == 0 }
        /// Nothing is under way, whatever waits.
        package var isSettled: Bool { inFlightKeys == 0 }
    }

    typealias Wake = @Sendable () -> Void
    typealias Taken = (batch: KeyBatch, ticket: Int)

    struct LaneWork {
        var dirty = DirtySet()
        var scanned: [KeyBatch] = []
        var filling: [Int: KeyBatch] = [:]
        var sizer: BatchSizer
        var inFlight: [Int: KeyBatch] = [:]
        var tookTouched = false
        var isIdle = true
        var wake: (@Sendable () -> Void)?
    }

    struct State {
        var lanes: [LaneWork]
        var tally = KeyTally()
        var ledger = PositionLedger()
        var tick = 0
        var nextTicket = 0
        /// Ticks, by their tickets.
        var holds: [Int: Int] = [:]
        /// Those of `holds` that do not keep source and target from being equal.
        var silentHolds: Set<Int> = []
        /// Up to where each shard's feed has told its changes.
        var told = ShardPositions()
        /// Nothing goes out: a pause, or a cutover's end.
        var isPaused = false
        /// Nothing goes out before it is known whose the tenant is.
        var isShut = false
        /// What is under way ends, and then the lanes get another number.
        var isHalted = false
        /// What is asked for now; there may be other lanes for a moment.
        var options: TransferOptions
        /// Nil where nothing is limited.
        var limiter: TransferLimiter?
        /// In a cutover the limits do not count.
        var areLimitsLifted = false
        var timer: Task<Void, Never>?
        /// The tally knows keys from before: a scan need not copy them again.
        var skipsKnown = false
        var expiryFree: ExpiryFreeScan?
        var big: BigValueTable
        var bounds = TransferBounds()
        var wakeMover: (@Sendable () -> Void)?
        var keysTransferred = 0
        var bytesTransferred = 0
    }

    let state: Mutex<State>
    /// The keys whose commands the feed tells with their arguments.
    let watchedKeys = WatchedKeys()
    /// Nanoseconds; 0 before the first time.
    private let lastTargetLatency = Atomic<Int64>(0)

    package init(options: TransferOptions) {
        let lane = LaneWork(sizer: BatchSizer(first: 64, most: options.batchSize, bytes: 1 << 20))
        let big = BigValueTable(watched: watchedKeys)
        let lanes = [LaneWork](repeating: lane, count: options.parallel)
        let limiter = TransferLimiter(options, at: Self.now)
        state = Mutex(State(lanes: lanes, options: options, limiter: limiter, big: big))
    }

    package var snapshot: Snapshot {
        state.withLock { state in
            var snapshot = Snapshot()
            for lane in state.lanes {
                snapshot.lagKeys += lane.dirty.count
                snapshot.scannedKeys += lane.waitingScanned
                for batch in lane.inFlight.values {
                    snapshot.inFlightKeys += batch.count
                    if case .touched = batch.origin {
                        snapshot.lagKeys += batch.count
                    } else {
                        snapshot.scannedKeys += batch.count
                    }
                }
            }
            snapshot.lagKeys += state.holds.count - state.silentHolds.count + state.big.lagCount
            snapshot.scannedKeys += state.big.initialCount
            snapshot.inFlightKeys += state.big.movingCount
            snapshot.keysAtSource = state.tally.sourceCount
            snapshot.keysAtTarget = state.tally.targetCount
            snapshot.keysTransferred = state.keysTransferred
            snapshot.bytesTransferred = state.bytesTransferred
            return snapshot
        }
    }

    /// Seconds from the last command that a lane has sent to its answer; nil before the first.
    var targetLatency: Double? {
        let nanoseconds = lastTargetLatency.load(ordering: .relaxed)
        return nanoseconds == 0 ? nil : Double(nanoseconds) / 1e9
    }

    func noteTargetLatency(nanoseconds: Int64) { lastTargetLatency.store(nanoseconds, ordering: .relaxed) }

    /// For each shard the position up to which everything is at the target.
    package var safePositions: ShardPositions { state.withLock { $0.ledger.safe } }
}

// MARK: - Keys come in

extension KeyTransferQueue {
    /// Takes keys that SCAN named and waits while the lanes have enough of them, or are frozen.
    func enqueue(_ page: KeyPage, database: Int) async throws(CancellationError) {
        let wakes = state.withLock { state in
            page.forEach(database: database) { hash, bulk in
                if state.skipsKnown, state.isKnown(hash) { return }
                state.lanes[hash.lane(of: state.lanes.count)].append(bulk, hash, database)
            }
            return state.lanes.indices.compactMap { state.lanes[$0].takeWake() }
        }
        for wake in wakes { wake() }
        while state.withLock(\.isFull) {
            do { try await Task.sleep(for: .milliseconds(1)) } catch { throw CancellationError() }
        }
    }

    /// Takes what a feed said. A key is dirty until its state is read again.
    package func touch(_ touches: Touches, shard: ShardID, position: FeedPosition) {
        let wakes = state.withLock { state in
            if !touches.touches.isEmpty { state.tick += 1 }
            // Keys that come with a whole database are named by nobody.
            if !touches.cleared.isEmpty { state.expiryFree = nil }
            var index = 0
            // It is no sequence: the bytes live only within the closure.
            // swift-format-ignore: ReplaceForEachWithForLoop
            touches.forEach { touch, encoded in
                let change = { BigChange(command: touch.command, touches.details[index]) }
                state.touch(encoded, touch.hash, database: touch.database, change())
                index += 1
            }
            state.big.clear(touches.cleared, tick: state.tick)
            state.ledger.mark(tick: state.tick, shard: shard, position: position)
            state.told[shard] = position
            state.advanceLedger()
            return touches.isEmpty ? [] : state.takeWakes()
        }
        for wake in wakes { wake() }
    }

    /// Notes the touched keys from now on: the server may be asked which databases hold no expiry.
    func beginExpiryFreeScan() {
        state.withLock { $0.expiryFree = ExpiryFreeScan() }
    }

    /// No key of these databases had an expiry at a moment since then, unless it was touched.
    func scanWithoutExpiry(_ databases: Set<Int>) {
        state.withLock { state in
            state.expiryFree?.databases = databases
            if databases.isEmpty, state.expiryFree?.hasSmallStrings != true { state.expiryFree = nil }
        }
    }

    /// No string was above the limit for big values at a moment since then, unless it was touched.
    func scanSmallStrings() {
        state.withLock { $0.expiryFree?.hasSmallStrings = true }
    }

    func endExpiryFreeScan() {
        state.withLock { $0.expiryFree = nil }
    }

    /// Keeps every position from now on unsafe until `release`.
    ///
    /// - Parameter isLag: It also keeps the queue from being idle.
    package func hold(isLag: Bool = true) -> Int {
        state.withLock { state in
            state.nextTicket += 1
            state.tick += 1
            state.holds[state.nextTicket] = state.tick
            if !isLag { state.silentHolds.insert(state.nextTicket) }
            return state.nextTicket
        }
    }

    package func release(_ hold: Int) {
        state.withLock { state in
            state.holds[hold] = nil
            state.silentHolds.remove(hold)
            state.advanceLedger()
        }
    }
}

// MARK: - Keys go out

extension KeyTransferQueue {
    /// Calls `wake` when there is work for a lane that last found none.
    func connect(lane: Int, wake: @escaping Wake) {
        state.withLock { $0.lanes[lane].wake = wake }
    }

    /// The next keys for a lane, and the ticket under which they are done. Touched and scanned keys take turns, so that
    /// neither starves the other.
    func next(lane: Int) -> (batch: KeyBatch, ticket: Int)? {
        let (taken, wake) = state.withLock { state -> (Taken?, Wake?) in
            // It was closed after it was called.
            guard state.lanes.indices.contains(lane) else { return (nil, nil) }
            let turn = state.limiter == nil ? .take(most: .max) : limitedTurn(of: lane, &state)
            guard case .take(let most) = turn else { return (nil, nil) }
            let taken = state.take(lane: lane, most: most)
            return (taken, state.limiter == nil ? nil : state.endTurn(of: lane, taken))
        }
        wake?()
        return taken
    }

    func completed(lane: Int, _ completions: [LaneMachine.Completion]) {
        let (wake, wakeFirst) = state.withLock { state in
            for completion in completions {
                state.note(completion)
                if let big = completion.big { state.found(big) }
                state.tally.arrived(completion.present)
                state.tally.left(completion.gone)
                state.keysTransferred += completion.present.count
                state.bytesTransferred += completion.payloadBytes
                state.bounds.arrived(completion.payloadBytes)
                state.lanes[lane].sizer.answered(keys: completion.present.count, bytes: completion.payloadBytes)
                if completion.isLast { state.lanes[lane].inFlight[completion.ticket] = nil }
            }
            state.advanceLedger()
            return (state.big.isEmpty ? nil : state.wakeMover, state.firstWake)
        }
        wake?()
        wakeFirst?()
    }

    /// The newest batch that a lane has taken.
    var newestTicket: Int { state.withLock(\.nextTicket) }

    /// Whether every batch taken up to this one has arrived at the target.
    func isWritten(upTo ticket: Int) -> Bool {
        state.withLock { $0.lanes.isWritten(upTo: ticket) }
    }
}

extension KeyTransferQueue.State {
    var isFrozen: Bool { isPaused || isShut }

    /// The scan has to wait: a lane has enough of its keys, or nothing goes out.
    var isFull: Bool {
        let room = options.batchSize * 4
        return isFrozen || lanes.contains { $0.waitingScanned > room }
    }

    mutating func take(lane: Int, most: Int) -> KeyTransferQueue.Taken? {
        guard !isFrozen, !isHalted, let batch = takeBatch(lane: lane, most: most) else {
            lanes[lane].isIdle = true
            return nil
        }
        nextTicket += 1
        lanes[lane].inFlight[nextTicket] = batch
        return (batch, nextTicket)
    }

    private mutating func takeBatch(lane: Int, most: Int) -> KeyBatch? {
        while let batch = lanes[lane].takeBatch(most: most) {
            let batch = withoutBig(batch)
            if batch.count > 0 { return withExpiryKnown(batch, lane: lane) }
        }
        return nil
    }

    private mutating func withExpiryKnown(_ batch: KeyBatch, lane: Int) -> KeyBatch {
        guard case .scanned = batch.origin, let expiryFree else { return batch }
        let (free, asked) = expiryFree.split(batch)
        guard free.count > 0 else { return asked }
        if asked.count > 0 { lanes[lane].scanned.insert(asked, at: 0) }
        return free
    }

    /// Puts a key among the dirty ones of its lane, or of the mover.
    mutating func touch(
        _ encoded: UnsafeRawBufferPointer,
        _ hash: KeyHash,
        database: Int,
        _ change: @autoclosure () -> BigChange
    ) {
        if touchBig(encoded, hash, database: database, change()) { return }
        lanes[hash.lane(of: lanes.count)].dirty.touch(database: database, encoded: encoded, hash: hash, tick: tick)
        if expiryFree?.touch(hash) == false { expiryFree = nil }
    }

    mutating func advanceLedger() {
        var oldest = min(tick + 1, big.oldestTick ?? .max)
        for lane in lanes {
            oldest = min(oldest, lane.dirty.firstTick ?? oldest)
            for batch in lane.inFlight.values {
                if case .touched(let tick) = batch.origin { oldest = min(oldest, tick) }
            }
        }
        for tick in holds.values { oldest = min(oldest, tick) }
        ledger.advance(writtenBefore: oldest)
    }

    mutating func takeWakes() -> [@Sendable () -> Void] {
        var wakes = lanes.indices.compactMap { lanes[$0].takeWake() }
        if big.hasWaiting, let wakeMover { wakes.append(wakeMover) }
        return wakes
    }
}

extension [KeyTransferQueue.LaneWork] {
    /// Whether every batch taken up to this one has arrived at the target.
    func isWritten(upTo ticket: Int) -> Bool {
        allSatisfy { lane in lane.inFlight.keys.allSatisfy { $0 > ticket } }
    }
}

extension KeyTransferQueue.LaneWork {
    var waitingScanned: Int {
        scanned.reduce(0) { $0 + $1.count } + filling.values.reduce(0) { $0 + $1.count }
    }

    mutating func append(_ bulk: UnsafeRawBufferPointer, _ hash: KeyHash, _ database: Int) {
        let size = sizer.size
        filling[database, default: KeyBatch(database: database, origin: .scanned, capacity: size)]
            .append(bulk: bulk, hash: hash)
        if let full = filling[database], full.count >= size {
            scanned.append(full)
            filling[database] = nil
        }
    }

    var hasWork: Bool { !dirty.isEmpty || !scanned.isEmpty || !filling.isEmpty }

    mutating func takeBatch(most: Int) -> KeyBatch? {
        let hasScanned = !scanned.isEmpty || !filling.isEmpty
        if !dirty.isEmpty, !(tookTouched && hasScanned), let batch = dirty.take(most: min(most, sizer.size)) {
            tookTouched = true
            return KeyBatch(batch)
        }
        tookTouched = false
        guard hasScanned else { return nil }
        let database = filling.keys.first
        let batch = scanned.isEmpty ? database.flatMap { filling.removeValue(forKey: $0) } : scanned.removeFirst()
        // It was made when more could be taken at once.
        guard let batch, batch.count > min(most, sizer.most) else { return batch }
        let (front, rest) = batch.split(at: min(most, sizer.most))
        scanned.insert(rest, at: 0)
        return front
    }

    /// The lane's wake-up call, where it is idle and has work.
    mutating func takeWake() -> (@Sendable () -> Void)? {
        guard isIdle, hasWork else { return nil }
        isIdle = false
        return wake
    }
}

extension Touches {
    func forEach(_ body: (Touch, UnsafeRawBufferPointer) -> Void) {
        encoded.withUnsafeBytes { bytes in
            var start = 0
            for touch in touches {
                body(touch, UnsafeRawBufferPointer(rebasing: bytes[start..<touch.end]))
                start = touch.end
            }
        }
    }
}
