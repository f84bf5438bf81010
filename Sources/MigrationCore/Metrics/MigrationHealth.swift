import FoundationEssentials

/// Whether a worker is well, for `/healthz`.
package enum MigrationHealth {
    /// A server may be away for so long: a restart is not yet a trouble.
    package static let patience = 30.0
    /// Neither side is writable for so long only where something is wrong.
    package static let fencePatience = 60.0

    /// Why it is not, in one line; nil where it is.
    package static func ailment(of status: MigrationStatus, at now: Date) -> String? {
        if status.phase == .failed { return "failed: \(status.error?.message ?? "")".printable }
        if let reconnecting = status.reconnecting, now.timeIntervalSince(reconnecting.since) > patience {
            let since = RFC3339.string(from: reconnecting.since)
            return "reconnecting since \(since), attempt \(reconnecting.attempt): \(reconnecting.reason)".printable
        }
        if let seconds = status.fencedSeconds(at: now), seconds > fencePatience {
            return "neither side has been writable for \(Int(seconds)) s"
        }
        return nil
    }
}
