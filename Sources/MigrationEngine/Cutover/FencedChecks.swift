import MigrationCore
import Synchronization

/// What has to hold until the switch and need not hold it up: asked inside the fence, beside the drain.
///
/// The fence is saved. Nobody shall log in at the target who may not at the source any more. And other migrations of the
/// tenant are kept out: whatever connections of theirs still write are ended, and then it is looked whether one of them
/// has switched before; from here on each of them meets the fence before it can write again.
final class FencedChecks: Sendable {
    private let servers: CutoverServers
    private let home: HomeGuard
    private let checks = Mutex<Task<Result<Void, MigrationFailure>, Never>?>(nil)

    init(_ servers: CutoverServers, home: HomeGuard) {
        self.servers = servers
        self.home = home
    }

    /// The fence is up.
    func begin(_ record: FenceRecord) {
        let (servers, home) = (servers, home)
        let task = Task {
            await result(of: { () async throws(MigrationFailure) in
                let (sighting, _) = try await concurrently(
                    { () async throws(MigrationFailure) in
                        try await home.check(isFencing: true, endsOthers: true)
                    },
                    { () async throws(MigrationFailure) in try await servers.fence.hold(record) }
                )
                try await servers.checkUsers(sighting.source.users?.users)
            })
        }
        checks.withLock { $0 = task }
    }

    /// Right before the switch.
    ///
    /// - Throws: Where the tenant is another's, a user has changed at the source, or the fence cannot be saved.
    func hold() async throws(MigrationFailure) {
        guard let task = checks.withLock({ $0 }) else { return }
        try await task.value.get()
    }

    /// Why the fence is not this migration's to lower; nil where it is. A switch of its own makes the target's users say
    /// nothing.
    func obstacle(hasSwitched: Bool) async -> MigrationFailure? {
        do throws(MigrationFailure) {
            if !hasSwitched { try await home.check(insists: false, isFencing: true) }
            return nil
        } catch {
            return home.found.isMoved ? error : nil
        }
    }
}
