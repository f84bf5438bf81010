import FoundationEssentials
import MigrationCore
import NIOPosix

/// Deals with a fence that a worker left behind when it died, from its journal: lowers it, or finds that traffic is
/// switched. Whoever finds no worker does this: the supervisor, or the next command.
package struct FenceRescue: Sendable {
    private let folder: MigrationFolder
    private let secrets: WorkerSecrets

    package init(folder: MigrationFolder, secrets: WorkerSecrets) {
        self.folder = folder
        self.secrets = secrets
    }

    /// What became of the cutover; nil where no fence is up.
    ///
    /// - Throws: Where the servers cannot be asked. The fence may still be up then.
    package func run() async throws(MigrationFailure) -> CutoverOutcome? {
        let (journal, contents) = try open()
        guard contents.state.fence != nil else { return nil }
        let endpoints = MigrationEndpoints(
            plan: contents.plan,
            sourcePassword: secrets.sourcePassword,
            targetPassword: secrets.targetPassword
        )
        let outcome = try await CutoverSettlement(
            plan: contents.plan,
            endpoints: endpoints,
            trace: contents.state.cutover,
            group: MultiThreadedEventLoopGroup.singleton
        )
        .run()
        do throws(JournalError) {
            try journal.append(.cutoverEnded(outcome), at: Date())
        } catch {
            throw error.failure
        }
        return outcome
    }

    private func open() throws(MigrationFailure) -> (Journal, JournalContents) {
        do throws(JournalError) {
            return try Journal.open(folder)
        } catch {
            throw error.failure
        }
    }
}
