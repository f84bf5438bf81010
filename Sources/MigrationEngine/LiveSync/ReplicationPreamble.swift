import RESP

/// What a primary sends between PSYNC and the stream: newlines that keep the link alive, `+CONTINUE` or
/// `+FULLRESYNC`, and after the latter an RDB, which is thrown away: state is read by other means.
///
/// The RDB is either `$<length>` and that many bytes, or `$EOF:<40 bytes>`, data, and the same 40 bytes again
/// (Redis replication.c, readSyncBulkPayload).
struct ReplicationPreamble: Sendable {
    enum Answer: Equatable, Sendable {
        /// Nil where the primary did not repeat its id.
        case continued(replicationID: String?)
        case full(replicationID: String, offset: Int)
        case refused(String)
    }

    private enum Step: Equatable {
        case answer
        case payloadHeader
        case counted(Int)
        case untilMark([UInt8], tail: [UInt8])
        case stream
    }

    private static let longestLine = 1024

    private var step = Step.answer
    private var line: [UInt8] = []
    private(set) var answer: Answer?
    /// RDB bytes thrown away.
    private(set) var discarded = 0

    var isInStream: Bool { step == .stream }

    /// Takes what belongs to the preamble from the front of `bytes` and returns how much that was.
    mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(RESPError) -> Int {
        var position = 0
        while position < bytes.count, step != .stream {
            switch step {
            case .answer, .payloadHeader:
                try takeLineByte(bytes[position])
                position += 1
            case .counted(let left):
                let count = min(left, bytes.count - position)
                position += count
                discarded += count
                step = count == left ? .stream : .counted(left - count)
            case .untilMark(let mark, let tail):
                position += discard(bytes[position...], mark, tail)
            case .stream: break
            }
        }
        return position
    }

    private mutating func takeLineByte(_ byte: UInt8) throws(RESPError) {
        guard byte == 0x0A else {
            line.append(byte)
            guard line.count <= Self.longestLine else { throw .tooLong(line.count) }
            return
        }
        if line.last == 0x0D { line.removeLast() }
        defer { line = [] }
        guard !line.isEmpty else { return }
        let text = String(decoding: line, as: UTF8.self)
        if step == .answer { try readAnswer(text) } else { try readPayloadHeader(text) }
    }

    private mutating func readAnswer(_ text: String) throws(RESPError) {
        let words = text.split(separator: " ").map(String.init)
        switch words.first {
        case "+CONTINUE":
            answer = .continued(replicationID: words.count > 1 ? words[1] : nil)
            step = .stream
        case "+FULLRESYNC":
            guard words.count == 3, let offset = Int(words[2]) else { throw .malformedLine }
            answer = .full(replicationID: words[1], offset: offset)
            step = .payloadHeader
        default:
            guard text.hasPrefix("-") else { throw .malformedLine }
            answer = .refused(String(text.dropFirst()))
            step = .stream
        }
    }

    private mutating func readPayloadHeader(_ text: String) throws(RESPError) {
        guard text.hasPrefix("$") else { throw .malformedLine }
        let rest = text.dropFirst()
        if rest.hasPrefix("EOF:") {
            let mark = Array(rest.dropFirst(4).utf8)
            guard mark.count == 40 else { throw .malformedLine }
            step = .untilMark(mark, tail: [])
        } else {
            guard let length = Int(rest), length >= 0 else { throw .malformedNumber }
            step = length == 0 ? .stream : .counted(length)
        }
    }

    /// Looks for the mark, which may lie across two pieces; returns how many bytes were taken.
    private mutating func discard(_ bytes: Slice<UnsafeRawBufferPointer>, _ mark: [UInt8], _ tail: [UInt8]) -> Int {
        var window = tail
        window.append(contentsOf: bytes)
        guard let end = Self.end(of: mark, in: window) else {
            discarded += bytes.count
            step = .untilMark(mark, tail: Array(window.suffix(mark.count - 1)))
            return bytes.count
        }
        discarded += end - tail.count
        step = .stream
        return end - tail.count
    }

    private static func end(of mark: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= mark.count else { return nil }
        var start = 0
        while start <= bytes.count - mark.count {
            if bytes[start] == mark[0], bytes[start..<(start + mark.count)].elementsEqual(mark) {
                return start + mark.count
            }
            start += 1
        }
        return nil
    }
}
