import Glibc
import MigrationCore

extension JournalError {
    /// One line for people, with the next step.
    package var failure: MigrationFailure { failure(then: nil) }

    /// - Parameter next: What to do when the journal can be written again.
    package func failure(then next: String?) -> MigrationFailure {
        switch self {
        case .system(let operation, let path, let code): Self.system(operation, path, code, next)
        case .notAnID(let text):
            MigrationFailure(
                .configuration,
                "'\(text)' is not the id of a migration: an id looks like mig_7f3a9c0d21, 'ferrite-migrate status ALL' "
                    + "lists them"
            )
        case .unknownMigration(let id, let folder):
            MigrationFailure(
                .configuration,
                "there is no migration \(id) in the journal \(folder): 'ferrite-migrate status ALL' lists those there "
                    + "are, --journal names another folder"
            )
        case .locked, .tooManyWorkers, .alreadyMigrating: busy
        case .damagedLine, .damagedState, .newerVersion, .noPlan, .tooLarge, .notWritable: unreadable
        }
    }

    private static func system(
        _ operation: String,
        _ path: String,
        _ code: Int32,
        _ next: String?
    ) -> MigrationFailure {
        let reason = String(cString: strerror(code))
        let isFull = code == ENOSPC || code == EDQUOT
        let advice =
            switch code {
            case ENOSPC, EDQUOT: "free some space there"
            case EACCES, EPERM, EROFS, ENOTDIR:
                "name a folder that can be written with --journal or FERRITE_MIGRATE_JOURNAL"
            default: "check the journal's folder"
            }
        let kind: MigrationFailure.Kind =
            switch code {
            case EACCES, EPERM, EROFS, ENOTDIR: .configuration
            default: .failed
            }
        let words = [advice] + (next.map { ["then \($0)"] } ?? [])
        return MigrationFailure(
            kind,
            "the journal\(isFull ? "'s disk is full:" : "") cannot \(operation) \(path): \(reason); "
                + words.joined(separator: ", ")
        )
    }

    private var busy: MigrationFailure {
        switch self {
        case .locked(let id, let processID):
            let holder = processID.map { "process \($0)" } ?? "another process"
            return MigrationFailure(.notNow, "\(holder) holds migration \(id): 'ferrite-migrate status \(id)' shows it")
        case .tooManyWorkers(let limit, let running):
            return MigrationFailure(
                .notNow,
                "\(running.count) migrations are running and max_concurrent is \(limit): wait for one of "
                    + "\(running.joined(separator: ", ")) to end, or raise max_concurrent"
            )
        case .alreadyMigrating(let tenant, let source, let id):
            return MigrationFailure(
                .notNow,
                "tenant \(tenant) is already being migrated from \(source) by \(id): 'ferrite-migrate status \(id)' "
                    + "shows it"
            )
        default: return MigrationFailure(.failed, "\(self)")
        }
    }

    private var unreadable: MigrationFailure {
        switch self {
        case .damagedLine(let path, let line, let reason):
            return MigrationFailure(
                .failed,
                "line \(line) of \(path) is damaged: \(reason); restore the file from a copy, or start a new migration"
            )
        case .damagedState(let path, let reason):
            return MigrationFailure(
                .failed,
                "\(path) is damaged: \(reason); it is passed over, events.jsonl beside it has what must not be lost"
            )
        case .newerVersion(let path, let found, let known):
            return MigrationFailure(
                .configuration,
                "\(path) has version \(found) and this ferrite-migrate reads up to \(known): use the newer "
                    + "ferrite-migrate that wrote it"
            )
        case .noPlan(let path):
            return MigrationFailure(
                .failed,
                "\(path) does not begin with the plan of a migration: restore it from a copy, or start a new migration"
            )
        case .tooLarge(let path, let limit):
            return MigrationFailure(.failed, "\(path) is larger than \(limit) bytes: it is not a journal's file")
        case .notWritable(let path):
            return MigrationFailure(.failed, "a number that is not finite cannot be written to \(path)")
        default: return MigrationFailure(.failed, "\(self)")
        }
    }
}
