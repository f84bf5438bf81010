/// Which of the two servers.
package enum FaultSide: String, Codable, CaseIterable, Sendable {
    case source, target
}

/// What a target refuses for a while.
package enum FaultRefusal: String, Codable, CaseIterable, Sendable {
    case outOfMemory, readOnly, tooFewReplicas, busy
}

/// Something that happens to a migration. Times are in milliseconds.
package enum FaultEvent: Codable, Equatable, Sendable {
    case network(FaultSide, Fault)
    /// SIGKILL, and a start again after a while; a target without its data is empty then.
    case restart(FaultSide, down: Int, keepsData: Bool)
    /// SIGSTOP for a while.
    case suspend(FaultSide, time: Int)
    /// The source throws its replicas out.
    case killFeed
    /// The source throws out a replica that does not read.
    case smallFeedBuffer(time: Int)
    case refusal(FaultRefusal, time: Int)
    /// SIGKILL for the worker; the supervisor starts another.
    case killWorker
    /// SIGKILL for worker and supervisor, and `resume` after a while; the new worker may die at a fail point.
    case killAll(down: Int, failPoint: String?)
    case pause(time: Int)
    /// The tenant empties one of its databases.
    case flush
    case verify
    /// A cutover that may fail. The worker is killed so long after its beginning, if at all.
    case cutover(maxPause: Int, killedAfter: Int?)
    /// The source's replica is promoted and the primary killed; it may have taken writes meanwhile that are lost with it.
    case failover(losesWrites: Bool)
}

extension FaultEvent: CustomStringConvertible {
    package var description: String {
        switch self {
        case .network(let side, let fault): "\(side.rawValue): \(fault)"
        case .restart(let side, let down, let keepsData):
            "\(side.rawValue): killed, away for \(down) ms, back \(keepsData ? "with" : "without") its data"
        case .suspend(let side, let time): "\(side.rawValue): stands still for \(time) ms"
        case .killFeed: "source: closes the feed"
        case .smallFeedBuffer(let time): "source: small output buffer for replicas for \(time) ms"
        case .refusal(let refusal, let time): "target: \(refusal.rawValue) for \(time) ms"
        case .killWorker: "worker killed"
        case .killAll(let down, let failPoint):
            "worker and supervisor killed, resumed after \(down) ms" + (failPoint.map { ", \($0)" } ?? "")
        case .pause(let time): "paused for \(time) ms"
        case .flush: "FLUSHDB by the tenant"
        case .verify: "verify"
        case .cutover(let maxPause, let killedAfter):
            "cutover within \(maxPause) ms" + (killedAfter.map { ", worker killed after \($0) ms" } ?? "")
        case .failover(let losesWrites):
            "source: replica promoted, primary killed" + (losesWrites ? ", with writes that only it had" : "")
        }
    }

    /// Whether the server is killed and reads its file again.
    func startsAgain(_ side: FaultSide) -> Bool {
        if case .restart(side, _, _) = self { true } else { false }
    }

    /// Whether it may happen behind the switch: a client of the tenant that is at the target already would lose its
    /// login or its data by the other events, tool or not.
    ///
    /// - Parameter keepsUsers: Servers have their users again after a restart.
    func isPossibleAfterSwitch(keepsUsers: Bool) -> Bool {
        switch self {
        case .restart(_, _, let keepsData): keepsUsers && keepsData
        case .refusal, .flush, .pause, .cutover, .failover: false
        default: true
        }
    }
}
