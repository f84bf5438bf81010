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

    /// What `migrate` asks before anything is created: the checks without which it could not end well. Throws the
    /// failure that decides, and returns what an operator should know although the migration may start.
    @discardableResult
    package func mustPass() async throws(MigrationFailure) -> [ValidationCheck] {
        let report = await withServers { opening in
            guard let context = opening.context else { return opening.checks }
            let topology = await TopologyCheck(context: context).run()
            guard topology.state != .fail else { return opening.checks + [topology] }
            return opening.checks + [topology] + (await self.necessary(context).checks)
        }
        if let failure = report.failure { throw failure }
        return report.checks.filter { $0.state == .warning }
    }

    private func checks(_ context: ValidationContext) async -> [ValidationCheck] {
        let network = NetworkChecks(context: context)
        let (necessary, samples) = await necessary(context)
        let idleTimes = await IdleTimesCheck(context: context).run()
        let checks = necessary + [await network.latency(), idleTimes]
        guard let samples else { return checks }
        return checks + [await SizeChecks(context: context, samples: samples).duration()]
    }

    private func necessary(_ context: ValidationContext) async -> (checks: [ValidationCheck], samples: [KeySample]?) {
        var checks = [
            await PermissionsCheck(context: context).run(),
            await FeedCheck(context: context, group: group).run(),
            await TargetChecks(context: context).keys(),
            await UserChecks(context: context).users(),
            await UserChecks(context: context).fence(),
            await SavedUsersCheck(context: context).run(),
            await LeftBehindCheck(context: context).run(),
            await NetworkChecks(context: context).skew(),
        ]
        let samples: [KeySample]?
        do {
            let taken = try await sampler(context, context.source).run()
            checks.append(SizeChecks(context: context, samples: taken).keysAtSource())
            checks.append(await VersionCheck(context: context, samples: taken).run())
            samples = taken
        } catch {
            let names: [ValidationCheck.Name] = [.keysAtSource, .versionCompatible, .estimatedDuration]
            checks += names.map { context.unknown($0, error) }
            samples = nil
        }
        let capacity = CapacityChecks(context: context, samples: samples, replaced: await replaced(context))
        return (checks + [capacity.capacity(), capacity.eviction()], samples)
    }

    /// What the target holds of the tenant and `--replace` writes over.
    private func replaced(_ context: ValidationContext) async -> [KeySample] {
        guard plan.replace else { return [] }
        return (try? await sampler(context, context.target).run()) ?? []
    }

    private func sampler(_ context: ValidationContext, _ server: ValidatedServer) -> KeySampler {
        KeySampler(context: context, server: server, most: settings.sampleSize)
    }

    /// Opens both servers, runs `body`, closes them, and adds what was not answered.
    private func withServers(_ body: (ServerOpening) async -> [ValidationCheck]) async -> ValidationReport {
        // Where none is a primary, the checks say so.
        try? await SourceElection(endpoints: endpoints, group: group).run(from: nil)
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
