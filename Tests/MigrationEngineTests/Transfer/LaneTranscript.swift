import MigrationCore
import NIOCore
import RESP

@testable import MigrationEngine

/// A lane's machine with text at its four ends.
struct LaneTranscript {
    private(set) var machine: LaneMachine
    /// What was written to either server, and not looked at yet.
    private(set) var toSource: [UInt8] = []
    private(set) var toTarget: [UInt8] = []
    /// `7: a b, gone c, 12 bytes, last`.
    private(set) var done: [String] = []
    private var targetInput = ByteBuffer()
    private var names: [KeyHash: String] = [:]

    init(_ query: ExpiryQuery = .absolute, bigValueBytes: Int? = nil) {
        machine = LaneMachine(expiryQuery: query, bigValueBytes: bigValueBytes)
    }

    mutating func bound(waiting: Int, chunk: Int) {
        (machine.mostWaitingBytes, machine.chunkBytes) = (waiting, chunk)
    }

    mutating func submit(
        _ keys: [String],
        ticket: Int,
        database: Int = 0,
        touched: Bool = false,
        asksExpiry: Bool = true,
        sizes: KeyBatch.Sizes = .unknown
    ) {
        var batch = KeyBatch(database: database, origin: touched ? .touched(firstTick: 1) : .scanned)
        batch.asksExpiry = asksExpiry
        batch.sizes = sizes
        for key in keys {
            let bulk = Array("$\(key.utf8.count)\r\n\(key)\r\n".utf8)
            let hash = Array(key.utf8).withUnsafeBytes { KeyHash(database: database, key: $0) }
            names[hash] = key
            bulk.withUnsafeBytes { batch.append(bulk: $0, hash: hash) }
        }
        machine.submit(batch, ticket: ticket)
        collect()
    }

    mutating func source(_ pieces: [[UInt8]]) throws(LaneFailure) {
        for piece in pieces {
            try machine.sourceBytes(ByteBuffer(bytes: piece))
            collect()
        }
    }

    mutating func target(_ pieces: [[UInt8]]) throws(LaneFailure) {
        for piece in pieces {
            targetInput.writeBytes(piece)
            try machine.targetBytes(&targetInput)
            collect()
        }
    }

    mutating func source(_ text: String) throws(LaneFailure) { try source([Array(text.utf8)]) }
    mutating func target(_ text: String) throws(LaneFailure) { try target([Array(text.utf8)]) }

    mutating func takeToSource() -> String {
        defer { toSource = [] }
        return Self.words(toSource)
    }

    mutating func takeToTarget() -> String {
        defer { toTarget = [] }
        return Self.words(toTarget)
    }

    mutating func takeDone() -> [String] {
        defer { done = [] }
        return done
    }

    /// Commands, one a line: `SET a 1`.
    static func words(_ bytes: [UInt8]) -> String {
        commands(bytes).map { $0.map(\.description).joined(separator: " ") }.joined(separator: "\n")
    }

    static func commands(_ bytes: [UInt8]) -> [[ByteString]] {
        var decoder = RESPDecoder()
        decoder.append(bytes)
        var commands: [[ByteString]] = []
        while let command = try? decoder.next() { commands.append((command.elements ?? []).compactMap(\.bytes)) }
        return commands
    }

    private mutating func collect() {
        if let bytes = machine.takeSourceOut() { toSource += bytes.readableBytesView }
        if let bytes = machine.takeTargetOut() { toTarget += bytes.readableBytesView }
        for completion in machine.takeCompletions() {
            if completion.present.isEmpty, completion.gone.isEmpty, machine.bigValueBytes != nil {
                collectSizes(completion)
                continue
            }
            var words = ["\(completion.ticket): " + completion.present.map { names[$0] ?? "?" }.joined(separator: " ")]
            if !completion.gone.isEmpty {
                words.append("gone " + completion.gone.map { names[$0] ?? "?" }.joined(separator: " "))
            }
            words.append("\(completion.payloadBytes) bytes")
            if completion.isLast { words.append("last") }
            done.append(words.joined(separator: ", "))
        }
    }
    /// Of a batch that was asked for its sizes only its big keys are of interest.
    private mutating func collectSizes(_ completion: LaneMachine.Completion) {
        guard completion.big != nil || completion.isLast else { return }
        var words = (completion.big?.hashes ?? []).map { "big \(names[$0] ?? "?")" }
        if completion.isLast { words.append("last") }
        done.append("\(completion.ticket): " + words.joined(separator: ", "))
    }
}
