import MigrationCore
import NIOCore
import RESP

/// What ended a lane.
enum LaneFailure: Error, Equatable, Sendable {
    /// The source answered a read with an error. The key is nil where the answer was to several, or to a SELECT.
    case source(reply: String, database: Int, key: ByteString?)
    /// The target refused to store a key.
    case target(reply: String, database: Int, key: ByteString?)
    case sourceNotRESP
    case targetNotRESP
    /// With the key of the one value that was on its way, where it was one.
    case disconnected(server: String, key: KeyName?)
    /// It owes an answer and sends nothing.
    case silent(server: String)
}

extension LaneFailure {
    /// The target takes no value of this length in one command (Redis networking.c, processMultibulkBuffer).
    var isRefusedLength: Bool {
        guard case .target(let reply, _, _) = self else { return false }
        return reply.contains("invalid bulk length")
    }
}

/// A lane without its sockets: source bytes come in and target commands go out, reply by reply, so that a payload of
/// any size streams through and is never held whole. Target commands leave in the order of the source's replies, and
/// those are in the order of the reads: the last write of a key is always its last read.
struct LaneMachine {
    /// A batch whose keys are all settled at the target, or handed on to a follow-up batch.
    struct Completion {
        var ticket: Int
        var present: [KeyHash] = []
        var gone: [KeyHash] = []
        /// Keys whose values are too big for one payload. They are the mover's now.
        var big: KeyBatch?
        var payloadBytes = 0
        /// The ticket has no batch left in this lane.
        var isLast = false
    }

    /// A batch that the source was asked for.
    struct Reading {
        var ticket: Int
        var batch: KeyBatch
        var mode: ReadMode
        var selects: Bool
        var asksExpiry: Bool { mode == .dump || batch.asksExpiry }
        /// Bytes that are reckoned to wait at the source until this is read.
        var cost: Int
        var expiries: [Expiry] = []
        /// Full batches among those that are to be read next.
        var followUps: [KeyBatch] = []
        var followUp: KeyBatch?
        var big: KeyBatch?
        var payloadBytes = 0
    }

    /// A batch whose commands the target was given.
    struct Writing {
        var ticket: Int
        var batch: KeyBatch
        /// For each command the key's index and whether the key is there afterwards; -1 for SELECT.
        var commands: [(key: Int32, present: Bool)] = []
        var answered = 0
        var big: KeyBatch?
        var payloadBytes = 0
    }

    enum Step {
        /// No batch is asked for.
        case idle
        case select
        case timeBefore(Int)
        case remaining(Int, before: Int)
        case timeAfter(Int, before: Int, remaining: Int)
        case expiry(Int)
        case size(Int)
        case valuesHeader
        case value(Int)
        /// Bytes of a payload and its CRLF that are still to come, and what becomes of them.
        case payload(Int, left: Int, keep: Bool)
    }

    /// Strings read by MGET of the last batches, to decide how the next scanned batch is read.
    var stringShare = 1.0
    let expiryQuery: ExpiryQuery
    /// Bytes of memory from which on a value is not read here; nil where the source does not tell them.
    let bigValueBytes: Int?
    /// Bytes of answers that may wait at the source at once; a value that is larger is asked for alone.
    var mostWaitingBytes = Int.max
    /// Bytes that a batch of values may hold whose sizes are known.
    var chunkBytes = Int.max
    /// Of those that were read without having been asked for their size.
    var bytesPerKey = 4096.0
    /// Batches of values that are not asked for yet, because enough waits.
    var waiting = CircularBuffer<(ticket: Int, batch: KeyBatch, mode: ReadMode)>()
    /// Bytes that were asked for and are not read.
    var waitingBytes = 0
    /// The batch whose replies come now, and those that were asked for after it.
    var current = Reading.none
    var reading = CircularBuffer<Reading>()
    /// The commands of the current batch so far, and those of the batches before it that wait for replies.
    var commanding = Writing.none
    var writing = CircularBuffer<Writing>()
    var batchesOfTicket: [Int: Int] = [:]
    var step = Step.idle
    /// In `dump` mode the expiry of the key whose value comes next.
    var expiryOfNext = Expiry.never
    var input = ByteBuffer()
    var sourceDatabase = 0
    var targetDatabase = 0

    var sourceOut = ByteBuffer()
    var targetOut = ByteBuffer()
    var completions: [Completion] = []
    /// Commands that the target was given since the lane was opened, and those it has answered.
    var commandsGiven = 0
    var commandsAnswered = 0

    init(expiryQuery: ExpiryQuery, bigValueBytes: Int? = nil) {
        self.expiryQuery = expiryQuery
        self.bigValueBytes = bigValueBytes
    }

    /// Batches that wait for either server.
    var batchesInFlight: Int { batchesOfTicket.count }

    /// The next answer that is owed is the source's.
    var waitsForSource: Bool {
        if case .idle = step { false } else { true }
    }

    /// Bytes of the value that the target is being sent, as many as it will have; 0 between two values.
    var payloadUnderWay: Int {
        if case .payload(_, left: let left, keep: true) = step { current.payloadBytes + left } else { 0 }
    }

    /// Those that were given to the target to their last byte.
    var commandsWhole: Int {
        if case .payload(_, left: _, keep: true) = step { commandsGiven - 1 } else { commandsGiven }
    }

    mutating func takeSourceOut() -> ByteBuffer? { Self.take(&sourceOut) }
    mutating func takeTargetOut() -> ByteBuffer? { Self.take(&targetOut) }

    mutating func takeCompletions() -> [Completion] {
        defer { completions.removeAll(keepingCapacity: true) }
        return completions
    }

    private static func take(_ buffer: inout ByteBuffer) -> ByteBuffer? {
        guard buffer.readableBytes > 0 else { return nil }
        // The next one will be about as long.
        defer { buffer = ByteBufferAllocator().buffer(capacity: min(buffer.readableBytes, 1 << 18)) }
        return buffer
    }

    /// Asks the source for a batch.
    mutating func submit(_ batch: KeyBatch, ticket: Int) {
        read(batch, ticket: ticket, mode: mode(for: batch))
    }

    private func mode(for batch: KeyBatch) -> ReadMode {
        var mode = ReadMode.dump
        if case .scanned = batch.origin, batch.mayBeStrings, stringShare > 0.3 { mode = .strings }
        switch batch.sizes {
        case .small: return mode
        case .smallStrings: return mode == .strings || bigValueBytes == nil ? mode : .sizes
        case .unknown: return bigValueBytes == nil ? mode : .sizes
        }
    }

    /// How the rest of a batch is read: those that are of a size that is known to be small, and those that are no strings.
    func followUpMode(after mode: ReadMode, _ batch: KeyBatch) -> ReadMode {
        switch mode {
        case .sizes: self.mode(for: batch)
        case .strings where bigValueBytes != nil && batch.sizes != .small: .sizes
        case .strings, .dump: .dump
        }
    }

    /// Turns to the batch that the source answers next.
    mutating func begin() {
        guard let next = reading.popFirst() else {
            // What is left of the last batch would take a reply that nobody asked for as its own.
            (step, current, commanding) = (.idle, .none, .none)
            return
        }
        commanding = Writing(ticket: next.ticket, batch: next.batch)
        if next.mode != .sizes { commanding.commands.reserveCapacity(next.batch.count + 1) }
        current = next
        step = next.selects ? .select : firstStep(key: 0)
    }

    func firstStep(key: Int) -> Step {
        if current.mode == .sizes { return .size(key) }
        guard key < current.batch.count, current.asksExpiry else { return .valuesHeader }
        switch (expiryQuery, current.mode) {
        case (.relative, .dump): return .timeBefore(key)
        case (.relative, _), (.absolute, _): return .expiry(key)
        }
    }
}

extension LaneMachine.Reading {
    fileprivate static let none = Self(
        ticket: 0,
        batch: KeyBatch(database: 0, origin: .scanned),
        mode: .dump,
        selects: false,
        cost: 0
    )
}

extension LaneMachine.Writing {
    fileprivate static let none = Self(ticket: 0, batch: KeyBatch(database: 0, origin: .scanned))
}
