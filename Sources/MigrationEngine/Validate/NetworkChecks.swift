import MigrationCore
import RESP
import RedisClient

/// How long an answer takes, and what time each server believes it is.
struct NetworkChecks {
    private static let pings = 15
    private static let slowMilliseconds = 100.0

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
            let (source, target) = (context.source, context.target)
            let found = try await ClockSkew.measure(source: source.connection, target: target.connection)
            guard let skew = found else { return .unknown(.clockSkew, "a server does not answer TIME") }
            let tolerance = context.plan.transfer.clockTolerance
            if let words = tolerance.complaint(skew, target: "\(target.endpoint)", source: "\(source.endpoint)") {
                return .fail(.clockSkew, MigrationFailure(clocks: words, id: nil))
            }
            if abs(skew) < 1 { return .ok(.clockSkew, "below 1ms") }
            return .ok(.clockSkew, "the target's clock is \(Quantity.span(abs(skew))) \(skew < 0 ? "behind" : "ahead")")
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
}

extension Duration {
    var milliseconds: Double { Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15 }
}
