import MigrationCore
import RESP

/// A reply that is no fingerprint: the server's error line, or something that no server should answer.
enum FingerprintError: Error, Equatable {
    case refused(command: String, reply: String)
    case unexpectedReply
    case malformed(RESPError)
}

/// Reads the replies to `PEXPIRETIME key`, `DUMP key` as they come. A payload is digested piece by piece and never held
/// whole, so a value of any size costs no memory.
struct FingerprintParser {
    private enum State {
        case expiry
        case payloadHeader
        /// Bytes of the payload before the footer that are still to come.
        case body(Int)
        /// The footer of this many bytes and the line end.
        case footer(Int)
    }

    private let expiryCommand: String
    private var state = State.expiry
    private var current = DumpFingerprint.gone
    private var hash = HashState()

    init(expiryCommand: String) {
        self.expiryCommand = expiryCommand
    }

    /// The next key's fingerprint, read from `position` on; nil means that the bytes from `position` on are not enough.
    mutating func next(
        _ bytes: UnsafeRawBufferPointer,
        at position: inout Int
    ) throws(FingerprintError) -> DumpFingerprint? {
        while true {
            switch state {
            case .expiry:
                guard let header = try header(bytes, &position, command: expiryCommand) else { return nil }
                guard header.kind == .integer else { throw .unexpectedReply }
                current = .gone
                current.expiry = header.number
                state = .payloadHeader
            case .payloadHeader:
                guard let header = try header(bytes, &position, command: "DUMP") else { return nil }
                if try isNull(header) { return finished() }
                begin(header.number)
            case .body(let missing):
                guard take(missing, bytes, &position) else { return nil }
            case .footer(let length):
                guard position + length + 2 <= bytes.count else { return nil }
                try readFooter(length, bytes, &position)
                return finished()
            }
        }
    }

    private func header(
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int,
        command: String
    ) throws(FingerprintError) -> RESPHeader? {
        let header: RESPHeader?
        do { header = try RESPHeader.parse(bytes, at: position) } catch { throw .malformed(error) }
        guard let header else { return nil }
        if header.kind == .error {
            let line = ByteString(bytes[header.textStart..<(header.end - 2)])
            throw .refused(command: command, reply: line.text)
        }
        position = header.end
        return header
    }

    private func isNull(_ header: RESPHeader) throws(FingerprintError) -> Bool {
        switch header.kind {
        case .null: true
        case .bulkString: header.number < 0
        default: throw .unexpectedReply
        }
    }

    private mutating func begin(_ length: Int) {
        current.length = length
        hash.reset()
        // What is too short to have a footer is all body.
        let footer = length >= DumpFingerprint.footerLength ? DumpFingerprint.footerLength : 0
        state = length > footer ? .body(length - footer) : .footer(footer)
    }

    /// Digests what is there of the body; false where all bytes are used up.
    private mutating func take(_ missing: Int, _ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Bool {
        let count = min(missing, bytes.count - position)
        guard count > 0 else { return false }
        if current.type == nil { current.type = bytes[position] }
        hash.update(UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)]))
        position += count
        if count < missing {
            state = .body(missing - count)
            return false
        }
        state = .footer(current.length >= DumpFingerprint.footerLength ? DumpFingerprint.footerLength : 0)
        return true
    }

    private mutating func readFooter(
        _ length: Int,
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int
    ) throws(FingerprintError) {
        guard bytes[position + length] == 0x0D, bytes[position + length + 1] == 0x0A else {
            throw .malformed(.missingTerminator)
        }
        current.body = hash.digest
        if length > 0 {
            current.version = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt16.self))
            current.checksum = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position + 2, as: UInt64.self))
        }
        position += length + 2
    }

    private mutating func finished() -> DumpFingerprint {
        state = .expiry
        return current
    }
}
