import MigrationCore

/// Why the journal cannot be read or written: the facts. `failure` has the words.
package enum JournalError: Error, Equatable, Sendable {
    /// A system call did not work; `code` is its errno.
    case system(operation: String, path: String, code: Int32)
    case notAnID(String)
    case unknownMigration(id: String, folder: String)
    /// Another process holds the migration's lock.
    case locked(id: String, processID: Int?)
    case tooManyWorkers(limit: Int, running: [String])
    case alreadyMigrating(tenant: String, source: String, id: String)
    /// `line` counts from 1.
    case damagedLine(path: String, line: Int, reason: String)
    case damagedState(path: String, reason: String)
    case newerVersion(path: String, found: Int, known: Int)
    case noPlan(path: String)
    case tooLarge(path: String, limit: Int)
    /// A value has no JSON form: a number that is not finite.
    case notWritable(path: String)
}
