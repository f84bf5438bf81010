import MigrationCore
import RESP
import RedisClient

/// Reads a vector set (Redis 8) by what it holds: the graph between its elements is built anew wherever it is restored,
/// so equal sets have different payloads.
struct VectorSetReader {
    static let type = "vectorset"
    /// The names come in one reply.
    private static let mostElements = 100_000
    private static let pageSize = 250

    let connection: RedisConnection
    let key: ByteString

    /// Opaque where the server does not tell it, or the set is too big.
    func summary() async throws(RedisClientError) -> ValueSummary {
        let opaque = ValueSummary(type: Self.type, parts: [], isOpaque: true)
        let facts = try await connection.pipeline([RedisCommand("VINFO", key), RedisCommand("VCARD", key)])
        if facts.contains(where: ValueReader.tellsOfChange) { return .gone }
        guard facts[0].elements != nil, let count = facts[1].integer, count <= Self.mostElements else { return opaque }
        let list = try await connection.pipeline([RedisCommand("VRANDMEMBER", key, ByteString(count))])[0]
        guard let names = list.elements?.compactMap(\.bytes), names.count == count else { return opaque }
        var sum = Digest128.zero
        for start in stride(from: 0, to: count, by: Self.pageSize) {
            let page = names[start..<min(start + Self.pageSize, count)]
            let commands = page.flatMap { [RedisCommand("VEMB", key, $0, "RAW"), RedisCommand("VGETATTR", key, $0)] }
            let replies = try await connection.pipeline(commands)
            for (place, name) in page.enumerated() {
                guard let vector = replies[2 * place].elements else { return opaque }
                var hasher = ValueHasher()
                hasher.add(name)
                for part in vector { hasher.add(part.bytes ?? ByteString(part.text ?? "")) }
                hasher.add(replies[2 * place + 1].bytes ?? "")
                sum.add(hasher.digest())
            }
        }
        let parts = ["vector-dim", "quant-type", "projection-input-dim", "hnsw-m"].compactMap { name in
            facts[0][name]?.text.map { ValueSummary.Part(name, shown: $0, isOptional: true) }
        }
        let elements = ValueSummary.Part("elements", shown: "\(count)", digest: sum)
        return ValueSummary(type: Self.type, parts: parts + [elements])
    }
}
