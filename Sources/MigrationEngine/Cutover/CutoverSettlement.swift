import FoundationEssentials
import MigrationCore
import NIOCore
import RESP
import RedisClient

/// How a cutover ended that was found under way, and what is left to the operator, a sentence each; nil where nothing was
/// settled behind a switch.
package struct SettledCutover: Sendable {
    package let outcome: CutoverOutcome
    package var warnings: [String]?

    /// What is journalled of it, in that order.
    var events: [MigrationEvent] {
        (warnings.map { [.cutover(.settled($0))] } ?? []) + [.cutoverEnded(outcome)]
    }
}

/// Brings a cutover to an end whose worker died, or could not lower the fence. Where the switch may have happened, the
/// target knows: if the tenant's users are writable there, clients may have written, and the cutover is finished forward;
/// if not, it has not happened, and the fence goes down. So there is never an instant in which both sides are writable.
package struct CutoverSettlement: Sendable {
    private let plan: MigrationPlan
    private let endpoints: MigrationEndpoints
    private let trace: CutoverTrace
    private let position: FeedPosition?
    private let home: HomeGuard
    private let group: any EventLoopGroup

    /// - Parameter position: Up to where the source's changes were followed, to know it by where it fails over.
    init(
        plan: MigrationPlan,
        endpoints: MigrationEndpoints,
        trace: CutoverTrace,
        position: FeedPosition?,
        home: HomeGuard,
        group: any EventLoopGroup
    ) {
        self.plan = plan
        self.endpoints = endpoints
        self.trace = trace
        self.position = position
        self.home = home
        self.group = group
    }

    /// May be called again after it threw; doing it twice changes nothing.
    package func run() async throws(MigrationFailure) -> SettledCutover {
        try await SourceElection(endpoints: endpoints, group: group).run(from: position)
        if let downtime = trace.downtimeMilliseconds { return await switched(after: downtime) }
        guard let fence = trace.fence else { return Self.back("before the fence was raised") }
        try await checkHome()
        if trace.mayBeSwitched, !fence.switches.isEmpty, try await isSwitched(fence) {
            return await switched(after: millisecondsSinceFence)
        }
        try await lower(fence)
        return Self.back("and the fence at \(endpoints.source) was lowered afterwards")
    }

    /// The fence of a tenant that lives at the target by another's switch is not lowered: both sides were writable then.
    /// Where the switch may be this migration's own, only another's fence tells that it is not.
    private func checkHome() async throws(MigrationFailure) {
        do throws(MigrationFailure) {
            try await home.check(insists: false, isFencing: true)
        } catch {
            switch home.found {
            case .moved(by: nil) where trace.mayBeSwitched: return
            case .moved, .held: throw error
            // What another has taken over at the target leaves the source's fence to be lowered.
            case .source, .takenOver, .open: return
            }
        }
    }

    /// What the worker would have done behind the switch is done, perhaps again.
    private func switched(after milliseconds: Double) async -> SettledCutover {
        var warnings: [String]?
        if let record = trace.record {
            warnings = await SwitchSettlement(
                plan: plan,
                endpoints: endpoints,
                users: { () async throws(MigrationFailure) in try await switchedUsers(record) },
                group: group
            )
            .run(record)
        }
        let keys = trace.keysChecked ?? 0
        return SettledCutover(
            outcome: .switched(downtimeMilliseconds: milliseconds, keysMigrated: keys),
            warnings: warnings
        )
    }

    private func switchedUsers(_ record: FenceRecord) async throws(MigrationFailure) -> [CopiedUser] {
        let plan = plan
        let rights = RightsConnections(plan, on: group)
        return try await endpoints.withConnections(rights, while: "ending the cutover") {
            (source, target) async throws(MigrationFailure) in
            try await UserCopier(plan, source: source, target: target)
                .copies(switchedBy: record)
        }
    }

    private var millisecondsSinceFence: Double {
        let seconds = trace.announcedAt.map { Date().timeIntervalSince($0) } ?? 0
        return (seconds * 1_000_000).rounded() / 1000
    }

    private static func back(_ what: String) -> SettledCutover {
        let words = "the cutover was broken off, \(what); live sync goes on, try again"
        return SettledCutover(outcome: .back(MigrationFailure(.notNow, words)))
    }

    /// Whether a user that the switch makes writable can write at the target; then all of them are made so.
    private func isSwitched(_ fence: FenceRecord) async throws(MigrationFailure) -> Bool {
        let plan = plan
        let rights = RightsConnections(plan, on: group)
        return try await endpoints.withConnections(rights, while: "finding out whether traffic is switched") {
            (source, target) async throws(MigrationFailure) in
            let copier = UserCopier(plan, source: source, target: target)
            let copies = try await copier.copies(switchedBy: fence)
            let standings = try await copier.standings(of: copies)
            guard standings.contains(.writable) else { return false }
            try await ACLSwitch(target: target, users: copies).switchTraffic()
            return true
        }
    }

    private func lower(_ record: FenceRecord) async throws(MigrationFailure) {
        let source: RedisConnection
        do {
            source = try await RightsConnections(plan, on: group).open(to: endpoints.source)
        } catch {
            throw MigrationFailure(error, while: "lowering the fence")
        }
        let fence = WriteFences.make(record.kind, for: plan, at: source)
        do throws(MigrationFailure) {
            try await fence.lower(record)
        } catch {
            await source.close()
            throw error
        }
        await source.close()
    }
}

extension UserCopier {
    /// Those of the users that the switch of this cutover makes writable at the target.
    fileprivate func copies(switchedBy record: FenceRecord) async throws(MigrationFailure) -> [CopiedUser] {
        try await copies(unfencing: record).filter { record.switches.contains($0.name) }
    }
}

extension MigrationEndpoints {
    /// Connections to source and target for one step.
    func withConnections<Value: Sendable>(
        _ rights: RightsConnections,
        while step: String,
        _ body: @Sendable (RedisConnection, RedisConnection) async throws(MigrationFailure) -> Value
    ) async throws(MigrationFailure) -> Value {
        var open: [RedisConnection] = []
        let result: Result<Value, MigrationFailure>
        do {
            open.append(try await rights.open(to: source))
            open.append(try await rights.open(to: target))
            result = .success(try await body(open[0], open[1]))
        } catch let failure as MigrationFailure {
            result = .failure(failure)
        } catch let error as RedisClientError {
            result = .failure(MigrationFailure(error, while: step))
        } catch {
            result = .failure(MigrationFailure(.failed, "\(step): \(error)"))
        }
        for connection in open { await connection.close() }
        return try result.get()
    }
}
