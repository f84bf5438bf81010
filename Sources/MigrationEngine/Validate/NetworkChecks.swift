import MigrationCore
import RESP
import RedisClient

/// How long an answer takes, and what time each server believes it is.
struct NetworkChecks {
    private static let pings = 15
    private static let slowMilliseconds = 100.0
    private static let timeRounds = 5
    private static let skewMilliseconds = 500.0

    let context: ValidationContext

    /// The median round trip of the slower server.
    func latency() async -> ValidationCheck {
        do {
            let source = try await roundTrip(context.source)
            let target = try await roundTrip(context.target)
            let slower = max(source, target)
            guard slower > Self.slowMilliseconds else {
                return .ok(.networkLatency, value: Quantity.milliseconds(slower))
            }
            let server = source > target ? context.source : context.target
            return .warning(
                .networkLatency,
                "\(Quantity.milliseconds(slower)) to \(server.name): run the tool nearer to it, or expect a longer pause"
            )
        } catch {
            return context.unknown(.networkLatency, error)
        }
    }

    /// Expiries are absolute, so a key dies early or late by as much as the clocks differ.
    func skew() async -> ValidationCheck {
        do {
            let source = try await offset(context.source)
            let target = try await offset(context.target)
            guard let source, let target else { return .unknown(.clockSkew, "a server does not answer TIME") }
            let skew = target - source
            if abs(skew) < 1 { return .ok(.clockSkew, "below 1ms") }
            let words = "the target's clock is \(Quantity.milliseconds(abs(skew))) \(skew < 0 ? "behind" : "ahead")"
            if abs(skew) <= Self.skewMilliseconds { return .ok(.clockSkew, words) }
            return .warning(
                .clockSkew,
                "\(words): keys will expire that much \(skew < 0 ? "later" : "earlier"); use NTP"
            )
        } catch {
            return context.unknown(.clockSkew, error)
        }
    }

    /// Milliseconds.
    private func roundTrip(_ server: ValidatedServer) async throws(RedisClientError) -> Double {
        var times: [Double] = []
        for _ in 0..<Self.pings {
            let start = ContinuousClock.now
            _ = try await server.connection.pipeline([RedisCommand("PING")])
            times.append((ContinuousClock.now - start).milliseconds)
        }
        return times.sorted()[times.count / 2]
    }

    /// The server's clock in milliseconds, less the machine's own clock at the middle of the fastest round trip.
    private func offset(_ server: ValidatedServer) async throws(RedisClientError) -> Double? {
        var best: (trip: Double, offset: Double)?
        for _ in 0..<Self.timeRounds {
            let start = Self.epoch.milliseconds
            let reply = try await server.connection.pipeline([RedisCommand("TIME")])[0]
            let end = Self.epoch.milliseconds
            guard let words = reply.elements, words.count == 2, let seconds = words[0].number,
                let microseconds = words[1].number
            else { return nil }
            let time = seconds * 1000 + microseconds / 1000
            if best.map({ end - start < $0.trip }) ?? true { best = (end - start, time - (start + end) / 2) }
        }
        return best?.offset
    }

    private static let start = ContinuousClock.now
    private static var epoch: Duration { ContinuousClock.now - start }
}

extension Duration {
    var milliseconds: Double { Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15 }
}
