import FoundationEssentials
import Glibc
import MigrationCore
import Synchronization

/// Writes one migration's journal. Whoever has it holds the migration's lock, so there is never a second one.
package final class Journal: Sendable {
    /// What a journal keeps free for what is to come, more than a whole cutover writes: the disk may be full then.
    static let reserve = 256 << 10

    private struct Events {
        let path: String
        /// Open for appending.
        let descriptor: Int32
        /// Bytes that are whole lines and on the disk.
        var length: Int
        /// Nil once the journal is closed.
        var lock: FileLock?
        /// Up to here the file system has room for it.
        var reserved: Int

        mutating func makeRoom(for count: Int) throws(JournalError) {
            guard length + count > reserved else { return }
            try JournalFile.reserve(length..<length + count, of: descriptor, path)
            reserved = length + count
        }

        mutating func keepReserve() throws(JournalError) {
            guard reserved - length < Journal.reserve / 2 else { return }
            try makeRoom(for: Journal.reserve)
        }
    }

    package let folder: MigrationFolder
    private let events: Mutex<Events>

    private init(folder: MigrationFolder, events: sending Events) {
        self.folder = folder
        self.events = Mutex(events)
    }

    deinit {
        events.withLock { _ = Glibc.close($0.descriptor) }
    }

    /// Takes the migration's lock until the journal is closed or let go, and reads what was written before. A torn last
    /// line is cut off the file.
    package static func open(_ folder: MigrationFolder) throws(JournalError) -> (Journal, JournalContents) {
        guard let lock = try FileLock.take(file: folder.lock) else {
            throw .locked(id: folder.id, processID: folder.workerProcessID)
        }
        let contents = try JournalContents.read(folder)
        try lock.writeProcessID(folder.lock)
        let descriptor = try JournalFile.open(folder.events, O_WRONLY | O_APPEND, "open")
        let length = contents.intactLength
        let journal = Journal(
            folder: folder,
            events: Events(path: folder.events, descriptor: descriptor, length: length, lock: lock, reserved: length)
        )
        try journal.cutTornLine()
        // Where the disk is full now, what an earlier worker has set aside is still there.
        try? journal.keepReserve()
        return (journal, contents)
    }

    /// Lets the migration go to whoever wants it next. Nothing can be written any more.
    package func close() { events.withLock { $0.lock = nil } }

    /// Writes the event and returns when it is on the disk. After an error the file is as it was before.
    ///
    /// - Parameter isSynced: False for what nobody needs after the machine itself went down: it is on the disk with the next
    ///   one that is.
    package func append(
        _ event: MigrationEvent,
        at instant: Date,
        isSynced: Bool = true
    ) throws(JournalError) {
        let line = try Self.line(JournalRecord(event, at: instant), path: folder.events)
        try events.withLock { (events) throws(JournalError) in
            guard events.lock != nil else { throw .notWritable(path: events.path) }
            try events.makeRoom(for: line.count)
            do throws(JournalError) {
                try JournalFile.write(line, to: events.descriptor, events.path)
                if isSynced, fdatasync(events.descriptor) != 0 { throw JournalFile.error("sync", events.path) }
                events.length += line.count
            } catch {
                // Half a line followed by a whole one would be damage that no reader could mend.
                _ = ftruncate(events.descriptor, events.length)
                events.reserved = events.length
                throw error
            }
            try? events.keepReserve()
        }
    }

    /// Asked before something begins that must be written down to its end.
    ///
    /// - Throws: Where the disk has no room for that.
    package func keepReserve() throws(JournalError) {
        try events.withLock { (events) throws(JournalError) in try events.keepReserve() }
    }

    /// Nothing more is to come: the disk gets back what was set aside.
    package func giveReserveBack() {
        events.withLock { events in
            _ = ftruncate(events.descriptor, events.length)
            events.reserved = events.length
        }
    }

    /// Puts what is true now in the place of what was, and returns when it is on the disk.
    package func writeState(_ state: JournalState) throws(JournalError) {
        let line = try Self.line(state, path: folder.state)
        try events.withLock { (events) throws(JournalError) in
            guard events.lock != nil else { throw .notWritable(path: folder.state) }
            try JournalFile.replace(folder.state, in: folder.path, with: line)
        }
    }

    private func cutTornLine() throws(JournalError) {
        try events.withLock { (events) throws(JournalError) in
            var information = stat()
            guard fstat(events.descriptor, &information) == 0 else { throw JournalFile.error("look at", events.path) }
            // Cutting gives away the room that is set aside, so only what is torn is cut.
            guard Int(information.st_size) > events.length else { return }
            guard ftruncate(events.descriptor, events.length) == 0, fdatasync(events.descriptor) == 0 else {
                throw JournalFile.error("cut", events.path)
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
