import FoundationEssentials

/// What has been counted and measured since a migration began. What events tell is counted from the journal; the rest
/// stands in state.json, and nobody is told of it before it stands there: so no counter goes back when a worker dies.
package struct MigrationMeasurements: Codable, Equatable, Sendable {
    package enum CodingKeys: String, CodingKey {
        case workerStarts = "worker_starts"
        case interruptions, reconnects, failures, cutovers, unverified
        case cutoversBack = "cutovers_back"
        case keysTransferred = "keys_transferred"
        case bytesTransferred = "bytes_transferred"
        case lastSuccess = "last_success"
        case sourceLatency = "source_latency_s"
        case targetLatency = "target_latency_s"
        case backlogEnd = "backlog_end"
    }

    package private(set) var workerStarts = 0
    /// Times that a server or a connection failed.
    package private(set) var interruptions = 0
    /// Times that both servers were connected to again in the life of one worker.
    package private(set) var reconnects = 0
    package private(set) var failures = 0
    /// Cutovers that were begun, and those of them that went back.
    package private(set) var cutovers = 0
    package private(set) var cutoversBack = 0
    /// Comparisons across the switch that did not end.
    package private(set) var unverified = 0
    /// Keys that were written to the target, each as often as it was.
    package var keysTransferred = 0
    /// Bytes of their values as they were sent.
    package var bytesTransferred = 0
    /// The latest moment of which it is known that all that had changed at the source by then is at the target.
    package var lastSuccess: Date?
    /// Seconds that the source took for the last look at its offset; nil where there is none.
    package var sourceLatency: Double?
    /// Seconds from the last command that a lane has sent to the target to its answer.
    package var targetLatency: Double?
    /// Until when the source keeps what a migration that is interrupted now has to be told.
    package var backlogEnd: Date?
    /// A worker's first attachment is no reconnect.
    private var isInterrupted = false

    package init() {}

    package mutating func note(_ event: MigrationEvent, at now: Date) {
        switch event {
        case .workerStarted: (workerStarts, isInterrupted) = (workerStarts + 1, false)
        case .interrupted:
            (interruptions, isInterrupted) = (interruptions + 1, true)
            // A server that is away answers in no time at all.
            (sourceLatency, targetLatency) = (nil, nil)
        case .feedGivenUp: isInterrupted = true
        case .attached:
            reconnects += isInterrupted ? 1 : 0
            isInterrupted = false
        case .synced, .cutoverEnded(.switched): lastSuccess = now
        case .cutoverRequested: cutovers += 1
        case .cutoverEnded(.back): cutoversBack += 1
        case .unverified: unverified += 1
        case .failed: failures += 1
        default: break
        }
    }

    /// What the events have told, with what only state.json knows.
    package func completing(_ stored: MigrationMeasurements?) -> MigrationMeasurements {
        guard let stored else { return self }
        var result = self
        (result.keysTransferred, result.bytesTransferred) = (stored.keysTransferred, stored.bytesTransferred)
        result.lastSuccess = [lastSuccess, stored.lastSuccess].compactMap(\.self).max()
        (result.sourceLatency, result.targetLatency) = (stored.sourceLatency, stored.targetLatency)
        result.backlogEnd = stored.backlogEnd
        return result
    }

    /// As a new worker begins: what the last one has measured of the servers says nothing of now.
    package func takenUp() -> MigrationMeasurements {
        var result = self
        (result.sourceLatency, result.targetLatency, result.backlogEnd) = (nil, nil, nil)
        return result
    }
}
