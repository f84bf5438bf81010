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

    /// Begins to end the worker and returns at once.
    func stop() async throws(MigrationFailure)
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
}
