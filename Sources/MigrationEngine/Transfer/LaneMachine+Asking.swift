import MigrationCore
import NIOCore
import RESP

/// What the source is asked, and when: its answers wait in an output buffer there, and a server that limits it ends the
/// connection past it.
extension LaneMachine {
    /// Sizes are asked at once, as their answers are a few bytes; values when there is room for them.
    mutating func read(_ batch: KeyBatch, ticket: Int, mode: ReadMode) {
        batchesOfTicket[ticket, default: 0] += 1
        guard mode != .sizes else { return ask(batch, ticket: ticket, mode: mode, cost: 0) }
        waiting.append((ticket, batch, mode))
        askWaiting()
    }

    /// Asks for as many of the waiting batches as may be under way, in their order.
    mutating func askWaiting() {
        while let next = waiting.first {
            let cost = next.batch.bytes ?? Int(Double(next.batch.count) * bytesPerKey)
            guard waitingBytes == 0 || cost <= mostWaitingBytes - waitingBytes else { return }
            waiting.removeFirst()
            ask(next.batch, ticket: next.ticket, mode: next.mode, cost: max(1, cost))
        }
    }

    private mutating func ask(_ batch: KeyBatch, ticket: Int, mode: ReadMode, cost: Int) {
        let selects = batch.database != sourceDatabase
        if selects { sourceOut.writeSelect(batch.database) }
        sourceDatabase = batch.database
        sourceOut.writeSourceRequest(for: batch, mode: mode, expiry: expiryQuery)
        var entry = Reading(ticket: ticket, batch: batch, mode: mode, selects: selects, cost: cost)
        entry.expiries.reserveCapacity(mode == .strings ? batch.count : 0)
        reading.append(entry)
        waitingBytes += cost
        if case .idle = step { begin() }
    }

    /// Puts a key of a known size among those to be read, in batches that are not larger than a chunk.
    mutating func handOn(_ key: Int, bytes: Int) {
        if let full = current.followUp, (full.bytes ?? 0) + bytes > chunkBytes {
            current.followUps.append(full)
            current.followUp = nil
        }
        let before = current.followUp?.bytes ?? 0
        current.batch.hand(key, to: &current.followUp)
        current.followUp?.bytes = before + bytes
    }

    /// The current batch is read to its end.
    mutating func noteRead() {
        waitingBytes -= current.cost
        guard current.mode != .sizes, current.batch.bytes == nil, current.batch.count > 0 else { return }
        let mean = Double(current.payloadBytes) / Double(current.batch.count)
        // Growing values count at once, shrinking ones only gradually.
        bytesPerKey = max(64, mean, bytesPerKey * 0.8 + mean * 0.2)
    }

    /// The key of the value that is on its way from the source, or to the target, where it is no more than one.
    func keyUnderWay(toTarget: Bool) -> KeyName? {
        if toTarget {
            let entry = writing.first ?? commanding
            guard entry.answered < entry.commands.count else { return nil }
            guard commandsGiven - commandsAnswered == 1 else { return nil }
            let key = Int(entry.commands[entry.answered].key)
            return key < 0 ? nil : KeyName(database: entry.batch.database, key: entry.batch.key(key))
        }
        guard waitingBytes > 0, current.mode != .sizes, current.batch.count == 1, reading.isEmpty else { return nil }
        return KeyName(database: current.batch.database, key: current.batch.key(0))
    }
}
