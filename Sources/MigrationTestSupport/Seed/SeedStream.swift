/// The commands that make one stream with all that a stream remembers beyond its entries: groups, consumers with
/// and without pending entries, pending entries of deleted messages, ids and counts ahead of the entries.
struct SeedStream {
    let name: Bytes
    let dialect: SeedDialect
    let large: Bool

    func append(_ random: inout SplitMix64, to request: inout RequestBuffer) {
        let first = 1_000 + random.below(1_000_000)
        let count = large ? 1500 : 2 + random.below(8)
        appendEntries(first, count, &random, to: &request)
        if random.chance(3, in: 4) { appendGroups(first, count, &random, to: &request) }
        // After the reads, so that the deleted message stays pending.
        if random.chance(1, in: 2) { request.append("XDEL", name, "\(first)-1") }
        if random.chance(1, in: 6) { request.append("XTRIM", name, "MAXLEN", 1) }
        if random.chance(1, in: 12) { request.append("XTRIM", name, "MAXLEN", 0) }
        if random.chance(1, in: 3) { appendIdentifiers(first + count, count, to: &request) }
    }

    private func appendEntries(
        _ first: Int,
        _ count: Int,
        _ random: inout SplitMix64,
        to request: inout RequestBuffer
    ) {
        for index in 0..<count {
            // Fields that repeat are stored shorter than fields that do not.
            if random.chance(3, in: 4) {
                request.append("XADD", name, "\(first + index)-1", "user", random.below(1000), "event", random.bytes(6))
            } else {
                request.append("XADD", name, "\(first + index)-1", random.bytes(3), random.bytes(random.below(50)))
            }
        }
    }

    private func appendGroups(
        _ first: Int,
        _ count: Int,
        _ random: inout SplitMix64,
        to request: inout RequestBuffer
    ) {
        request.append("XGROUP", "CREATE", name, "workers", "0")
        request.append("XGROUP", "CREATECONSUMER", name, "workers", "idle one")
        request.append("XREADGROUP", "GROUP", "workers", "ann", "COUNT", 1 + random.below(3), "STREAMS", name, ">")
        request.append("XREADGROUP", "GROUP", "workers", "bob", "COUNT", 1, "STREAMS", name, ">")
        // A set delivery time and count: both must arrive.
        request.append(
            "XCLAIM",
            name,
            "workers",
            "bob",
            0,
            "\(first)-1",
            "TIME",
            1_600_000_000_123 + random.below(1000),
            "RETRYCOUNT",
            1 + random.below(9),
            "JUSTID"
        )
        if random.chance(1, in: 2) { request.append("XACK", name, "workers", "\(first + 1)-1") }
        if dialect.countsStreamEntries {
            request.append("XGROUP", "CREATE", name, random.bytes(5), "\(first)-1", "ENTRIESREAD", 1)
        } else {
            request.append("XGROUP", "CREATE", name, random.bytes(5), "$")
        }
    }

    private func appendIdentifiers(_ last: Int, _ count: Int, to request: inout RequestBuffer) {
        if dialect.countsStreamEntries {
            request.append(
                "XSETID",
                name,
                "\(last + 77)-9",
                "ENTRIESADDED",
                count + 33,
                "MAXDELETEDID",
                "\(last)-5"
            )
        } else {
            request.append("XSETID", name, "\(last + 77)-9")
        }
    }
}
