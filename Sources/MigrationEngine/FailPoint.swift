import FoundationEssentials
import Glibc
import MigrationCore
import Synchronization

/// A named place in front of a step that touches a server or the journal, where a test or a rehearsal lets the worker
/// die, fail or hang: `FERRITE_MIGRATE_FAILPOINT=<name>:<crash|error|hang>`, several separated by commas. `@n` behind
/// the name means the nth time. Without the variable a place costs one look at a constant.
package enum FailPoint: String, CaseIterable, Sendable {
    case attachFeed = "attach_feed"
    case openLanes = "open_lanes"
    case copyUsers = "copy_users"
    case scanPage = "scan_page"
    case census
    case settle
    case attachTargetFeed = "attach_target_feed"
    case prepareFence = "prepare_fence"
    case raiseFence = "raise_fence"
    case fenceRaised = "fence_raised"
    case readBarrier = "read_barrier"
    case drain
    case check
    case watchTarget = "watch_target"
    case switchTraffic = "switch_traffic"
    case trafficSwitched = "traffic_switched"
    case lowerFence = "lower_fence"
    case fenceLowered = "fence_lowered"
    case verify
    case eraseTarget = "erase_target"
    case eraseUsers = "erase_users"
    case cleanSource = "clean_source"
    case cleanUsers = "clean_users"

    package enum Kind: String, CaseIterable, Sendable {
        /// The process kills itself with SIGKILL.
        case crash
        /// The step fails as if the server could not be reached.
        case error
        /// The step never ends.
        case hang
    }

    /// - Throws: At a place that is set to `error`.
    package static func reach(_ point: FailPoint) throws(MigrationFailure) {
        guard let settings, let kind = settings.kind(at: point) else { return }
        switch kind {
        case .crash: kill(getpid(), SIGKILL)
        case .error: throw MigrationFailure(.unreachable, "fail point \(point.rawValue): asked for by \(Self.variable)")
        case .hang:
            while true { sleep(1) }
        }
    }

    package static let variable = "FERRITE_MIGRATE_FAILPOINT"

    private static let settings = FailPointSettings(ProcessInfo.processInfo.environment[variable] ?? "")
}

/// What is to happen where, and how often each place was reached.
final class FailPointSettings: Sendable {
    struct Entry: Equatable, Sendable {
        let point: FailPoint
        let kind: FailPoint.Kind
        /// The first time is 1.
        let turn: Int
    }

    let entries: [Entry]
    private let turns = Mutex<[FailPoint: Int]>([:])

    /// Nil where nothing is asked for. What cannot be read is passed over: a misspelt name must not end a migration.
    init?(_ text: String) {
        entries = text.split(separator: ",").compactMap(Self.entry)
        if entries.isEmpty { return nil }
    }

    private static func entry(_ word: Substring) -> Entry? {
        let parts = word.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, let kind = FailPoint.Kind(rawValue: String(parts[1])) else { return nil }
        let place = parts[0].split(separator: "@", maxSplits: 1)
        guard let point = place.first.flatMap({ FailPoint(rawValue: String($0)) }) else { return nil }
        guard place.count == 2 else { return Entry(point: point, kind: kind, turn: 1) }
        return Int(place[1]).map { Entry(point: point, kind: kind, turn: $0) }
    }

    func kind(at point: FailPoint) -> FailPoint.Kind? {
        let turn = turns.withLock { turns in
            turns[point, default: 0] += 1
            return turns[point]
        }
        return entries.first { $0.point == point && $0.turn == turn }?.kind
    }
}
