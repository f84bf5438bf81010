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
    func status(_ context: CommandContext) async throws(CommandFailure) -> MigrationStatus {
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
        if !folder.isLive { await lowerFence(context) }
        let contents = try contents(context)
        var status = contents.status
        guard !status.phase.isFinal else { return status }
        if contents.state.fence != nil { status.fenceUpAt = status.source }
        status.note = note ?? (folder.isLive ? status.note : Interruption(contents, folder).note)
        return status
    }

    func contents(_ context: CommandContext) throws(CommandFailure) -> JournalContents {
        do {
            let contents = try JournalContents.read(folder)
            contents.warnings.forEach(context.warn)
            return contents
        } catch {
            throw CommandFailure(error)
        }
    }

    /// The worker, for a command that only it can carry out.
    func worker(to verb: String, _ context: CommandContext) async throws(CommandFailure) -> ControlClient {
        if folder.isLive { return client }
        await lowerFence(context)
        let contents = try contents(context)
        let phase = contents.status.phase
        let reason = phase.isFinal ? "it is \(phase.rawValue) already" : Interruption(contents, folder).note
        throw CommandFailure(.failed, "\(folder.id) cannot \(verb): \(reason)")
    }

    /// A fence that a dead worker left behind is dealt with by whatever command comes next.
    func lowerFence(_ context: CommandContext) async {
        guard let contents = try? JournalContents.read(folder), contents.state.fence != nil else { return }
        let what = "the fence of \(folder.id) at \(contents.status.source) may still be up"
        do {
            let prepared = try context.settings.passwords(for: contents.plan, warn: context.warn)
            switch try await FenceRescue(folder: folder, secrets: WorkerSecrets(prepared)).run() {
            case .back: context.note("the worker of \(folder.id) had died in a cutover; its fence was lowered")
            case .switched: context.note("the worker of \(folder.id) had died behind the switch, which stands")
            case nil: break
            }
        } catch let failure as MigrationFailure {
            context.warn("\(what): \(failure.message); run resume \(folder.id)")
        } catch {
            context.warn("\(what): \((error as? CommandFailure)?.message ?? ""); run resume \(folder.id)")
        }
    }
}

/// Why a migration has no worker, and what can be done, from its journal alone.
struct Interruption {
    private let contents: JournalContents
    private let folder: MigrationFolder

    init(_ contents: JournalContents, _ folder: MigrationFolder) {
        self.contents = contents
        self.folder = folder
    }

    /// `interrupted: SIGTERM ended the worker; …`.
    var note: String {
        let next =
            contents.machine.isCancelling
            ? "run cancel \(folder.id) again to finish it" : "run resume \(folder.id) to go on\(window)"
        return "interrupted: \(cause); \(next)"
    }

    private var cause: String {
        if case .stopped(let signal)? = contents.events.last?.event { return "\(signal) ended the worker" }
        let log = FileManager.default.fileExists(atPath: folder.workerLog) ? folder.workerLog : folder.events
        return "the worker died, \(log) says what it did last"
    }

    /// For how long the source's backlog still has what changed since.
    private var window: String {
        guard let end = contents.state.backlogEnd else { return "" }
        return end > Date()
            ? ", until about \(RFC3339.string(from: end)) without copying everything again"
            : "; the source may no longer have the changes since, and then everything is copied again"
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
