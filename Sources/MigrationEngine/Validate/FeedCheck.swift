import MigrationCore
import NIOCore
import RESP
import RedisClient

/// How will the tool notice what changes at the source? The target is followed too, but only across the switch, to tell
/// what clients write there from differences.
struct FeedCheck {
    let context: ValidationContext
    let group: any EventLoopGroup

    func run() async -> ValidationCheck {
        do {
            let choice = try await choice(context.source, context.plan.feed)
            var warnings: [String] = []
            // What is changed at the source is said, even where it was asked for.
            if choice.kind == .notifications { warnings.append("the source is followed by \(choice.reason)") }
            if choice.kind == .replication, let cost = try await costOfScripts() { warnings.append(cost) }
            if let reason = try await obstacleAtTarget() { warnings.append(reason) }
            guard warnings.isEmpty else { return .warning(.changeFeed, warnings.joined(separator: "; ")) }
            return .ok(.changeFeed, choice.reason)
        } catch let failure as MigrationFailure {
            return .fail(.changeFeed, failure)
        } catch let error as RedisClientError {
            return context.failed(.changeFeed, error)
        } catch {
            return .unknown(.changeFeed, "\(error)")
        }
    }

    /// Redis before 7.0 may replicate a script as it is, which does not say what it changes.
    private func costOfScripts() async throws(RedisClientError) -> String? {
        let setting = "lua-replicate-commands"
        let reply = try await context.source.connection.pipeline([RedisCommand("CONFIG", "GET", ByteString(setting))])[
            0
        ]
        guard reply[setting]?.text == "no" else { return nil }
        return
            "\(context.source.name) replicates scripts as they are (\(setting) is no), and they may change any key: after "
            + "each, of whichever tenant, all keys of this one are read again, and within a cutover's pause once more; set "
            + "CONFIG SET \(setting) yes there for the time of the migration"
    }

    private func choice(_ server: ValidatedServer, _ preference: FeedPreference) async throws -> FeedChoice {
        let probe = FeedProbe(
            endpoint: server.endpoint,
            name: server.name,
            scope: context.scope,
            databases: context.plan.databases,
            group: group,
            timeout: context.settings.timeout
        )
        return try FeedChoice.make(preference, try await probe.findings(preference))
    }

    /// Why nobody could tell clients' writes there from differences, or what it takes.
    private func obstacleAtTarget() async throws -> String? {
        do {
            let choice = try await choice(context.target, .auto)
            guard choice.kind == .notifications else { return nil }
            return "the target is followed across the switch by \(choice.reason)"
        } catch let failure as MigrationFailure {
            return "\(failure.message) for the verification across the switch, or cut over with --verify none"
        }
    }
}
