/// What a vector set (Redis 8) holds: the graph between its elements is built anew wherever it is restored.
package struct VectorSetState: Equatable, Sendable {
    /// Quantization, dimensions and the graph's width.
    package let facts: [String]
    /// The vector as it is stored and the attributes of each element.
    package let elements: [Bytes: [Reply]]

    /// Nil where the key is gone.
    init?(_ key: Bytes, _ socket: RESPSocket) throws {
        let info = try socket.answer("VINFO", key)
        guard info.array != nil, let count = try socket.answer("VCARD", key).integer else { return nil }
        facts = ["quant-type", "vector-dim", "projection-input-dim", "hnsw-m"].map { name in
            let value = info[field: name]
            return "\(name) \(value?.text ?? value?.integer.map(String.init) ?? "none")"
        }
        let names = try socket.answer("VRANDMEMBER", key, count).array?.compactMap(\.bytes) ?? []
        var request = RequestBuffer()
        for name in names {
            request.append("VEMB", key, name, "RAW")
            request.append("VGETATTR", key, name)
        }
        let replies = try socket.pipeline(request)
        var elements: [Bytes: [Reply]] = [:]
        for (index, name) in names.enumerated() { elements[name] = [replies[2 * index], replies[2 * index + 1]] }
        self.elements = elements
    }
}
