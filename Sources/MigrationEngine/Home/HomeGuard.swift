import MigrationCore
import NIOCore
import RESP
import RedisClient
import Synchronization

/// Whether a migration may still touch the tenant: asks where it lives, and remembers the last answer.
final class HomeGuard: Sendable {
    private struct State {
        var last: (sighting: TenantSighting, at: ContinuousClock.Instant)?
        var home = TenantHome.source
        var claim: TenantClaim
        var names: [ByteString]
    }

    private let name: TenantConnectionName

    private let endpoints: MigrationEndpoints
    private let watch: TenantWatch
    private let state: Mutex<State>
    /// A sighting that is older says nothing of now.
    private static let freshness = Duration.seconds(10)

    /// - Parameter contents: What the journal says of the migration.
    init(
        _ contents: JournalContents,
        endpoints: MigrationEndpoints,
        group: any EventLoopGroup,
        timeout: TimeAmount = RedisConnection.defaultTimeout
    ) {
        let plan = contents.plan
        self.endpoints = endpoints
        name = TenantConnectionName(plan)
        watch = TenantWatch(scope: plan.scope, endpoints: endpoints, group: group, timeout: timeout)
        let attached = contents.events.compactMap {
            if case .attached(let attachment) = $0.event { attachment } else { nil }
        }
        let workers = contents.events.filter { if case .workerStarted = $0.event { true } else { false } }
        let names = contents.ownedUsers.compactMap { ByteString(escaped: $0) }
        state = Mutex(
            State(
                claim: TenantClaim(
                    id: plan.id,
                    hasUsers: !names.isEmpty,
                    // `validate` has just found no key of the tenant's at the target.
                    isHarmless: workers.isEmpty && attached.isEmpty && !plan.replace,
                    beganFenced: attached.first?.beganFenced == true
                ),
                names: names
            )
        )
    }

    /// Where the tenant is, as the last look found it.
    var found: TenantHome { state.withLock(\.home) }

    /// Where the tenant's users can write, as far as that was seen lately.
    var writable: WritableSide? {
        guard let last = state.withLock(\.last), ContinuousClock.now - last.at < Self.freshness else { return nil }
        return last.sighting.writable
    }

    /// What was seen does not hold any more.
    func forget() { state.withLock { $0.last = nil } }

    /// The users at the target that only this migration's switch lets write.
    func note(users: [String]) {
        let names = users.compactMap { ByteString(escaped: $0) }
        state.withLock { state in
            state.names = names
            state.claim.hasUsers = !names.isEmpty
        }
    }

    /// The first attachment: from here on the target holds what could be lost. Returns whether the source was fenced by
    /// then.
    func noteAttached() -> Bool {
        state.withLock { state in
            guard state.claim.isHarmless else { return false }
            let source = state.last?.sighting.source.users
            state.claim.isHarmless = false
            state.claim.beganFenced = source.map { $0.areThere && !$0.mayWrite } ?? false
            return state.claim.beganFenced
        }
    }

    /// - Parameters:
    ///   - insists: Whether it has to be known: a server that does not answer is a failure then.
    ///   - isFencing: The migration has raised a fence itself.
    ///   - endsOthers: Ends the connections with which other migrations of the tenant write at either side first.
    /// - Throws: Where neither side is this migration's to touch.
    @discardableResult
    func check(
        insists: Bool = true,
        isFencing: Bool = false,
        endsOthers: Bool = false
    ) async throws(MigrationFailure) -> TenantSighting {
        var (names, claim) = state.withLock { ($0.names, $0.claim) }
        claim.isFencing = isFencing
        let sighting = await watch.look(at: names, endingOthersThan: endsOthers ? name : nil)
        let home = claim.home(in: sighting)
        state.withLock { state in
            state.last = (sighting, .now)
            state.home = home
        }
        if let failure = home.failure(claim.id, endpoints) { throw failure }
        if insists, let silence = sighting.silence { throw silence }
        return sighting
    }

    func close() async { await watch.close() }
}
