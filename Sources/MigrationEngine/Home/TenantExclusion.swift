import MigrationCore
import Synchronization

/// Keeps other migrations of the tenant out of a cutover. Inside the fence, and beside the drain, it ends whatever
/// connections of theirs still write, and then looks whether one of them has switched before: from here on each of them
/// meets the fence before it can write again.
final class TenantExclusion: Sendable {
    private let home: HomeGuard
    private let attempt = Mutex<Task<Result<Void, MigrationFailure>, Never>?>(nil)

    init(_ home: HomeGuard) {
        self.home = home
    }

    /// The fence is up.
    func begin() {
        let home = home
        let task = Task { () async -> Result<Void, MigrationFailure> in
            do throws(MigrationFailure) {
                try await home.endOthers()
                return .success(try await home.check(isFencing: true))
            } catch {
                return .failure(error)
            }
        }
        attempt.withLock { $0 = task }
    }

    /// Right before the switch.
    ///
    /// - Throws: Where the tenant is another's.
    func hold() async throws(MigrationFailure) {
        guard let task = attempt.withLock({ $0 }) else { return }
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
