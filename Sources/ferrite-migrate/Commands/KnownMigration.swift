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
            context.detail("the journal of \(id) is in \(context.journal.path)")
        } catch {
            throw CommandFailure(error)
        }
    }

    var client: ControlClient {
        ControlClient(socketPath: folder.controlSocket, processID: folder.workerProcessID)
    }

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
        let settled = folder.isLive ? nil : await lowerFence(context)
        let contents = try contents(context)
        var status = contents.status
        if !folder.isLive, let counts = try successor(of: contents, context) {
            status.supersededBy = counts
            return status
        }
        if contents.state.fence != nil { status.note(settled) }
        guard !status.phase.isFinal else { return status }
        // The next worker will find the same.
        if !folder.isLive, case .end(let end)? = contents.machine.schedule?.step(at: Date(), after: CutoverTries()) {
            (status.scheduledFor, status.cutoverWindowSeconds, status.scheduleEnd) = (nil, nil, end.reason)
        }
        status.note = note ?? (folder.isLive ? status.note : Interruption(contents, folder).note)
        return status
    }

    typealias Read = (known: KnownMigration, status: MigrationStatus)

    /// Every migration of the journal with its status, and by id why others cannot be read.
    static func all(
        _ context: CommandContext
    ) async throws(CommandFailure) -> (migrations: [Read], unread: [String: String]) {
        let ids: [String]
        do {
            ids = try context.journal.migrations()
        } catch {
            throw CommandFailure(error)
        }
        // Mistyped, it would look like one in which all has ended.
        if context.settings.origin(.journal) == .option, !context.journal.exists {
            context.noteOnce("there is no journal at \(context.journal.path) yet")
        }
        var migrations: [Read] = []
        var unread: [String: String] = [:]
        for id in ids {
            do throws(CommandFailure) {
                let migration = try KnownMigration(id, in: context)
                migrations.append((migration, try await migration.status(context)))
            } catch {
                unread[id] = error.message ?? "cannot be read"
            }
        }
        return (migrations, unread)
    }

    /// At the end of a list that is not whole.
    static func refuse(_ unread: [String: String]) throws(CommandFailure) {
        guard !unread.isEmpty else { return }
        let names = unread.keys.sorted().joined(separator: ", ")
        throw CommandFailure(.failed, "not all is shown: \(names) cannot be read; see the warnings")
    }

    func contents(_ context: CommandContext) throws(CommandFailure) -> JournalContents {
        do {
            let contents = try JournalContents.read(folder)
            (contents.warnings + contents.plan.insecureRemarks).forEach(context.warn)
            return contents
        } catch {
            throw CommandFailure(error)
        }
    }

    private func successor(
        of contents: JournalContents,
        _ context: CommandContext
    ) throws(CommandFailure) -> String? {
        do { return try context.journal.successor(of: contents) } catch { throw CommandFailure(error) }
    }

    /// Refuses what is asked of a migration whose tenant is another's by now, and names that one.
    func checkCounts(to verb: String, _ context: CommandContext) throws(CommandFailure) {
        let contents = try contents(context)
        do { try context.journal.checkCounts(contents, to: verb) } catch { throw CommandFailure(error) }
    }

    /// The worker, for a command that only it can carry out.
    func worker(to verb: String, _ context: CommandContext) async throws(CommandFailure) -> ControlClient {
        try refuseEnded(to: verb, context)
        if folder.isLive {
            context.detail("asking the worker of \(folder.id) at \(folder.controlSocket)")
            return client
        }
        await lowerFence(context)
        let contents = try contents(context)
        let phase = contents.status.phase
        let reason: String
        switch phase {
        case .completed, .cancelled, .superseded: reason = "it is \(phase.rawValue) already"
        case .failed: reason = "it has failed, status says why; run resume \(folder.id) to go on"
        default: reason = Interruption(contents, folder).note
        }
        throw CommandFailure(.failed, "\(folder.id) cannot \(verb): \(reason)")
    }

    /// A migration that has ended is answered from its journal, whichever of its processes are still on their way out.
    func refuseEnded(to verb: String, _ context: CommandContext) throws(CommandFailure) {
        try checkCounts(to: verb, context)
        let phase = try contents(context).status.phase
        guard phase.isOver else { return }
        throw CommandFailure(.failed, "\(folder.id) cannot \(verb): it is \(phase.rawValue) already")
    }

    /// Asks the worker, also one that is being started again after its death. Nil where there is none and none comes.
    func ask<Answer: Sendable>(
        _ request: (ControlClient) async throws(ControlError) -> Answer
    ) async throws(CommandFailure) -> Answer? {
        for _ in 0..<100 where folder.isWorkerAlive || folder.isSupervised {
            do {
                return try await request(client)
            } catch .noWorker, .disconnected {
                try? await Task.sleep(for: .milliseconds(100))
            } catch {
                throw CommandFailure(error)
            }
        }
        guard !folder.isWorkerAlive, !folder.isSupervised else {
            throw CommandFailure(.notNow, "the worker of \(folder.id) does not answer; try again")
        }
        return nil
    }

    /// A worker that cannot lower a fence gives way to whoever brings other credentials, and not to one who would not even
    /// be let in.
    func relieve(_ context: CommandContext) async throws(CommandFailure) {
        guard folder.isWorkerAlive else {
            if !folder.isSupervised { try await checkLogin(context) }
            return
        }
        guard let status = try? await client.status(timeout: .seconds(3)), status.fenceUpAt != nil else { return }
        try await checkLogin(context)
        context.detail("the worker of \(folder.id) cannot lower the fence and is ended")
        guard (try? await client.stop()) != nil else { return }
        for _ in 0..<100 where folder.isLive { try? await Task.sleep(for: .milliseconds(100)) }
    }

    /// Where a fence may be up: whether the credentials of this command are let in.
    private func checkLogin(_ context: CommandContext) async throws(CommandFailure) {
        let contents = try contents(context)
        guard contents.state.fence != nil else { return }
        let prepared = try context.settings.passwords(for: contents.plan, warn: context.warn)
        do throws(MigrationFailure) {
            try await FenceRescue(folder: folder, secrets: prepared.secrets).checkLogin()
        } catch {
            let words = "the fence of \(folder.id) at \(contents.status.source) may still be up: \(error.message)"
            throw CommandFailure(MigrationFailure(error.kind, words))
        }
    }

    /// A fence that a dead worker left behind is dealt with by whatever command comes next.
    @discardableResult
    func lowerFence(_ context: CommandContext) async -> CutoverOutcome? {
        guard let contents = try? JournalContents.read(folder), contents.state.fence != nil else { return nil }
        let what = "the fence of \(folder.id) at \(contents.status.source) may still be up"
        do {
            let prepared = try context.settings.passwords(for: contents.plan, warn: context.warn)
            guard let rescue = try await FenceRescue(folder: folder, secrets: prepared.secrets).run() else {
                return nil
            }
            switch rescue.outcome {
            case .back: context.note("a cutover of \(folder.id) had left its fence up; it was lowered")
            case .switched: context.note("a cutover of \(folder.id) had broken off behind the switch, which stands")
            }
            if let unwritten = rescue.unwritten { context.warn("that cannot be written down: \(unwritten.message)") }
            return rescue.outcome
        } catch let failure as MigrationFailure {
            context.warn("\(what): \(failure.message); run resume \(folder.id)")
        } catch {
            context.warn("\(what): \((error as? CommandFailure)?.message ?? ""); run resume \(folder.id)")
        }
        return nil
    }
}

extension MigrationStatus {
    /// The journal has a fence that may be up: nothing is known of it but how it was dealt with just now.
    fileprivate mutating func note(_ settled: CutoverOutcome?) {
        switch settled {
        case nil: fenceUpAt = source
        case .back: writesRefusedSince = nil
        case .switched(let downtime, _): downtimeMilliseconds = downtime
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
        return (["interrupted: \(cause)", folder.fullDisk, next] as [String?]).compactMap(\.self).joined(
            separator: "; "
        )
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
