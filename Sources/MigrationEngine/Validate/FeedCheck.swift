import MigrationCore
import NIOCore

/// How will the tool notice what changes at the source?
struct FeedCheck {
    let context: ValidationContext
    let group: any EventLoopGroup

    func run() async -> ValidationCheck {
        let probe = FeedProbe(
            endpoint: context.source.endpoint,
            name: context.source.name,
            scope: context.scope,
            databases: context.plan.databases,
            group: group,
            timeout: context.settings.timeout
        )
        do {
            return verdict(try await probe.findings(context.plan.feed))
        } catch {
            return context.failed(.changeFeed, error)
        }
    }

    private func verdict(_ findings: FeedFindings) -> ValidationCheck {
        do throws(MigrationFailure) {
            let choice = try FeedChoice.make(context.plan.feed, findings)
            return choice.isFallback ? .warning(.changeFeed, choice.reason) : .ok(.changeFeed, choice.reason)
        } catch {
            return .fail(.changeFeed, error)
        }
    }
}
