import MigrationCore
import RESP
import RedisClient

/// May the tool's users run each command that is needed? Found out by running it, so that renamed commands and key
/// rules count too, on every version.
struct PermissionsCheck {
    let context: ValidationContext

    /// What one server refused.
    private struct Refusal {
        let server: ValidatedServer
        let trial: CommandTrial
        let reply: RESPValue
    }

    func run() async -> ValidationCheck {
        do {
            let refusals =
                try await refused(CommandTrial.source(context), at: context.source)
                + refused(CommandTrial.target(context), at: context.target)
            return verdict(refusals)
        } catch {
            return context.failed(.permissions, error)
        }
    }

    private func refused(
        _ trials: [CommandTrial],
        at server: ValidatedServer
    ) async throws(RedisClientError) -> [Refusal] {
        let replies = try await server.connection.pipeline(trials.map(\.command))
        return zip(trials, replies)
            .filter { $1.isPermissionDenied || $1.isUnknownCommand }
            .map { Refusal(server: server, trial: $0, reply: $1) }
    }

    private func verdict(_ refusals: [Refusal]) -> ValidationCheck {
        guard !refusals.isEmpty else { return .ok(.permissions) }
        let sentences = [context.source, context.target].flatMap { server in
            CommandTrial.Purpose.allCases.compactMap { purpose in
                sentence(
                    purpose,
                    server,
                    refusals.filter { $0.server.role == server.role && $0.trial.purpose == purpose }
                )
            }
        }
        let reason = sentences.joined(separator: "; ")
        guard refusals.contains(where: { [.sync, .users, .backlog].contains($0.trial.purpose) }) else {
            return .warning(.permissions, reason)
        }
        return .fail(.permissions, MigrationFailure(.refused, reason))
    }

    private func sentence(
        _ purpose: CommandTrial.Purpose,
        _ server: ValidatedServer,
        _ refusals: [Refusal]
    ) -> String? {
        guard !refusals.isEmpty else { return nil }
        let names = refusals.map { $0.trial.ruleName.uppercased().replacing("|", with: " ") }.joined(separator: ", ")
        let user = server.endpoint.username ?? "default"
        if refusals.contains(where: \.reply.isUnknownCommand) {
            return "\(server.name) does not have \(names), which \(purpose.rawValue) needs"
        }
        if refusals.allSatisfy({ $0.reply.errorLine?.contains("key") == true }) {
            return "user \(user) at \(server.name) may not touch \(context.scope.prefix)* with \(names), which "
                + "\(purpose.rawValue) needs: grant it ~\(context.scope.prefix)*"
        }
        let rules = refusals.map { "+\($0.trial.ruleName)" }.joined(separator: " ")
        return "user \(user) at \(server.name) may not run \(names), which \(purpose.rawValue) needs: grant it \(rules)"
    }
}
