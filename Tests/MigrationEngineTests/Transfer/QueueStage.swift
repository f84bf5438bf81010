import MigrationCore
import NIOCore
import RESP

@testable import MigrationEngine

/// A queue spoken to in names, and with a scope that every name belongs to.
struct QueueStage {
    let queue: KeyTransferQueue
    private let scope: TenantScope
    private(set) var offset = 0

    init(parallel: Int = 1, batchSize: Int = 1000) throws {
        queue = KeyTransferQueue(options: try TransferOptions(parallel: parallel, batchSize: batchSize))
        scope = try TenantScope(tenant: "t", format: "{id}:")
    }

    /// A page of SCAN with these keys.
    func page(_ names: [String]) throws -> KeyPage {
        let reply = RedisCommand(names.map { ByteString("t:" + $0) }).encoded
        return try KeyPage(
            scanReply: ByteBuffer(bytes: Array("*2\r\n$1\r\n0\r\n".utf8) + reply),
            scope: scope,
            server: "a:1"
        )
    }

    /// The feed names these keys, and stands 10 bytes further.
    mutating func touch(_ names: [String], database: Int = 0, shard: ShardID = .standalone) {
        offset += 10
        var touches = Touches()
        for name in names {
            Array("t:\(name)".utf8).withUnsafeBytes {
                touches.append($0, database: database, offset: offset, command: Array("SET".utf8))
            }
        }
        queue.touch(touches, shard: shard, position: position(offset))
    }

    func position(_ offset: Int) -> FeedPosition { FeedPosition(replicationID: "8f", offset: offset, database: 0) }

    var safeOffset: Int? { queue.safePositions[.standalone]?.offset }

    /// The next batch as `touched 0/a b` and its ticket.
    func next(lane: Int = 0) -> (words: String, batch: KeyBatch, ticket: Int)? {
        guard let next = queue.next(lane: lane) else { return nil }
        let names = (0..<next.batch.count).map { next.batch.key($0).text.dropFirst(2) }
        var origin = "scanned"
        if case .touched = next.batch.origin { origin = "touched" }
        return ("\(origin) \(next.batch.database)/\(names.joined(separator: " "))", next.batch, next.ticket)
    }

    /// All keys of the batch are at the target, but for those that are `gone`.
    func complete(
        _ next: (words: String, batch: KeyBatch, ticket: Int),
        lane: Int = 0,
        gone: Int = 0,
        isLast: Bool = true
    ) {
        var completion = LaneMachine.Completion(ticket: next.ticket)
        completion.gone = Array(next.batch.hashes.prefix(gone))
        completion.present = Array(next.batch.hashes.dropFirst(gone))
        completion.payloadBytes = 100 * completion.present.count
        completion.isLast = isLast
        queue.completed(lane: lane, [completion])
    }
}
