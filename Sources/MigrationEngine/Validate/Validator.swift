import MigrationCore
import NIOCore
import NIOPosix
import RedisClient

/// Asks both servers everything that a migration depends on. It leaves nothing behind at either.
package struct Validator: Sendable {
    private let plan: MigrationPlan
    private let endpoints: MigrationEndpoints
    private let settings: ValidationSettings
    private let group: any EventLoopGroup

    package init(
        plan: MigrationPlan,
        endpoints: MigrationEndpoints,
        settings: ValidationSettings = ValidationSettings(),
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.plan = plan
        self.endpoints = endpoints
        self.settings = settings
        self.group = group
    }

    /// All checks. Whatever a server does, this returns a report.
    package func run() async -> ValidationReport {
        await withServers { opening in
            guard let context = opening.context else { return opening.checks }
            let topology = await TopologyCheck(context: context).run()
            guard topology.state != .fail else { return opening.checks + [topology] }
            return opening.checks + [topology] + (await self.checks(context))
        }
    }

    /// What `migrate` asks before anything is created: the checks without which it could not end well, quickly.
    /// Throws the failure that decides.
    @discardableResult
    package func mustPass() async throws(MigrationFailure) -> ValidationReport {
        let report = await withServers { opening in
            guard let context = opening.context else { return opening.checks }
            let topology = await TopologyCheck(context: context).run()
            guard topology.state != .fail else { return opening.checks + [topology] }
            return opening.checks + [topology] + (await self.necessary(context, sampleSize: 20).checks)
        }
        if let failure = report.failure { throw failure }
        return report
    }

    private func checks(_ context: ValidationContext) async -> [ValidationCheck] {
        let network = NetworkChecks(context: context)
        let (necessary, samples) = await necessary(context, sampleSize: settings.sampleSize)
        var checks =
            necessary + [await network.latency(), await network.skew(), TargetChecks(context: context).eviction()]
        checks.append(await UserChecks(context: context).fence())
        guard let samples else { return checks }
        let sizes = SizeChecks(context: context, samples: samples)
        checks.append(sizes.capacity())
        checks.append(await sizes.duration())
        return checks
    }

    private func necessary(
        _ context: ValidationContext,
        sampleSize: Int
    ) async -> (checks: [ValidationCheck], samples: [KeySample]?) {
        var checks = [
            await PermissionsCheck(context: context).run(),
            await FeedCheck(context: context, group: group).run(),
            await TargetChecks(context: context).keys(),
            await UserChecks(context: context).users(),
        ]
        do {
            let samples = try await KeySampler(context: context, most: sampleSize).run()
            checks.append(SizeChecks(context: context, samples: samples).keysAtSource())
            checks.append(await VersionCheck(context: context, samples: samples).run())
            return (checks, samples)
        } catch {
            let names: [ValidationCheck.Name] = [.keysAtSource, .versionCompatible, .capacity, .estimatedDuration]
            return (checks + names.map { context.unknown($0, error) }, nil)
        }
    }

    /// Opens both servers, runs `body`, closes them, and adds what was not answered.
    private func withServers(_ body: (ServerOpening) async -> [ValidationCheck]) async -> ValidationReport {
        let opening = await ServerOpening(plan: plan, endpoints: endpoints, settings: settings, group: group)
        let checks = await body(opening)
        await opening.close()
        let answered = Set(checks.map(\.name))
        let missing = ValidationCheck.Name.allCases.filter { !answered.contains($0) && !settings.skipped.contains($0) }
        let skipped = settings.skipped.map { ValidationCheck.unknown($0, "switched off in the settings") }
        return ValidationReport(
            checks.filter { !settings.skipped.contains($0.name) } + skipped
                + missing.map { .unknown($0, "not asked, because of the failure above") }
        )
    }
}
