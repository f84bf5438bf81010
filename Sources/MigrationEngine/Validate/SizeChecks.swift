import MigrationCore
import RESP
import RedisClient

/// How much there is to move and how long it will take: all from a sample.
struct SizeChecks {
    /// Larger keys are not dumped whole just to measure.
    static let dumpedBytes = 1 << 20
    /// What a single large value is taken to need: bytes a second.
    private static let largeValueRate = 100e6

    let context: ValidationContext
    let samples: [KeySample]

    var estimate: Int { samples.reduce(0) { $0 + $1.estimate } }

    func keysAtSource() -> ValidationCheck {
        if estimate > 0 {
            let about = samples.allSatisfy(\.isExact) ? "" : "about "
            return .ok(.keysAtSource, about + Quantity.plural(estimate, "key"))
        }
        let server = context.source.name
        guard samples.allSatisfy(\.isComplete) else {
            return .unknown(.keysAtSource, "no key of the tenant was met at \(server) in the time given")
        }
        return .fail(
            .keysAtSource,
            MigrationFailure(
                .failed,
                "tenant \(context.plan.tenant) has no keys at \(server) (none starts with \(context.scope.prefix)); "
                    + "check the tenant's name and key_prefix_format"
            )
        )
    }

    /// The source's own time to say and dump the sample, scaled to the whole.
    func duration() async -> ValidationCheck {
        guard estimate > 0 else { return .unknown(.estimatedDuration, "there is no key to measure") }
        do {
            var seconds = 0.0
            for sample in samples where sample.estimate > 0 { seconds += try await self.seconds(for: sample) }
            return .ok(.estimatedDuration, value: Quantity.duration(seconds: seconds))
        } catch {
            return context.unknown(.estimatedDuration, error)
        }
    }

    private func seconds(for sample: KeySample) async throws(RedisClientError) -> Double {
        // Their answers wait together.
        var room = context.source.answerBytes
        var (small, large): ([KeySample.Key], [KeySample.Key]) = ([], [])
        for key in sample.keys {
            let bytes = key.bytes ?? 0
            if bytes <= min(Self.dumpedBytes, room) {
                small.append(key)
                room -= bytes
            } else {
                large.append(key)
            }
        }
        let connection = context.source.connection
        let dumps = small.flatMap { [RedisCommand("PTTL", $0.name), RedisCommand("DUMP", $0.name)] }
        try await connection.call("SELECT", ByteString(sample.database))
        let start = ContinuousClock.now
        _ = try await connection.pipeline(dumps)
        let spent = (ContinuousClock.now - start).milliseconds / 1000
        try await connection.call("SELECT", "0")
        let largeSeconds = Double(large.compactMap(\.bytes).reduce(0, +)) / Self.largeValueRate
        let keys = Double(max(sample.keys.count, 1))
        return (spent + largeSeconds) / keys * Double(sample.estimate) + sample.fullScanSeconds
    }
}
