import MigrationCore
import RESP
import RedisClient

/// How long a key was not used, and how often it is: what a server evicts by. Neither travels, and reading must not
/// change it at the source.
struct IdleTimesCheck {
    let context: ValidationContext

    func run() async -> ValidationCheck {
        var words: [String] = []
        if let policy = policy(context.target) {
            words.append(
                "\(policy.hasSuffix("lfu") ? "how often" : "when") a key was used last does not travel: at "
                    + "\(context.target.name) (\(policy)) all copied keys look just used, and what it evicts first of them is "
                    + "chance until their clients have used them"
            )
        }
        if let policy = policy(context.source) {
            do {
                if let reason = try await whyReadingIsUse(context.source) {
                    words.append(
                        "the copy and verify make the tenant's keys look just used at \(context.source.name) (\(policy)): "
                            + reason
                    )
                }
            } catch {
                return context.unknown(.idleTimes, error)
            }
        }
        guard words.isEmpty else { return .warning(.idleTimes, words.joined(separator: "; ")) }
        return .ok(.idleTimes, policy(context.source) == nil ? "neither server evicts by use" : "reading is no use")
    }

    /// The policy of a server that evicts by use.
    private func policy(_ server: ValidatedServer) -> String? {
        guard let policy = server.info["maxmemory_policy"], server.info.integer("maxmemory") ?? 0 > 0 else {
            return nil
        }
        return policy.hasSuffix("-lru") || policy.hasSuffix("-lfu") ? policy : nil
    }

    /// Nil where it is none. Every connection has asked for that when it was opened; this one asks again.
    private func whyReadingIsUse(_ server: ValidatedServer) async throws(RedisClientError) -> String? {
        let reply = try await server.connection.pipeline([.readingIsNoUse])[0]
        guard reply.errorLine != nil else { return nil }
        return reply.isPermissionDenied
            ? "grant user \(server.endpoint.username ?? "default") +client|no-touch" : "it has no CLIENT NO-TOUCH"
    }
}
