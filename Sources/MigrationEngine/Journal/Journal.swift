import FoundationEssentials
import Glibc
import MigrationCore
import Synchronization

/// Writes one migration's journal. Whoever has it holds the migration's lock, so there is never a second one.
package final class Journal: Sendable {
    private struct Events {
        /// Open for appending.
        let descriptor: Int32
        /// Bytes that are whole lines and on the disk.
        var length: Int
    }

    package let folder: MigrationFolder
    private let lock: FileLock
    private let events: Mutex<Events>

    private init(folder: MigrationFolder, lock: FileLock, events: sending Events) {
        self.folder = folder
        self.lock = lock
        self.events = Mutex(events)
    }

    deinit {
        events.withLock { _ = close($0.descriptor) }
    }

    /// Takes the migration's lock for as long as the journal lives, and reads what was written before. A torn last
    /// line is cut off the file.
    package static func open(_ folder: MigrationFolder) throws(JournalError) -> (Journal, JournalContents) {
        guard let lock = try FileLock.take(file: folder.lock) else {
            throw .locked(id: folder.id, processID: folder.workerProcessID)
        }
        let contents = try JournalContents.read(folder)
        lock.writeProcessID()
        let descriptor = try JournalFile.open(folder.events, O_WRONLY | O_APPEND, "open")
        let events = Events(descriptor: descriptor, length: contents.intactLength)
        let journal = Journal(folder: folder, lock: lock, events: events)
        try journal.cutTornLine()
        return (journal, contents)
    }

    /// Writes the event and returns when it is on the disk. After an error the file is as it was before.
    package func append(_ event: MigrationEvent, at instant: Date) throws(JournalError) {
        let line = try Self.line(JournalRecord(event, at: instant), path: folder.events)
        let path = folder.events
        try events.withLock { (events) throws(JournalError) in
            do throws(JournalError) {
                try JournalFile.write(line, to: events.descriptor, path)
                guard fdatasync(events.descriptor) == 0 else { throw JournalFile.error("sync", path) }
                events.length += line.count
            } catch {
                // Half a line followed by a whole one would be damage that no reader could mend.
                _ = ftruncate(events.descriptor, events.length)
                throw error
            }
        }
    }

    /// Puts what is true now in the place of what was, and returns when it is on the disk.
    package func writeState(_ state: JournalState) throws(JournalError) {
        let line = try Self.line(state, path: folder.state)
        try events.withLock { (_) throws(JournalError) in
            try JournalFile.replace(folder.state, in: folder.path, with: line)
        }
    }

    private func cutTornLine() throws(JournalError) {
        let path = folder.events
        try events.withLock { (events) throws(JournalError) in
            guard ftruncate(events.descriptor, events.length) == 0, fdatasync(events.descriptor) == 0 else {
                throw JournalFile.error("cut", path)
            }
        }
    }

    static func line(_ value: some Encodable, path: String) throws(JournalError) -> [UInt8] {
        do {
            return Array(try MigrationJSON.encoder().encode(value)) + [UInt8(ascii: "\n")]
        } catch {
            throw .notWritable(path: path)
        }
    }
}
