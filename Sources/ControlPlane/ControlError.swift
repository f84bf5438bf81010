import MigrationCore

/// Why a worker could not be asked, or what it answered instead.
package enum ControlError: Error, Equatable, Sendable {
    /// Nobody listens: no worker runs.
    case noWorker(socket: String)
    /// The socket is there and cannot be used: no permission.
    case unusable(socket: String, reason: String)
    /// The worker ended, or closed the connection, before it answered.
    case disconnected(socket: String)
    /// It lives and does not answer.
    case timedOut(socket: String, processID: Int?)
    /// The answer is no line of this protocol: the worker is of another version.
    case unreadable(socket: String)
    /// The worker's own answer.
    case failed(MigrationFailure)

    /// One line for people, with the next step.
    package var failure: MigrationFailure {
        switch self {
        case .noWorker(let socket):
            MigrationFailure(.failed, "no worker listens at \(socket): it has ended, see worker.log beside it")
        case .unusable(let socket, let reason):
            MigrationFailure(.refused, "the worker's socket \(socket) cannot be used: \(reason)")
        case .disconnected(let socket):
            MigrationFailure(.failed, "the worker at \(socket) ended before it answered: see worker.log beside it")
        case .timedOut(let socket, let processID):
            MigrationFailure(
                .notNow,
                "the worker at \(socket) did not answer in time, and may still do what it was asked: try again; where it "
                    + "hangs, kill -9 \(processID.map(String.init) ?? "") ends it, and another goes on in its place"
            )
        case .unreadable(let socket):
            MigrationFailure(
                .failed,
                "the worker at \(socket) answered in words that this ferrite-migrate does not know: use the version "
                    + "that started it"
            )
        case .failed(let failure): failure
        }
    }
}
