import FoundationEssentials
import Glibc
import MigrationCore
import Synchronization

/// The folder that holds all migrations, each in a folder named by its id.
package struct JournalRoot: Hashable, Sendable {
    package let path: String

    package init(path: String) {
        self.path = Self.absolute(path)
    }

    /// The ids of all migrations; none where the folder does not exist yet.
    package func migrations() throws(JournalError) -> [String] {
        try JournalFile.names(in: path).filter(MigrationPlan.isID).sorted()
    }

    /// Whether anything was ever migrated from here.
    package var exists: Bool { JournalFile.isFolder(path) }

    /// Makes the folder where it is missing.
    package func make() throws(JournalError) { try JournalFile.makeFolders(path) }

    package func open(_ id: String) throws(JournalError) -> MigrationFolder {
        guard MigrationPlan.isID(id) else { throw .notAnID(id) }
        let folder = folder(id)
        guard JournalFile.isFolder(folder.path) else { throw .unknownMigration(id: id, folder: path) }
        return folder
    }

    /// The migrations that have a worker or are about to get one.
    package func liveMigrations() throws(JournalError) -> [MigrationFolder] {
        try migrations().map(folder).filter(\.isLive)
    }

    /// Makes the migration's folder with the plan as its first record.
    ///
    /// Refuses where `maxConcurrent` migrations live already, or one of the same tenant from the same source. The
    /// new one counts as living for as long as the reservation does: hold it until the worker has the lock.
    package func create(
        _ plan: MigrationPlan,
        maxConcurrent: Int,
        at instant: Date
    ) throws(JournalError) -> MigrationReservation {
        try JournalFile.makeFolders(path)
        // Two that are created at the same moment must not both find the last free place.
        let gate = try FileLock.wait(file: path + "/root.lock")
        defer { withExtendedLifetime(gate) {} }
        try admit(plan, maxConcurrent: maxConcurrent)
        let reservation = try write(plan, at: try later(than: instant))
        try JournalFile.synchronizeFolder(path)
        return reservation
    }

    /// Of two migrations of a tenant the one that was created later counts, also where the clock was set back.
    private func later(than instant: Date) throws(JournalError) -> Date {
        let newest = try migrations().compactMap { folder($0).createdAt }.max() ?? .distantPast
        return max(instant, newest + 0.001)
    }

    private func folder(_ id: String) -> MigrationFolder {
        MigrationFolder(id: id, path: path + "/" + id)
    }

    /// Refuses as `create` would now, and creates nothing: a cheap question before dear ones.
    package func admit(_ plan: MigrationPlan, maxConcurrent: Int) throws(JournalError) {
        let live = try liveMigrations()
        for folder in live {
            // What cannot be read has a place among the living, and is nobody's twin.
            guard let other = try? JournalContents.read(folder), !other.status.phase.isFinal else { continue }
            guard other.plan.scope.prefix != plan.scope.prefix || !other.plan.sharesServer(with: plan) else {
                throw .alreadyMigrating(
                    tenant: plan.tenant,
                    source: other.plan.source.address.description,
                    id: folder.id
                )
            }
        }
        guard live.count < maxConcurrent else {
            throw .tooManyWorkers(limit: maxConcurrent, running: live.map(\.id))
        }
    }

    /// Writes beside its place and renames: a folder with an id for a name always holds a plan.
    private func write(_ plan: MigrationPlan, at instant: Date) throws(JournalError) -> MigrationReservation {
        guard MigrationPlan.isID(plan.id) else { throw .notAnID(plan.id) }
        let final = folder(plan.id)
        let draft = MigrationFolder(id: plan.id, path: path + "/.new-" + plan.id)
        let line = try Journal.line(JournalRecord(.created(plan), at: instant), path: final.events)
        try JournalFile.makeFolder(draft.path)
        do throws(JournalError) {
            let hold = try FileLock.wait(folder: draft.path)
            try JournalFile.replace(draft.events, in: draft.path, with: line)
            try JournalFile.reserve(draft.events, behind: line.count)
            guard rename(draft.path, final.path) == 0 else { throw JournalFile.error("create", final.path) }
            return MigrationReservation(folder: final, hold: hold)
        } catch {
            unlink(draft.events)
            rmdir(draft.path)
            throw error
        }
    }
}

extension MigrationPlan {
    /// Whether one would read or write where the other does.
    fileprivate func sharesServer(with other: MigrationPlan) -> Bool {
        (source.places + target.places).contains { place in
            (other.source.places + other.target.places).contains { $0.isSameServer(as: place) }
        }
    }
}

/// A migration that was created and whose worker is still to come. It holds the migration's place among the living
/// until it is released or dropped, or its process ends.
package final class MigrationReservation: Sendable {
    package let folder: MigrationFolder
    private let hold: Mutex<FileLock?>

    init(folder: MigrationFolder, hold: FileLock) {
        self.folder = folder
        self.hold = Mutex(hold)
    }

    /// From here on only the worker keeps the place: whoever waits for its end must not hold it himself.
    package func release() {
        hold.withLock { $0 = nil }
    }
}

/// Held by the one process that watches a migration's worker.
package final class SupervisorLock: Sendable {
    private let lock: FileLock

    init(_ lock: FileLock) { self.lock = lock }
}

extension MigrationFolder {
    /// Waits for whoever starts a worker of this migration now, and keeps others from it.
    package func reserve() throws(JournalError) -> MigrationReservation {
        MigrationReservation(folder: self, hold: try FileLock.wait(folder: path))
    }

    package func supervise() throws(JournalError) -> SupervisorLock {
        guard let lock = try FileLock.take(file: supervisorLock) else {
            throw .locked(id: id, processID: workerProcessID)
        }
        return SupervisorLock(lock)
    }
}
