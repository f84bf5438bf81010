import MigrationCore
import NIOCore
import RESP
import RedisClient

/// How far the servers' clocks are apart: each is compared with this machine's own steady clock.
enum ClockSkew {
    private static let rounds = 5
    private static let start = ContinuousClock.now

    /// The target's clock less the source's, in milliseconds; nil where a server does not tell its time.
    static func measure(source: RedisConnection, target: RedisConnection) async throws(RedisClientError) -> Double? {
        guard let ours = try await offset(source), let theirs = try await offset(target) else { return nil }
        return theirs - ours
    }

    /// Why the clocks stand in the way; nil where they do not, or where it cannot be told.
    static func complaint(
        source: RedisConnection,
        target: RedisConnection,
        tolerance: ClockTolerance
    ) async throws(RedisClientError) -> String? {
        let skew = try await measure(source: source, target: target)
        return skew.flatMap { tolerance.complaint($0, target: target.server, source: source.server) }
    }

    /// The same on connections of its own.
    static func complaint(
        _ endpoints: MigrationEndpoints,
        tolerance: ClockTolerance,
        on group: any EventLoopGroup
    ) async throws(MigrationFailure) -> String? {
        let step = "comparing the clocks"
        return try await endpoints.source.withConnection(on: group, while: step) { source in
            try await endpoints.target.withConnection(on: group, while: step) { target in
                try await complaint(source: source, target: target, tolerance: tolerance)
            }
        }
    }

    /// The server's clock, less the machine's own at the middle of the fastest round trip.
    private static func offset(_ server: RedisConnection) async throws(RedisClientError) -> Double? {
        var best: (trip: Double, offset: Double)?
        for _ in 0..<rounds {
            let start = now
            let reply = try await server.pipeline([RedisCommand("TIME")])[0]
            let end = now
            guard let words = reply.elements, words.count == 2, let seconds = words[0].number,
                let microseconds = words[1].number
            else { return nil }
            let time = seconds * 1000 + microseconds / 1000
            if best.map({ end - start < $0.trip }) ?? true { best = (end - start, time - (start + end) / 2) }
        }
        return best?.offset
    }

    private static var now: Double { (ContinuousClock.now - start).milliseconds }
}

extension MigrationFailure {
    /// - Parameter id: Nil before there is a migration.
    init(clocks complaint: String, id: String?) {
        let verb = id.map { "update \($0) --accept-skew" } ?? "--accept-skew"
        self.init(.configuration, "\(complaint), or accept what dies so with \(verb) <seconds>")
    }
}
