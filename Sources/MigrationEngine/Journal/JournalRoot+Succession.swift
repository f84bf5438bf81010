import FoundationEssentials
import MigrationCore

// Which of several migrations of a tenant counts, as the folder tells it. It is not written down: whoever is asked looks
// at what there is, so it is also true of what older versions have written, and of a migration that is cancelled since.
extension JournalRoot {
    /// The migration that counts in the place of this one; nil where this one does, as far as the journals tell. What cannot be read takes nobody's
    /// place.
    package func successor(of contents: JournalContents) throws(JournalError) -> String? {
        let plan = contents.plan
        var others: [JournalledMigration] = []
        for id in try migrations() where id != plan.id {
            let folder = try open(id)
            // Most of a folder's migrations are of other tenants, and a plan is one line.
            guard let other = folder.plan, other.scope.prefix == plan.scope.prefix else { continue }
            guard let read = try? JournalContents.read(folder) else { continue }
            others.append(JournalledMigration(read, isLive: folder.isLive))
        }
        return JournalledMigration(contents, isLive: true).successor(among: others)
    }

    /// - Parameter verb: `be resumed`, for the error.
    package func checkCounts(_ contents: JournalContents, to verb: String) throws(MigrationFailure) {
        let id = contents.plan.id
        let successor: String?
        do throws(JournalError) { successor = try self.successor(of: contents) } catch { throw error.failure }
        if let counts = successor ?? contents.machine.supersededBy {
            throw MigrationFailure(
                .superseded,
                "\(id) cannot \(verb): it is superseded by \(counts), which counts for tenant \(contents.plan.tenant)"
            )
        }
        guard contents.status.phase == .superseded else { return }
        throw MigrationFailure(
            .superseded,
            "\(id) cannot \(verb): it is superseded already: \(contents.machine.failure?.message ?? "")"
        )
    }
}

extension JournalledMigration {
    init(_ contents: JournalContents, isLive: Bool) {
        self.init(
            plan: contents.plan,
            createdAt: contents.events.first?.at ?? contents.status.startedAt,
            phase: contents.machine.phase,
            isLive: isLive,
            hasWritten: contents.events.contains { if case .prepared = $0.event { true } else { false } }
        )
    }
}

extension MigrationFolder {
    /// What was asked for, without what has become of it; nil where that cannot be read.
    var plan: MigrationPlan? {
        guard case .created(let plan)? = firstRecord?.event else { return nil }
        return plan
    }

    var createdAt: Date? { firstRecord?.at }

    private var firstRecord: JournalRecord? {
        guard let line = try? JournalFile.firstLine(of: events) else { return nil }
        return try? MigrationJSON.decoder().decode(JournalRecord.self, from: Data(line))
    }
}
