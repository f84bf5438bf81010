import MigrationCore
import NIOCore

/// Whether the source's copy of a tenant that was moved is of no use any more: the tenant lives at the target, or has gone
/// on from there, and nobody moves it to the source.
struct CleanupHome: Sendable {
    private let contents: JournalContents
    private let endpoints: MigrationEndpoints
    private let force: Bool
    private let group: any EventLoopGroup

    init(_ contents: JournalContents, endpoints: MigrationEndpoints, force: Bool, group: any EventLoopGroup) {
        self.contents = contents
        self.endpoints = endpoints
        self.force = force
        self.group = group
    }

    func check() async throws(MigrationFailure) {
        let watch = TenantWatch(scope: contents.plan.scope, endpoints: endpoints, group: group)
        let sighting = await watch.look(at: [])
        await watch.close()
        let id = contents.plan.id
        if let other = sighting.source.users?.waitFor.min() {
            throw MigrationFailure(
                .superseded,
                "\(other) moves the tenant to \(endpoints.source): what is there is no longer \(id)'s to remove"
            )
        }
        if let other = sighting.source.users?.fencedBy.subtracting([id]).min() {
            throw MigrationFailure(
                .superseded,
                "\(other) has moved the tenant from \(endpoints.source) since: what is there is no longer \(id)'s to remove"
            )
        }
        let step = "cleaning up the source"
        if let other = try await endpoints.source.others(than: contents.plan, on: group, while: step)?.first {
            throw MigrationFailure(
                .notNow,
                "\(other) is at work on the tenant at \(endpoints.source), and would take the removal for the tenant's own "
                    + "doing; nothing was removed: let it end first"
            )
        }
        // Without users of its own the tenant cannot be looked for.
        guard contents.state.cutover.record?.switches.isEmpty == false, !force else { return }
        if let silence = sighting.target.silence { throw silence }
        guard let target = sighting.target.users, !target.mayWrite, target.fencedBy.isEmpty else { return }
        throw MigrationFailure(
            .refused,
            "no user of the tenant can write at \(endpoints.target), where \(id) has moved it, so the copy at "
                + "\(endpoints.source) may be the last and is kept; see where the tenant lives, or cleanup \(id) --force"
        )
    }
}
