import NIOCore

/// How a batch's values are asked for, and the commands that do it.
enum ReadMode: Sendable {
    /// Expiries one by one and then one MGET: the least that a server can be asked for strings. It answers nil for
    /// every other type, and those keys are read again by `dump`.
    case strings
    /// Expiry and DUMP, key by key: any type.
    case dump
    /// No value: how much memory each takes, before it is read by one of the others.
    case sizes
}

extension ByteBuffer {
    mutating func writeSelect(_ database: Int) {
        writeStaticString("*2\r\n$6\r\nSELECT\r\n")
        writeBulk(String(database).utf8)
    }

    /// The expiry is asked before the value: a key that dies between the two then reads as gone, and is never written
    /// without its expiry.
    mutating func writeSourceRequest(for batch: KeyBatch, mode: ReadMode, expiry: ExpiryQuery) {
        if mode == .sizes { return writeSizeQueries(batch) }
        for index in 0..<batch.count where mode == .dump || batch.asksExpiry {
            batch.withEncoded(index) { key in
                writeExpiryQuery(key, mode: mode, expiry: expiry)
                if mode == .dump {
                    writeStaticString("*2\r\n$4\r\nDUMP\r\n")
                    writeBytes(key)
                }
            }
        }
        if mode == .strings {
            writeLine(0x2A, batch.count + 1)
            writeStaticString("$4\r\nMGET\r\n")
            writeImmutableBuffer(batch.encoded)
        }
    }

    /// By its default of 5 samples MEMORY USAGE costs no more for a big collection than for a small one.
    private mutating func writeSizeQueries(_ batch: KeyBatch) {
        for index in 0..<batch.count {
            writeStaticString("*3\r\n$6\r\nMEMORY\r\n$5\r\nUSAGE\r\n")
            writeKey(index, of: batch)
        }
    }

    private mutating func writeExpiryQuery(_ key: UnsafeRawBufferPointer, mode: ReadMode, expiry: ExpiryQuery) {
        switch expiry {
        case .absolute:
            writeStaticString("*2\r\n$11\r\nPEXPIRETIME\r\n")
            writeBytes(key)
        case .relative:
            // By MGET only "none", "gone" and "some" are told apart; the few with an expiry are read again by DUMP.
            if mode == .dump { writeStaticString("*1\r\n$4\r\nTIME\r\n") }
            writeStaticString("*2\r\n$4\r\nPTTL\r\n")
            writeBytes(key)
            if mode == .dump { writeStaticString("*1\r\n$4\r\nTIME\r\n") }
        }
    }
}
