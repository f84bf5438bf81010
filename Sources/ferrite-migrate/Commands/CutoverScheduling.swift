import ControlPlane
import FoundationEssentials
import MigrationCore
import MigrationEngine

/// `cutover --scheduled` and `--unschedule`: told to the worker, or written into the journal where none lives.
struct CutoverScheduling {
    let migration: KnownMigration
    let context: CommandContext

    func schedule(at instant: Date, options: CutoverOptions) async throws(CommandFailure) -> [OutputField] {
        let schedule: CutoverSchedule
        do throws(PlanError) {
            schedule = try CutoverSchedule(
                at: instant,
                windowSeconds: context.settings.number(.window) ?? CutoverSchedule.defaultWindowSeconds,
                options: options,
                now: Date()
            )
        } catch {
            throw CommandFailure(error)
        }
        let report = try await change(to: "be scheduled", .cutoverScheduled(schedule)) {
            client throws(ControlError) in try await client.schedule(schedule)
        }
        if let before = report.before {
            context.note("it takes the place of the cutover scheduled for \(RFC3339.string(from: before.instant))")
        }
        return fields("scheduled", schedule, replacing: report.before)
    }

    func unschedule() async throws(CommandFailure) -> [OutputField] {
        let report = try await change(to: "be unscheduled", .cutoverUnscheduled) {
            client throws(ControlError) in try await client.unschedule()
        }
        if report.before == nil { context.note("no cutover of \(migration.folder.id) was scheduled") }
        return fields("unscheduled", nil, replacing: report.before)
    }

    private func change(
        to verb: String,
        _ event: MigrationEvent,
        _ request: (ControlClient) async throws(ControlError) -> ScheduleReport
    ) async throws(CommandFailure) -> ScheduleReport {
        try migration.refuseEnded(to: verb, context)
        if let report = try await migration.ask(request) { return report }
        await migration.lowerFence(context)
        return try write(event, to: verb)
    }

    /// No worker lives, so this process has the journal for a moment.
    private func write(_ event: MigrationEvent, to verb: String) throws(CommandFailure) -> ScheduleReport {
        let id = migration.folder.id
        do {
            let (before, after) = try migration.folder.record(event, to: verb)
            if after.schedule != nil {
                context.warn("\(id) has no worker, and nothing happens without one: run resume \(id) before that time")
            }
            return ScheduleReport(now: after.schedule, before: before.schedule)
        } catch {
            throw CommandFailure(error)
        }
    }

    private func fields(
        _ status: String,
        _ schedule: CutoverSchedule?,
        replacing before: CutoverSchedule?
    ) -> [OutputField] {
        var fields: [OutputField] = [
            .init("migration_id", .text(migration.folder.id)), .init("status", .state(status)),
        ]
        if let schedule {
            fields.append(.init("scheduled_for", .date(schedule.instant)))
            fields.append(.init("cutover_window_s", .number(schedule.windowSeconds)))
        }
        if let before { fields.append(.init("replaced", .date(before.instant), for: .programs)) }
        return fields
    }
}
