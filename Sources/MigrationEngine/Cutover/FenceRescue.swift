import FoundationEssentials
import MigrationCore
import NIOCore
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

    package struct Result {
        /// What became of the cutover.
        package let outcome: CutoverOutcome
        /// Why that is not in the journal: whoever comes next finds it out again.
        package let unwritten: MigrationFailure?
    }

    /// Whether the credentials are let in where the fence may be up. A server that does not answer is no refusal: it is
    /// asked again by whoever goes on.
    package func checkLogin() async throws(MigrationFailure) {
        let contents: JournalContents
        do { contents = try JournalContents.read(folder) } catch { throw error.failure }
        guard contents.state.fence != nil else { return }
        let endpoints = secrets.endpoints(contents.plan)
        for endpoint in [endpoints.source, endpoints.target] {
            do throws(MigrationFailure) {
                try await endpoint.withConnection(
                    on: MultiThreadedEventLoopGroup.singleton,
                    while: "lowering the fence",
                    timeout: .seconds(2)
                ) { _ in }
            } catch {
                guard !error.mayPass else { continue }
                throw error
            }
        }
    }

    /// Returns nil where no fence is up.
    ///
    /// - Throws: Where the servers cannot be asked. The fence may still be up then.
    package func run() async throws(MigrationFailure) -> Result? {
        let (journal, contents) = try open()
        guard contents.state.fence != nil else { return nil }
        let endpoints = secrets.endpoints(contents.plan)
        let group = MultiThreadedEventLoopGroup.singleton
        let home = HomeGuard(contents, endpoints: endpoints, group: group)
        let settlement = CutoverSettlement(
            plan: contents.plan,
            endpoints: endpoints,
            trace: contents.state.cutover,
            position: contents.state.positions[.standalone],
            home: home,
            group: group
        )
        let settled: SettledCutover
        do throws(MigrationFailure) {
            settled = try await settlement.run()
            await home.close()
        } catch {
            await home.close()
            guard error.kind == .superseded else { throw error }
            try? journal.append(.superseded(by: home.found.other, error), at: Date())
            throw error
        }
        do throws(JournalError) {
            for event in settled.events { try journal.append(event, at: Date()) }
            return Result(outcome: settled.outcome, unwritten: nil)
        } catch {
            return Result(outcome: settled.outcome, unwritten: error.failure)
        }
    }

    private func open() throws(MigrationFailure) -> (Journal, JournalContents) {
        do throws(JournalError) {
            return try Journal.open(folder)
        } catch {
            throw error.failure
        }
    }
}
