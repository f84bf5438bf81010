/// What a server's settings allow its clients, as far as it tells them (`CONFIG GET`). Past these it ends the connection,
/// mostly without a word.
package struct ClientLimits: Equatable, Sendable {
    /// Those to ask for.
    package static let settings = [
        "timeout", "repl-timeout", "client-output-buffer-limit", "client-query-buffer-limit", "proto-max-bulk-len",
        "maxmemory-clients", "maxmemory",
    ]

    private let values: [String: String]

    /// - Parameter values: Settings by their names; none where the server does not tell them.
    package init(_ values: [String: String] = [:]) { self.values = values }

    package var areKnown: Bool { values["client-output-buffer-limit"] != nil }

    /// For how many seconds a client, or a replica, may be silent; nil where that is for ever.
    package var idleSeconds: Int? {
        ["timeout", "repl-timeout"].compactMap { limit($0) }.min()
    }

    /// Bytes of answers that may wait for a client, or of the stream for a replica (`slave`) or subscriber (`pubsub`).
    ///
    /// `normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60`: at once, for a while, and how long.
    package func outputBytes(of kind: String = "normal") -> Int? {
        let words = (values["client-output-buffer-limit"] ?? "").split(separator: " ")
        guard let place = words.firstIndex(of: Substring(kind)), place + 2 < words.count else { return nil }
        return [words[place + 1], words[place + 2]].compactMap { Int($0) }.filter { $0 > 0 }.min()
    }

    /// Bytes of answers that may wait on each of so many connections without coming near a limit. The servers' own
    /// bookkeeping and a value that is larger than it was measured have room beside them.
    package func answerBytes(connections: Int) -> Int? {
        [outputBytes().map { $0 / 4 }, share(of: connections)].compactMap(\.self).min()
    }

    /// Bytes of a value that one command may carry on each of so many connections.
    package func payloadBytes(connections: Int) -> Int? {
        let command = [limit("client-query-buffer-limit").map { $0 / 4 }, limit("proto-max-bulk-len").map { $0 / 2 }]
        return (command + [share(of: connections)]).compactMap(\.self).min()
    }

    /// The settings that may have ended a connection, for an operator; nil where none of them can.
    package var words: String? {
        guard areKnown else { return nil }
        var words: [String] = []
        if let seconds = limit("timeout") { words.append("timeout \(seconds)") }
        for (kind, name) in [("normal", "normal"), ("slave", "replica"), ("pubsub", "pubsub")] {
            guard let bytes = outputBytes(of: kind), bytes != Self.usualOutput[kind] else { continue }
            words.append("client-output-buffer-limit \(name) \(bytes)")
        }
        for (name, usual) in [("client-query-buffer-limit", 1 << 30), ("proto-max-bulk-len", 512 << 20)] {
            if let bytes = limit(name), bytes != usual { words.append("\(name) \(bytes)") }
        }
        if let text = values["maxmemory-clients"], text != "0" { words.append("maxmemory-clients \(text)") }
        return words.isEmpty ? nil : words.joined(separator: ", ")
    }

    /// What the servers come with, of hard and soft limit the smaller.
    private static let usualOutput = ["slave": 64 << 20, "pubsub": 8 << 20]

    /// Of the memory for all clients each connection gets its part, and half of it is left to the others.
    private func share(of connections: Int) -> Int? {
        guard let text = values["maxmemory-clients"], text != "0" else { return nil }
        let isShare = text.hasSuffix("%")
        guard let number = Int(isShare ? text.dropLast() : text[...]) else { return nil }
        let bytes = isShare ? (limit("maxmemory") ?? 0) / 100 * number : number
        return bytes > 0 ? bytes / (4 * max(1, connections)) : nil
    }

    private func limit(_ name: String) -> Int? {
        values[name].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }
}
