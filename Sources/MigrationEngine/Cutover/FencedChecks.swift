import MigrationCore
import Synchronization

/// What has to hold until the switch and need not hold it up: asked inside the fence, beside the drain.
///
/// The fence is saved. Nobody shall log in at the target who may not at the source any more. And other migrations of the
/// tenant are kept out: whatever connections of theirs still write are ended, and then it is looked whether one of them
/// has switched before; from here on each of them meets the fence before it can write again.
final class FencedChecks: Sendable {
    private typealias Check = Task<Result<Void, MigrationFailure>, Never>

    private let servers: CutoverServers
    private let home: HomeGuard
    private let begun = Mutex<(saving: Check, looking: Check)?>(nil)

    init(_ servers: CutoverServers, home: HomeGuard) {
        self.servers = servers
        self.home = home
    }

    /// The fence is up.
    func begin(_ record: FenceRecord) {
        let (servers, home) = (servers, home)
        let saving = Task {
            await result(of: { () async throws(MigrationFailure) in
                // It came to nothing before this had its turn.
                if !Task.isCancelled { try await servers.fence.hold(record) }
            })
        }
        let looking = Task {
            await result(of: { () async throws(MigrationFailure) in
                let sighting = try await home.check(isFencing: true, endsOthers: true)
                try await servers.checkUsers(sighting.source.users?.users)
            })
        }
        begun.withLock { $0 = (saving, looking) }
    }

    /// Right before the switch.
    ///
    /// - Throws: Where the tenant is another's, a user has changed at the source, or the fence cannot be saved.
    func hold() async throws(MigrationFailure) {
        guard let begun = begun.withLock({ $0 }) else { return }
        try await begun.saving.value.get()
        try await begun.looking.value.get()
    }

    /// The fence is about to be lowered: what saves it, which may change users, does nothing from here on.
    func end() async {
        guard let saving = begun.withLock({ $0?.saving }) else { return }
        saving.cancel()
        _ = await saving.value
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
