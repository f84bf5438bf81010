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
        /// Migrations that had fenced the source before this one raised its own fence.
        var earlierFencers: Set<String> = []
    }

    private let plan: MigrationPlan
    private let endpoints: MigrationEndpoints
    private let group: any EventLoopGroup
    private let watch: TenantWatch
    private let earlierMoves: [EarlierMove]
    private let state: Mutex<State>
    /// A sighting that is older says nothing of now.
    private static let freshness = Duration.seconds(10)

    /// - Parameters:
    ///   - contents: What the journal says of the migration.
    ///   - earlierMoves: By migrations that have moved the tenant before.
    init(
        _ contents: JournalContents,
        endpoints: MigrationEndpoints,
        earlierMoves: [EarlierMove] = [],
        group: any EventLoopGroup,
        timeout: TimeAmount = RedisConnection.defaultTimeout
    ) {
        let plan = contents.plan
        self.plan = plan
        self.group = group
        self.endpoints = endpoints
        self.earlierMoves = earlierMoves
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
        let sighting = await watch.look(at: names, endingOthersThan: endsOthers ? TenantConnectionName(plan) : nil)
        let home = claim.home(in: sighting)
        state.withLock { state in
            state.last = (sighting, .now)
            state.home = home
        }
        if let failure = home.failure(claim.id, endpoints) { throw failure }
        if insists, let silence = sighting.silence { throw silence }
        return sighting
    }

    /// Whether what this migration has put at the target is its to remove. Who has fenced the source need not be at this
    /// target: then its own users wait there still, and nobody else copies to it.
    func checkRemoval() async throws(MigrationFailure) {
        do throws(MigrationFailure) {
            try await check(insists: false)
        } catch {
            let (sighting, claim) = state.withLock { ($0.last?.sighting, $0.claim) }
            guard found.isHeld, let sighting, claim.isWaited(in: sighting) else { throw error }
            let others = try await endpoints.target.others(than: plan, on: group, while: "removing what was copied")
            guard others?.isEmpty == true else { throw error }
        }
    }

    /// A tenant whose new home was away when it was moved again from the old one: whether that home is back.
    ///
    /// - Parameter sighting: As `check` found both sides, and before this migration's own fence. A source that may be
    ///   written is the home, whatever was before.
    /// - Throws: Where the tenant lives there, so that the source has only an old state of it.
    func checkEarlierMoves(_ sighting: TenantSighting) async throws(MigrationFailure) {
        guard let source = sighting.source.users, !source.fencedBy.isEmpty, !source.mayWrite else { return }
        state.withLock { $0.earlierFencers = source.fencedBy.subtracting([plan.id]) }
        if let move = await earlierMoves.home() { throw move.failure(at: endpoints.source.description) }
    }

    /// Behind the switch of a tenant whose source was fenced before: where else its users can write, or may.
    func remarks() async -> [String] {
        let fencers = state.withLock(\.earlierFencers)
        guard !fencers.isEmpty else { return [] }
        var words: [String] = []
        for move in earlierMoves { if let remark = await move.remark() { words.append(remark) } }
        let strangers = fencers.subtracting(earlierMoves.map(\.id)).sorted()
        return words
            + strangers.map {
                "the source was fenced by \($0), which this journal does not have: see that no client writes where that has "
                    + "moved the tenant"
            }
    }

    func close() async { await watch.close() }
}
