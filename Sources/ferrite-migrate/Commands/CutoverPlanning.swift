import ControlPlane
import MigrationCore
import MigrationEngine

/// `cutover --plan`: what would be done, found out by this process alone. The worker is only asked how things stand, and
/// nothing is written, not even about a fence that a dead worker left behind.
struct CutoverPlanning {
    let migration: KnownMigration
    let context: CommandContext
    let options: CutoverOptions

    func run() async throws(CommandFailure) -> [OutputField] {
        try migration.refuseEnded(to: "be cut over", context)
        let contents = try migration.contents(context)
        var status = contents.status
        var worker: MigrationFailure?
        do throws(ControlError) {
            guard migration.folder.isLive else { throw .noWorker(socket: migration.folder.controlSocket) }
            status = try await migration.client.status()
        } catch {
            worker = withoutWorker(error, contents)
        }
        var preview: CutoverPreview
        do throws(MigrationFailure) {
            preview = try await CutoverPlanner(
                contents: contents,
                status: status,
                endpoints: try endpoints(contents.plan),
                options: options
            ).run()
        } catch {
            throw CommandFailure(error)
        }
        if preview.refusal == nil, let hooks = contents.workerOptions?.hooks {
            do throws(MigrationFailure) { try HookFolder(hooks).checkGuards() } catch { preview.refusal = error }
        }
        preview.refusal = worker ?? preview.refusal
        return fields(preview)
    }

    /// As whom it was asked for now, else as the migration does.
    private func endpoints(_ plan: MigrationPlan) throws(MigrationFailure) -> MigrationEndpoints {
        var plan = plan
        if let user = context.settings.text(.sourceUser) {
            plan.source.address.username = user
            for index in plan.source.alternatives.indices { plan.source.alternatives[index].username = user }
        }
        if let user = context.settings.text(.targetUser) { plan.target.address.username = user }
        do {
            return try context.settings.passwords(for: plan, warn: context.warn).endpoints
        } catch {
            throw MigrationFailure(.configuration, error.message ?? "no password is known")
        }
    }

    /// Nobody would carry the cutover out: there is no worker, or it does not answer.
    private func withoutWorker(_ error: ControlError, _ contents: JournalContents) -> MigrationFailure {
        switch error {
        case .noWorker, .disconnected:
            let note = Interruption(contents, migration.folder).note
            return MigrationFailure(.failed, "\(migration.folder.id) has no worker: \(note)")
        default: return error.failure
        }
    }

    private func fields(_ preview: CutoverPreview) -> [OutputField] {
        var fields: [OutputField] = [
            .init("migration_id", .text(migration.folder.id)),
            .init("would_start", .flag(preview.refusal == nil)),
        ]
        if let refusal = preview.refusal {
            fields.append(.init("reason", .text(refusal.message)))
            fields.append(.init("reason_kind", .text(refusal.kind.rawValue), for: .programs))
        }
        return fields + preview.fields
    }
}
