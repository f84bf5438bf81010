import ControlPlane
import FoundationEssentials
import MigrationCore
import MigrationEngine

/// One migration that is in the journal: asked through its worker if one lives, else read.
struct KnownMigration {
    let folder: MigrationFolder

    init(_ folder: MigrationFolder) {
        self.folder = folder
    }

    init(_ id: String, in context: CommandContext) throws(CommandFailure) {
        do {
            folder = try context.journal.open(id)
        } catch {
            throw CommandFailure(error)
        }
    }

    var client: ControlClient { ControlClient(socketPath: folder.controlSocket) }

    /// Where the migration stands now.
    func status() async throws(CommandFailure) -> MigrationStatus {
        var note: String?
        if folder.isWorkerAlive {
            do {
                return try await client.status()
            } catch .noWorker, .disconnected {
                // It has just started or just ended; the journal knows what it knew.
            } catch {
                note = error.failure.message
            }
        }
        let contents = try contents()
        var status = contents.status
        if !status.phase.isFinal {
            status.note = note ?? (folder.isLive ? status.note : Self.nobody(contents, folder))
        }
        return status
    }

    func contents() throws(CommandFailure) -> JournalContents {
        do {
            return try JournalContents.read(folder)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// The worker, for a command that only it can carry out.
    func worker(to verb: String) throws(CommandFailure) -> ControlClient {
        if folder.isLive { return client }
        let contents = try contents()
        let phase = contents.status.phase
        let reason = phase.isFinal ? "it is \(phase.rawValue) already" : Self.nobody(contents, folder)
        throw CommandFailure(.failed, "\(folder.id) cannot \(verb): \(reason)")
    }

    private static func nobody(_ contents: JournalContents, _ folder: MigrationFolder) -> String {
        if case .stopped(let signal)? = contents.events.last?.event {
            return "no worker is running: \(signal) ended it"
        }
        let log = FileManager.default.fileExists(atPath: folder.workerLog) ? folder.workerLog : folder.events
        return "no worker is running; \(log) says what it did last"
    }
}

extension CommandFailure {
    init(_ error: JournalError) {
        switch error {
        case .notAnID, .unknownMigration: self.init(.usage, error.failure.message)
        default: self.init(error.failure)
        }
    }

    init(_ error: ControlError) {
        self.init(error.failure)
    }
}
