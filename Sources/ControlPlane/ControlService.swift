import FoundationEssentials
import MigrationCore

/// What a worker does when it is asked. It knows no wire: each request is a call, and an error is the answer.
///
/// A call goes on when the client that asked has left: a cutover is not undone because a terminal was closed.
package protocol ControlService: Sendable {
    func status() async throws(MigrationFailure) -> MigrationStatus

    /// Returns when the cutover has ended, switched or back; with `waitForVerification` when the verification has.
    func cutover(
        _ options: CutoverOptions,
        waitForVerification: Bool
    ) async throws(MigrationFailure) -> CutoverReport

    /// Compares both sides now: `sample` keys, or all where it is nil.
    func verify(sample: Int?) async throws(MigrationFailure) -> VerificationReport

    /// Both return how the migration stands then, and change nothing where it stands so already.
    func pause() async throws(MigrationFailure) -> MigrationStatus
    func resume() async throws(MigrationFailure) -> MigrationStatus

    /// Returns when what the migration put at the target is removed there.
    func cancel(force: Bool) async throws(MigrationFailure) -> CancelReport

    /// Both return at once, with what was scheduled before.
    func schedule(_ schedule: CutoverSchedule) async throws(MigrationFailure) -> ScheduleReport
    func unschedule() async throws(MigrationFailure) -> ScheduleReport

    /// Begins to end the worker and returns at once.
    func stop() async throws(MigrationFailure)

    /// Returns how the migration stands then.
    func update(_ update: TransferUpdate) async throws(MigrationFailure) -> MigrationStatus
}

extension ControlService {
    /// Calls what the request asks for; whatever comes of it is a reply.
    func answer(_ request: ControlRequest) async -> ControlReply {
        do throws(MigrationFailure) {
            switch request {
            case .status:
                return .status(try await status())
            case .cutover(let options, let waitForVerification):
                let options = try Self.checked(options)
                return .cutover(try await cutover(options, waitForVerification: waitForVerification))
            case .verify(let sample):
                guard sample.map({ $0 > 0 }) ?? true else {
                    throw MigrationFailure(.configuration, "verify --sample takes a number of keys, 1 or more")
                }
                return .verification(try await verify(sample: sample))
            case .pause: return .status(try await pause())
            case .resume: return .status(try await resume())
            case .cancel(let force): return .cancelled(try await cancel(force: force))
            case .stop:
                try await stop()
                return .stopping
            case .schedule(let schedule): return .scheduled(try await self.schedule(try Self.checked(schedule)))
            case .unschedule: return .scheduled(try await unschedule())
            case .update(let update):
                do { try update.check() } catch { throw MigrationFailure(.configuration, error.message) }
                return .status(try await self.update(update))
            }
        } catch {
            return .failure(error)
        }
    }

    /// A decoder takes what it finds; the options' own ranges hold for a client's bytes too.
    private static func checked(_ options: CutoverOptions) throws(MigrationFailure) -> CutoverOptions {
        do {
            return try CutoverOptions(
                force: options.force,
                maxLag: options.maxLag,
                maxPauseMilliseconds: options.maxPauseMilliseconds,
                fence: options.fence,
                verify: options.verify
            )
        } catch {
            throw MigrationFailure(.configuration, "the cutover's options are out of range: \(error)")
        }
    }

    private static func checked(_ schedule: CutoverSchedule) throws(MigrationFailure) -> CutoverSchedule {
        let options = try checked(schedule.options)
        do {
            return try CutoverSchedule(
                at: schedule.instant,
                windowSeconds: schedule.windowSeconds,
                options: options,
                now: Date()
            )
        } catch {
            throw MigrationFailure(.configuration, error.message)
        }
    }
}
