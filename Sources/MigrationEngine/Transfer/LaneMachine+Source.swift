import MigrationCore
import NIOCore
import RESP

/// Replies of the source.
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
            return try passPayload(bytes, &position, key: key, left: left, keep: keep)
        }
        switch step {
        case .idle:
            if position < bytes.count { throw .sourceNotRESP }
            return false
        case .timeBefore(let key):
            guard let time = try time(bytes, &position) else { return false }
            step = .remaining(key, before: time)
            return true
        case .timeAfter(let key, let before, let remaining):
            guard let time = try time(bytes, &position) else { return false }
            settle(key, Expiry(remaining: remaining, before: before, after: time))
            return true
        case .select, .remaining, .expiry, .size, .valuesHeader, .value, .payload:
            guard let header = try Self.header(bytes, position) else { return false }
            try handle(header, bytes)
            position = header.end
            return true
        }
    }

    private mutating func handle(_ header: RESPHeader, _ bytes: UnsafeRawBufferPointer) throws(LaneFailure) {
        guard header.kind != .error else { throw refusal(header, bytes) }
        switch (step, header.kind) {
        case (.select, .simpleString):
            step = firstStep(key: 0)
        case (.expiry(let key), .integer):
            settle(key, expiry(header.number))
        case (.remaining(let key, let before), .integer):
            step = .timeAfter(key, before: before, remaining: header.number)
        case (.size(let key), .integer):
            size(key, bytes: header.number)
        case (.size(let key), .bulkString) where header.number < 0, (.size(let key), .null):
            size(key, bytes: 0)
        case (.valuesHeader, .array) where header.number == current.batch.count:
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
        switch current.mode {
        case .strings:
            current.expiries.append(expiry)
            step = firstStep(key: key + 1)
        case .dump, .sizes:
            expiryOfNext = expiry
            step = .value(key)
        }
    }

    /// A value's header came: -1 is nil.
    private mutating func value(_ key: Int, length: Int) {
        let expiry = expiry(of: key)
        let keep = decide(key, expiry, isNil: length < 0)
        if keep { writeCommandStart(key, expiry, length) }
        if length >= 0 {
            step = .payload(key, left: length + 2, keep: keep)
        } else {
            next(after: key)
        }
    }

    func expiry(of key: Int) -> Expiry {
        guard current.asksExpiry else { return .never }
        return current.mode == .strings ? current.expiries[key] : expiryOfNext
    }

    /// What becomes of a key; true when its payload goes to the target.
    private mutating func decide(_ key: Int, _ expiry: Expiry, isNil: Bool) -> Bool {
        switch (expiry, isNil, current.mode) {
        case (.gone, _, _), (_, true, .dump), (_, _, .sizes):
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
        current.batch.hand(key, to: &current.followUp)
    }

    /// A key that is gone takes no memory; the reading of its value then finds that out.
    private mutating func size(_ key: Int, bytes: Int) {
        if bytes >= bigValueBytes ?? .max, !current.batch.indivisible.contains(current.batch.hashes[key]) {
            current.batch.hand(key, to: &current.big)
        } else {
            handOn(key, bytes: bytes)
        }
        if key + 1 < current.batch.count { step = .size(key + 1) } else { finishReading() }
    }

    private mutating func passPayload(
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int,
        key: Int,
        left: Int,
        keep: Bool
    ) throws(LaneFailure) -> Bool {
        let count = min(left, bytes.count - position)
        guard count > 0 else { return false }
        do {
            // The target does not look at these two bytes: with them it would take a wrong value for a whole one.
            try RESPTerminator.check(bytes, from: position, count: count, left: left)
        } catch {
            throw .sourceNotRESP
        }
        if keep {
            targetOut.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)]))
            current.payloadBytes += count
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
        if key + 1 < current.batch.count {
            step = current.mode == .strings ? .value(key + 1) : firstStep(key: key + 1)
        } else {
            finishReading()
        }
    }

    private mutating func finishReading() {
        commanding.payloadBytes = current.payloadBytes
        commanding.big = current.big
        writing.append(commanding)
        if current.mode == .strings {
            let strings = Double(current.batch.count - (current.followUp?.count ?? 0)) / Double(current.batch.count)
            stringShare = stringShare * 0.75 + strings * 0.25
        }
        noteRead()
        let (ticket, before) = (current.ticket, current.mode)
        let followUps = current.followUps + [current.followUp].compactMap(\.self)
        step = .idle
        for var followUp in followUps {
            if before == .sizes { followUp.sizes = .small }
            if before == .strings { followUp.mayBeStrings = false }
            read(followUp, ticket: ticket, mode: followUpMode(after: before, followUp))
        }
        askWaiting()
        if case .idle = step { begin() }
        completeAnswered()
    }
}

// MARK: - Lines

extension LaneMachine {
    static func header(_ bytes: UnsafeRawBufferPointer, _ at: Int) throws(LaneFailure) -> RESPHeader? {
        do { return try RESPHeader.parse(bytes, at: at) } catch { throw .sourceNotRESP }
    }

    static func targetHeader(_ bytes: UnsafeRawBufferPointer, _ at: Int) throws(LaneFailure) -> RESPHeader? {
        do { return try RESPHeader.parse(bytes, at: at) } catch { throw .targetNotRESP }
    }

    static func line(_ header: RESPHeader, _ bytes: UnsafeRawBufferPointer) -> String {
        String(decoding: bytes[header.textStart..<(header.end - 2)], as: UTF8.self)
    }

    /// What the source's error line says, and of which key.
    private func refusal(_ header: RESPHeader, _ bytes: UnsafeRawBufferPointer) -> LaneFailure {
        let key: Int? =
            switch step {
            case .timeBefore(let key), .remaining(let key, _), .timeAfter(let key, _, _), .expiry(let key),
                .size(let key), .value(let key):
                key
            case .idle, .select, .valuesHeader, .payload: nil
            }
        return .source(
            reply: Self.line(header, bytes),
            database: current.batch.database,
            key: key.map { current.batch.key($0) }
        )
    }

    /// The reply to TIME, in milliseconds: an array of seconds and microseconds as bulk strings.
    private func time(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) throws(LaneFailure) -> Int? {
        guard let array = try Self.header(bytes, position) else { return nil }
        guard array.kind == .array, array.number == 2 else {
            throw array.kind == .error ? refusal(array, bytes) : .sourceNotRESP
        }
        var at = array.end
        var parts: [Int] = []
        while parts.count < 2 {
            guard let bulk = try Self.header(bytes, at) else { return nil }
            // No clock has more digits, and a thousand times as much still is an Int.
            guard bulk.kind == .bulkString, (1...15).contains(bulk.number) else { throw .sourceNotRESP }
            let end = bulk.end + bulk.number
            guard end + 2 <= bytes.count else { return nil }
            guard let number = Int(String(decoding: bytes[bulk.end..<end], as: UTF8.self)) else { throw .sourceNotRESP }
            parts.append(number)
            at = end + 2
        }
        position = at
        return parts[0] * 1000 + parts[1] / 1000
    }
}
