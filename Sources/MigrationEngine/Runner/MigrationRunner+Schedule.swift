import FoundationEssentials
import Logging
import MigrationCore

// The cutover that is to happen by itself.
extension MigrationRunner {
    /// The wall clock may be set and the machine suspended, so it is looked at at least so often.
    private static let attention = 1.0

    /// In the place of any schedule before, which is returned.
    package func schedule(_ schedule: CutoverSchedule) throws(MigrationFailure) -> CutoverSchedule? {
        try changeSchedule(.cutoverScheduled(schedule), to: "be scheduled")
    }

    /// Returns what is taken back; nil where nothing was scheduled.
    package func unschedule() throws(MigrationFailure) -> CutoverSchedule? {
        try changeSchedule(.cutoverUnscheduled, to: "be unscheduled")
    }

    private func changeSchedule(
        _ event: MigrationEvent,
        to verb: String
    ) throws(MigrationFailure) -> CutoverSchedule? {
        let earlier = machine.schedule
        try request(event, to: verb)
        return earlier
    }

    /// Takes the step that the clock asks for, and returns how long nothing more is to be done.
    func attendSchedule() async -> Duration {
        guard let schedule = machine.schedule, !hasEnded, !machine.isInCutover else { return .seconds(1) }
        switch schedule.step(at: Date(), after: scheduledTries) {
        case .attempt: await attempt(schedule)
        case .end(let end): take(.cutoverScheduleEnded(end))
        case .wait(let instant):
            return .seconds(min(max(instant.timeIntervalSinceNow, 0), Self.attention))
        }
        return .zero
    }

    /// As if it were asked for by hand, with every guard anew.
    private func attempt(_ schedule: CutoverSchedule) async {
        var tries = scheduledTries
        do throws(MigrationFailure) {
            let outcome = try await cutover(schedule.options)
            if case .back(let failure) = outcome { tries.wentBack(failure, at: Date()) }
        } catch {
            tries.refused(error, at: Date())
        }
        // Another may have taken its place meanwhile.
        guard machine.schedule == schedule, let obstacle = tries.obstacle else { return }
        scheduledTries = tries
        logger.warning("the scheduled cutover has to wait", metadata: ["reason": "\(obstacle.message)"])
    }
}
