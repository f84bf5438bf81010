import MigrationCore
import RESP
import RedisClient

/// Servers that limit what may wait for a client: values are asked for their size before they are read, and what is too
/// large for one answer is compared in pages.
extension VerifiedServer {
    /// The fingerprints of these keys; at no moment more than `bytes` of payloads wait at the server.
    func fingerprints(
        of keys: [ByteString],
        within bytes: Int
    ) async throws(MigrationFailure) -> [DumpFingerprint] {
        let sizes = try await sizes(of: keys)
        var fingerprints = Array(repeating: DumpFingerprint.gone, count: keys.count)
        let small = keys.indices.filter { sizes[$0] <= bytes }
        var start = small.startIndex
        while start < small.endIndex {
            var end = start + 1
            var sum = sizes[small[start]]
            while end < small.endIndex, sum + sizes[small[end]] <= bytes {
                sum += sizes[small[end]]
                end += 1
            }
            let some = small[start..<end].map { keys[$0] }
            let found = try await self.fingerprints(of: some, asked: ask(some))
            for (index, fingerprint) in zip(small[start..<end], found) { fingerprints[index] = fingerprint }
            start = end
        }
        let large = keys.indices.filter { sizes[$0] > bytes }
        let expiries = try await expiries(of: large.map { keys[$0] })
        for (index, expiry) in zip(large, expiries) {
            fingerprints[index].expiry = expiry
            fingerprints[index].length = expiry == -2 ? -1 : sizes[index]
            fingerprints[index].isUnread = true
        }
        return fingerprints
    }

    /// Of memory, which a payload hardly exceeds; 0 for no key, and for one whose size the user may not ask for.
    private func sizes(of keys: [ByteString]) async throws(MigrationFailure) -> [Int] {
        try await replies(keys.map { RedisCommand("MEMORY", "USAGE", $0) }).map { $0.integer ?? 0 }
    }

    private func replies(_ commands: [RedisCommand]) async throws(MigrationFailure) -> [RESPValue] {
        do {
            return try await control.pipeline(commands)
        } catch {
            throw MigrationFailure(verifying: role, error)
        }
    }

    private func expiries(of keys: [ByteString]) async throws(MigrationFailure) -> [Int] {
        guard !keys.isEmpty else { return [] }
        let command: ByteString = hasExpireTime ? "PEXPIRETIME" : "PTTL"
        let answers = try await replies(keys.map { RedisCommand(command, $0) })
        let found = answers.map { DumpFingerprint(expiry: $0.integer ?? -2) }
        guard !hasExpireTime else { return found.map(\.expiry) }
        do {
            return try await withExpiries(found, of: keys).map(\.expiry)
        } catch {
            throw MigrationFailure(verifying: role, error)
        }
    }
}

extension DumpFingerprint {
    fileprivate init(expiry: Int) {
        self = .gone
        self.expiry = expiry
    }
}
