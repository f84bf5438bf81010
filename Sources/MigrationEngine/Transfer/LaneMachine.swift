import MigrationCore
import NIOCore
import RESP

/// What ended a lane.
enum LaneFailure: Error, Equatable, Sendable {
    /// The source answered a read with an error.
    case source(reply: String)
    /// The target refused to store a key.
    case target(reply: String, database: Int, key: ByteString?)
    case sourceNotRESP
    case targetNotRESP
    case disconnected(server: String)
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
        var payloadBytes = 0
        /// The ticket has no batch left in this lane.
        var isLast = false
    }

    /// A batch that the source was asked for.
    private struct Reading {
        let ticket: Int
        let batch: KeyBatch
        let mode: ReadMode
        let selects: Bool
        var expiries: [Expiry] = []
        var followUp: KeyBatch?
        var payloadBytes = 0
    }

    /// A batch whose commands the target was given.
    private struct Writing {
        let ticket: Int
        let batch: KeyBatch
        /// For each command the key's index and whether the key is there afterwards; -1 for SELECT.
        var commands: [(key: Int32, present: Bool)] = []
        var answered = 0
        var isSealed = false
        var payloadBytes = 0
    }

    private enum Step {
        case select
        case timeBefore(Int)
        case remaining(Int, before: Int)
        case timeAfter(Int, before: Int, remaining: Int)
        case expiry(Int)
        case valuesHeader
        case value(Int)
        /// Bytes of a payload and its CRLF that are still to come, and what becomes of them.
        case payload(Int, left: Int, keep: Bool)
    }

    /// Strings read by MGET of the last batches, to decide how the next scanned batch is read.
    private var stringShare = 1.0
    private let expiryQuery: ExpiryQuery
    private var reading = CircularBuffer<Reading>()
    private var writing = CircularBuffer<Writing>()
    private var batchesOfTicket: [Int: Int] = [:]
    private var step = Step.select
    /// In `dump` mode the expiry of the key whose value comes next.
    private var expiryOfNext = Expiry.never
    private var input = ByteBuffer()
    private var sourceDatabase = 0
    private var targetDatabase = 0

    private(set) var sourceOut = ByteBuffer()
    private(set) var targetOut = ByteBuffer()
    private(set) var completions: [Completion] = []

    init(expiryQuery: ExpiryQuery) {
        self.expiryQuery = expiryQuery
    }

    /// Batches that wait for either server.
    var batchesInFlight: Int { batchesOfTicket.count }

    mutating func takeSourceOut() -> ByteBuffer? { Self.take(&sourceOut) }
    mutating func takeTargetOut() -> ByteBuffer? { Self.take(&targetOut) }

    mutating func takeCompletions() -> [Completion] {
        defer { completions.removeAll(keepingCapacity: true) }
        return completions
    }

    private static func take(_ buffer: inout ByteBuffer) -> ByteBuffer? {
        guard buffer.readableBytes > 0 else { return nil }
        defer { buffer = ByteBuffer() }
        return buffer
    }

    /// Asks the source for a batch.
    mutating func submit(_ batch: KeyBatch, ticket: Int) {
        switch batch.origin {
        case .scanned: read(batch, ticket: ticket, mode: stringShare > 0.3 ? .strings : .dump)
        case .touched: read(batch, ticket: ticket, mode: .dump)
        }
    }

    private mutating func read(_ batch: KeyBatch, ticket: Int, mode: ReadMode) {
        let selects = batch.database != sourceDatabase
        if selects { sourceOut.writeSelect(batch.database) }
        sourceDatabase = batch.database
        sourceOut.writeSourceRequest(for: batch, mode: mode, expiry: expiryQuery)
        var entry = Reading(ticket: ticket, batch: batch, mode: mode, selects: selects)
        entry.expiries.reserveCapacity(mode == .strings ? batch.count : 0)
        reading.append(entry)
        batchesOfTicket[ticket, default: 0] += 1
        if reading.count == 1 { begin() }
    }

    /// Sets the first step of the batch that the source answers next.
    private mutating func begin() {
        guard let first = reading.first else { return }
        writing.append(Writing(ticket: first.ticket, batch: first.batch))
        step = first.selects ? .select : firstStep(first, key: 0)
    }

    private func firstStep(_ entry: Reading, key: Int) -> Step {
        guard key < entry.batch.count else { return .valuesHeader }
        switch (expiryQuery, entry.mode) {
        case (.relative, .dump): return .timeBefore(key)
        case (.relative, .strings), (.absolute, _): return .expiry(key)
        }
    }
}

// MARK: - Replies of the source

extension LaneMachine {
    mutating func sourceBytes(_ bytes: consuming ByteBuffer) throws(LaneFailure) {
        var pending = input
        input = ByteBuffer()
        if pending.readableBytes > 0 { pending.writeBuffer(&bytes) } else { pending = bytes }
        try consume(&pending)
        // What is left is at most a line that is not whole yet.
        if pending.readableBytes > 0 { input = ByteBuffer(bytes: pending.readableBytesView) }
    }

    private mutating func consume(_ buffer: inout ByteBuffer) throws(LaneFailure) {
        let count = try buffer.withUnsafeReadableBytes { (bytes) throws(LaneFailure) in
            var position = 0
            while try advance(bytes, &position) {}
            return position
        }
        buffer.moveReaderIndex(forwardBy: count)
    }

    /// Takes one step; false where more bytes are needed.
    private mutating func advance(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) throws(LaneFailure) -> Bool {
        if case .payload(let key, let left, let keep) = step {
            return passPayload(bytes, &position, key: key, left: left, keep: keep)
        }
        guard !reading.isEmpty else {
            if position < bytes.count { throw .sourceNotRESP }
            return false
        }
        switch step {
        case .timeBefore(let key):
            guard let time = try Self.time(bytes, &position) else { return false }
            step = .remaining(key, before: time)
            return true
        case .timeAfter(let key, let before, let remaining):
            guard let time = try Self.time(bytes, &position) else { return false }
            settle(key, Expiry(remaining: remaining, before: before, after: time))
            return true
        case .select, .remaining, .expiry, .valuesHeader, .value, .payload:
            guard let header = try Self.header(bytes, position) else { return false }
            try handle(header, bytes)
            position = header.end
            return true
        }
    }

    private mutating func handle(_ header: RESPHeader, _ bytes: UnsafeRawBufferPointer) throws(LaneFailure) {
        guard header.kind != .error else { throw .source(reply: Self.line(header, bytes)) }
        switch (step, header.kind) {
        case (.select, .simpleString):
            step = firstStep(reading[reading.startIndex], key: 0)
        case (.expiry(let key), .integer):
            settle(key, expiry(header.number))
        case (.remaining(let key, let before), .integer):
            step = .timeAfter(key, before: before, remaining: header.number)
        case (.valuesHeader, .array):
            step = .value(0)
        case (.value(let key), .bulkString), (.value(let key), .null):
            value(key, length: header.kind == .null ? -1 : header.number)
        default:
            throw .sourceNotRESP
        }
    }

    private func expiry(_ reply: Int) -> Expiry {
        switch expiryQuery {
        case .absolute: Expiry(absolute: reply)
        case .relative: reply >= 0 ? .unsettled : Expiry(absolute: reply)
        }
    }

    private mutating func settle(_ key: Int, _ expiry: Expiry) {
        let index = reading.startIndex
        switch reading[index].mode {
        case .strings:
            reading[index].expiries.append(expiry)
            step = firstStep(reading[index], key: key + 1)
        case .dump:
            expiryOfNext = expiry
            step = .value(key)
        }
    }

    /// A value's header came: -1 is nil.
    private mutating func value(_ key: Int, length: Int) {
        let entry = reading[reading.startIndex]
        let expiry = entry.mode == .strings ? entry.expiries[key] : expiryOfNext
        let keep = decide(key, expiry, isNil: length < 0, entry.mode)
        if keep { writeCommandStart(key, expiry, length, entry) }
        if length >= 0 {
            step = .payload(key, left: length + 2, keep: keep)
        } else {
            next(after: key)
        }
    }

    /// What becomes of a key; true when its payload goes to the target.
    private mutating func decide(_ key: Int, _ expiry: Expiry, isNil: Bool, _ mode: ReadMode) -> Bool {
        switch (expiry, isNil, mode) {
        case (.gone, _, _), (_, true, .dump):
            writeUnlink(key)
            return false
        case (.unsettled, _, _), (_, true, .strings):
            handOn(key)
            return false
        case (.never, false, _), (.at, false, _):
            return true
        }
    }

    private mutating func handOn(_ key: Int) {
        let index = reading.startIndex
        let batch = reading[index].batch
        if reading[index].followUp == nil {
            reading[index].followUp = KeyBatch(database: batch.database, origin: batch.origin)
        }
        reading[index].followUp?.append(from: batch, index: key)
    }

    private mutating func passPayload(
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int,
        key: Int,
        left: Int,
        keep: Bool
    ) -> Bool {
        let count = min(left, bytes.count - position)
        guard count > 0 else { return false }
        if keep {
            targetOut.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)]))
            reading[reading.startIndex].payloadBytes += count
        }
        position += count
        guard count == left else {
            step = .payload(key, left: left - count, keep: keep)
            return false
        }
        if keep { writeCommandEnd(key) }
        next(after: key)
        return true
    }

    private mutating func next(after key: Int) {
        let entry = reading[reading.startIndex]
        if key + 1 < entry.batch.count {
            step = entry.mode == .strings ? .value(key + 1) : firstStep(entry, key: key + 1)
        } else {
            finishReading()
        }
    }

    private mutating func finishReading() {
        let entry = reading.removeFirst()
        let last = writing.index(before: writing.endIndex)
        writing[last].isSealed = true
        writing[last].payloadBytes = entry.payloadBytes
        if entry.mode == .strings {
            let strings = Double(entry.batch.count - (entry.followUp?.count ?? 0)) / Double(entry.batch.count)
            stringShare = stringShare * 0.75 + strings * 0.25
        }
        if let followUp = entry.followUp {
            read(followUp, ticket: entry.ticket, mode: .dump)
            // `read` began it where the lane was otherwise empty.
            if reading.count > 1 { begin() }
        } else {
            begin()
        }
        completeAnswered()
    }
}

// MARK: - Commands to the target

extension LaneMachine {
    private mutating func select(_ database: Int) {
        guard database != targetDatabase else { return }
        targetDatabase = database
        targetOut.writeSelect(database)
        note(-1, present: false)
    }

    private mutating func note(_ key: Int, present: Bool) {
        writing[writing.index(before: writing.endIndex)].commands.append((Int32(key), present))
    }

    private mutating func writeCommandStart(_ key: Int, _ expiry: Expiry, _ length: Int, _ entry: Reading) {
        select(entry.batch.database)
        switch (entry.mode, expiry) {
        case (.strings, .at): targetOut.writeStaticString("*5\r\n$3\r\nSET\r\n")
        case (.strings, _): targetOut.writeStaticString("*3\r\n$3\r\nSET\r\n")
        case (.dump, _): targetOut.writeStaticString("*6\r\n$7\r\nRESTORE\r\n")
        }
        entry.batch.withEncoded(key) { _ = targetOut.writeBytes($0) }
        if entry.mode == .dump {
            // RESTORE with ABSTTL takes 0 for "no expiry".
            if case .at(let time) = expiry {
                targetOut.writeBulk(String(time).utf8)
            } else {
                targetOut.writeBulk("0".utf8)
            }
        }
        targetOut.writeLine(0x24, length)
        note(key, present: true)
    }

    private mutating func writeCommandEnd(_ key: Int) {
        let entry = reading[reading.startIndex]
        switch entry.mode {
        case .dump:
            targetOut.writeStaticString("$7\r\nREPLACE\r\n$6\r\nABSTTL\r\n")
        case .strings:
            guard case .at(let time) = entry.expiries[key] else { return }
            targetOut.writeStaticString("$4\r\nPXAT\r\n")
            targetOut.writeBulk(String(time).utf8)
        }
    }

    private mutating func writeUnlink(_ key: Int) {
        let batch = reading[reading.startIndex].batch
        select(batch.database)
        targetOut.writeStaticString("*2\r\n$6\r\nUNLINK\r\n")
        batch.withEncoded(key) { _ = targetOut.writeBytes($0) }
        note(key, present: false)
    }
}

// MARK: - Replies of the target

extension LaneMachine {
    /// Counts replies. The target's replies are lines, so what is left of `bytes` is at most the start of one.
    mutating func targetBytes(_ bytes: inout ByteBuffer) throws(LaneFailure) {
        let count = try bytes.withUnsafeReadableBytes { (raw) throws(LaneFailure) in
            var position = 0
            while let header = try Self.targetHeader(raw, position) {
                try answered(header, raw)
                position = header.end
            }
            return position
        }
        bytes.moveReaderIndex(forwardBy: count)
        completeAnswered()
    }

    private mutating func answered(_ header: RESPHeader, _ bytes: UnsafeRawBufferPointer) throws(LaneFailure) {
        var index = writing.startIndex
        while index != writing.endIndex, writing[index].answered == writing[index].commands.count {
            index = writing.index(after: index)
        }
        guard index != writing.endIndex else { throw .targetNotRESP }
        if header.kind == .error {
            let command = writing[index].commands[writing[index].answered]
            let batch = writing[index].batch
            let key = command.key < 0 ? nil : batch.key(Int(command.key))
            throw .target(reply: Self.line(header, bytes), database: batch.database, key: key)
        }
        guard header.kind == .simpleString || header.kind == .integer else { throw .targetNotRESP }
        writing[index].answered += 1
    }

    private mutating func completeAnswered() {
        while let first = writing.first, first.isSealed, first.answered == first.commands.count {
            writing.removeFirst()
            var completion = Completion(ticket: first.ticket, payloadBytes: first.payloadBytes)
            for command in first.commands where command.key >= 0 {
                let hash = first.batch.hashes[Int(command.key)]
                if command.present { completion.present.append(hash) } else { completion.gone.append(hash) }
            }
            let left = (batchesOfTicket[first.ticket] ?? 1) - 1
            batchesOfTicket[first.ticket] = left == 0 ? nil : left
            completion.isLast = left == 0
            completions.append(completion)
        }
    }
}

// MARK: - Lines

extension LaneMachine {
    private static func header(_ bytes: UnsafeRawBufferPointer, _ at: Int) throws(LaneFailure) -> RESPHeader? {
        do { return try RESPHeader.parse(bytes, at: at) } catch { throw .sourceNotRESP }
    }

    private static func targetHeader(_ bytes: UnsafeRawBufferPointer, _ at: Int) throws(LaneFailure) -> RESPHeader? {
        do { return try RESPHeader.parse(bytes, at: at) } catch { throw .targetNotRESP }
    }

    private static func line(_ header: RESPHeader, _ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes[header.textStart..<(header.end - 2)], as: UTF8.self)
    }

    /// The reply to TIME, in milliseconds: an array of seconds and microseconds as bulk strings.
    private static func time(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) throws(LaneFailure) -> Int? {
        guard let array = try header(bytes, position) else { return nil }
        guard array.kind == .array, array.number == 2 else {
            throw array.kind == .error ? .source(reply: line(array, bytes)) : .sourceNotRESP
        }
        var at = array.end
        var parts: [Int] = []
        while parts.count < 2 {
            guard let bulk = try header(bytes, at) else { return nil }
            let end = bulk.end + bulk.number
            guard bulk.kind == .bulkString, bulk.number > 0 else { throw .sourceNotRESP }
            guard end + 2 <= bytes.count else { return nil }
            guard let number = Int(String(decoding: bytes[bulk.end..<end], as: UTF8.self)) else { throw .sourceNotRESP }
            parts.append(number)
            at = end + 2
        }
        position = at
        return parts[0] * 1000 + parts[1] / 1000
    }
}
