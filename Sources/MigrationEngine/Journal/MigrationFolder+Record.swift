import FoundationEssentials
import MigrationCore

extension MigrationFolder {
    /// Writes an event of a migration that has no worker into its journal: the next worker begins with it.
    ///
    /// - Parameter verb: `be updated`, for the error.
    /// - Returns: How the migration stood before, and how it stands now.
    @discardableResult
    package func record(
        _ event: MigrationEvent,
        to verb: String
    ) throws(MigrationFailure) -> (before: MigrationStateMachine, after: MigrationStateMachine) {
        do {
            let (journal, contents) = try Journal.open(self)
            defer { journal.close() }
            var machine = contents.machine
            _ = try machine.handle(event)
            try journal.append(event, at: Date())
            return (contents.machine, machine)
        } catch let error as JournalError {
            throw error.failure
        } catch let error as TransitionError {
            let kind: MigrationFailure.Kind = error.phase == .cutover ? .notNow : .failed
            throw MigrationFailure(kind, "\(id) cannot \(verb): \(error.words)")
        } catch {
            throw MigrationFailure(.failed, "\(id) cannot \(verb): \(error)")
        }
    }
}
