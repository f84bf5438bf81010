import MigrationCore
import NIOCore
import RESP

/// Commands to the target.
extension LaneMachine {
    private mutating func select(_ database: Int) {
        guard database != targetDatabase else { return }
        targetDatabase = database
        targetOut.writeSelect(database)
        note(-1, present: false)
    }

    private mutating func note(_ key: Int, present: Bool) {
        commandsGiven += 1
        commanding.commands.append((Int32(truncatingIfNeeded: key), present))
    }

    mutating func writeCommandStart(_ key: Int, _ expiry: Expiry, _ length: Int) {
        select(current.batch.database)
        switch (current.mode, expiry) {
        case (.strings, .at): targetOut.writeStaticString("*5\r\n$3\r\nSET\r\n")
        case (.strings, _): targetOut.writeStaticString("*3\r\n$3\r\nSET\r\n")
        case (.dump, _), (.sizes, _): targetOut.writeStaticString("*6\r\n$7\r\nRESTORE\r\n")
        }
        targetOut.writeKey(key, of: current.batch)
        if current.mode == .dump {
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

    mutating func writeCommandEnd(_ key: Int) {
        switch current.mode {
        case .dump, .sizes:
            targetOut.writeStaticString("$7\r\nREPLACE\r\n$6\r\nABSTTL\r\n")
        case .strings:
            guard case .at(let time) = expiry(of: key) else { return }
            targetOut.writeStaticString("$4\r\nPXAT\r\n")
            targetOut.writeBulk(String(time).utf8)
        }
    }

    mutating func writeUnlink(_ key: Int) {
        select(current.batch.database)
        targetOut.writeStaticString("*2\r\n$6\r\nUNLINK\r\n")
        targetOut.writeKey(key, of: current.batch)
        note(key, present: false)
    }
}

/// Replies of the target.
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
        commandsAnswered += 1
        var index = writing.startIndex
        while index != writing.endIndex, writing[index].answered == writing[index].commands.count {
            index = writing.index(after: index)
        }
        if index != writing.endIndex {
            try check(header, bytes, writing[index])
            writing[index].answered += 1
        } else {
            guard commanding.answered < commanding.commands.count else { throw .targetNotRESP }
            try check(header, bytes, commanding)
            commanding.answered += 1
        }
    }

    private func check(
        _ header: RESPHeader,
        _ bytes: UnsafeRawBufferPointer,
        _ entry: borrowing Writing
    ) throws(LaneFailure) {
        switch header.kind {
        case .simpleString, .integer: return
        case .error:
            let command = entry.commands[entry.answered]
            let key = command.key < 0 ? nil : entry.batch.key(Int(command.key))
            throw .target(reply: Self.line(header, bytes), database: entry.batch.database, key: key)
        default: throw .targetNotRESP
        }
    }

    mutating func completeAnswered() {
        while let first = writing.first, first.answered == first.commands.count {
            writing.removeFirst()
            var completion = Completion(ticket: first.ticket, big: first.big, payloadBytes: first.payloadBytes)
            completion.present.reserveCapacity(first.commands.count)
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
