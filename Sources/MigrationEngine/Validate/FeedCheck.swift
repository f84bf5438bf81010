import MigrationCore
import NIOCore
import RedisClient

/// How will the tool notice what changes at the source? The target is followed too, but only across the switch, to tell
/// what clients write there from differences.
struct FeedCheck {
    let context: ValidationContext
    let group: any EventLoopGroup

    func run() async -> ValidationCheck {
        do {
            let choice = try await choice(context.source, context.plan.feed)
            if let reason = try await obstacleAtTarget() { return .warning(.changeFeed, reason) }
            // What is changed at the source is said, even where it was asked for.
            return choice.kind == .notifications
                ? .warning(.changeFeed, "the source is followed by \(choice.reason)") : .ok(.changeFeed, choice.reason)
        } catch let failure as MigrationFailure {
            return .fail(.changeFeed, failure)
        } catch let error as RedisClientError {
            return context.failed(.changeFeed, error)
        } catch {
            return .unknown(.changeFeed, "\(error)")
        }
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
