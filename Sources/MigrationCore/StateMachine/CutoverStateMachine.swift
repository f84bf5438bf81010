import RESP

/// How a cutover ended.
package enum CutoverOutcome: Codable, Equatable, Sendable {
    /// Milliseconds from the first change of the fence until the target was writable.
    case switched(downtimeMilliseconds: Double, keysMigrated: Int)
    /// Nothing has happened: the fence is down and live sync goes on.
    case back(MigrationFailure)
}

/// What happened to a cutover; journalled one by one.
package enum CutoverEvent: Codable, Equatable, Sendable {
    /// The target's feed is attached, both sides' key names were compared, and the fence is known.
    case prepared(FenceRecord)
    case fenceRaised
    /// The source's replication offset in each shard, read after the fence was up.
    case barrierRead(ShardOffsets)
    /// Every feed passed its barrier and no key is dirty or in flight.
    case drained
    /// Nothing of the tenant's was written since the barrier, and both sides have this many keys. `watch`: where the
    /// tenant's own writes at the target begin in its stream, if they are watched.
    case checked(keysSource: Int, keysTarget: Int, watch: FeedPosition? = nil)
    case leaked(LeakReport)
    case switched(downtimeMilliseconds: Double)
    /// The source's fence and the users of both servers are as they shall stay, but for what the sentences say.
    case settled([String])
    case fenceLowered
    case budgetSpent(step: String)
    case failed(MigrationFailure)
    /// The tenant lives by another migration's switch: the fence is not this one's to lower.
    case fenceLeft(MigrationFailure)
}

extension CutoverEvent {
    /// Whether the next step waits until the event is on the disk. The others say how far a cutover had come between its
    /// fence and its check; whoever settles it after the machine went down does the same without them.
    package var isNeededToSettle: Bool {
        switch self {
        case .fenceRaised, .barrierRead, .drained: false
        case .prepared, .checked, .leaked, .switched, .settled, .fenceLowered, .budgetSpent, .failed, .fenceLeft: true
        }
    }
}

package enum CutoverAction: Equatable, Sendable {
    case prepare
    case raiseFence(FenceRecord)
    case readBarrier
    case drain(ShardOffsets)
    case check(ShardOffsets)
    case switchTraffic
    case lowerFence(FenceRecord)
    case finish(CutoverOutcome)
    /// The fence could not be lowered: the cutover has not ended, and whoever settles it goes on from its trace.
    case leave(MigrationFailure)
}

/// Fence, barrier, drain, check, switch; or back. Before the switch every failure leads to the fence being lowered;
/// after it nothing leads back.
package struct CutoverStateMachine: Equatable, Sendable {
    private enum State: Equatable {
        case preparing
        case raising(FenceRecord)
        case readingBarrier(FenceRecord)
        case draining(FenceRecord, ShardOffsets)
        case checking(FenceRecord, ShardOffsets)
        case switching(FenceRecord, keys: Int)
        /// `keys` where the switch was tried.
        case lowering(MigrationFailure, keys: Int?)
        case ended(CutoverOutcome)
        case left
    }

    private var state: State = .preparing

    package init() {}

    package var firstAction: CutoverAction { .prepare }

    /// Whether the source is fenced, or may be.
    package var isFenced: Bool {
        switch state {
        case .preparing, .ended: false
        case .raising, .readingBarrier, .draining, .checking, .switching, .lowering, .left: true
        }
    }

    /// The next thing to do, or nil where the event comes too late to matter.
    package mutating func handle(_ event: CutoverEvent) -> CutoverAction? {
        switch (state, event) {
        case (.preparing, .prepared(let fence)):
            return enter(.raising(fence), .raiseFence(fence))
        case (.preparing, .failed(let failure)):
            return end(.back(failure))
        case (.raising(let fence), .fenceRaised):
            return enter(.readingBarrier(fence), .readBarrier)
        case (.readingBarrier(let fence), .barrierRead(let barrier)):
            return enter(.draining(fence, barrier), .drain(barrier))
        case (.draining(let fence, let barrier), .drained):
            return enter(.checking(fence, barrier), .check(barrier))
        case (.checking(let fence, _), .checked(let source, let target, _)):
            guard source == target else { return lower(fence, Self.countsDiffer(source, target)) }
            return enter(.switching(fence, keys: target), .switchTraffic)
        case (.switching(_, let keys), .switched(let downtime)):
            return end(.switched(downtimeMilliseconds: downtime, keysMigrated: keys))
        case (.lowering(let failure, _), .fenceLowered):
            return end(.back(failure))
        case (.lowering, .fenceLeft(let failure)):
            return end(.back(failure))
        case (.lowering(_, let keys?), .switched(let downtime)):
            // The tenant has written at the target: the switch had happened, and nothing leads back.
            return end(.switched(downtimeMilliseconds: downtime, keysMigrated: keys))
        case (.lowering(let failure, _), .failed(let second)):
            let words = "\(failure.message); and the fence is still up: \(second.message)"
            return enter(.left, .leave(MigrationFailure(second.kind, words)))
        default:
            return retreat(from: event)
        }
    }

    /// A leak, an overrun or a failure while the fence is up.
    private mutating func retreat(from event: CutoverEvent) -> CutoverAction? {
        guard let fence = raisedFence else { return nil }
        switch event {
        case .leaked(let leak): return lower(fence, Self.leaked(leak))
        case .budgetSpent(let step): return lower(fence, Self.overran(step))
        case .failed(let failure): return lower(fence, failure)
        default: return nil
        }
    }

    private var raisedFence: FenceRecord? {
        switch state {
        case .raising(let fence), .readingBarrier(let fence), .draining(let fence, _), .checking(let fence, _),
            .switching(let fence, _):
            fence
        case .preparing, .lowering, .ended, .left: nil
        }
    }

    private mutating func enter(_ next: State, _ action: CutoverAction) -> CutoverAction {
        state = next
        return action
    }

    private mutating func lower(_ fence: FenceRecord, _ failure: MigrationFailure) -> CutoverAction {
        var triedKeys: Int?
        if case .switching(_, let keys) = state { triedKeys = keys }
        return enter(.lowering(failure, keys: triedKeys), .lowerFence(fence))
    }

    private mutating func end(_ outcome: CutoverOutcome) -> CutoverAction {
        enter(.ended(outcome), .finish(outcome))
    }

    private static func countsDiffer(_ source: Int, _ target: Int) -> MigrationFailure {
        MigrationFailure(
            .failed,
            "cutover stopped: the source has \(source) keys of the tenant and the target \(target); "
                + "live sync goes on, run verify to see which"
        )
    }

    private static func leaked(_ leak: LeakReport) -> MigrationFailure {
        let place = leak.database < 0 ? "every db" : "db \(leak.database)"
        let what = leak.key.map { "wrote \($0) in \(place)" } ?? "changed \(place) as a whole"
        let suspects =
            leak.suspects.isEmpty ? "" : "; connections that may have done it: \(leak.suspects.joined(separator: ", "))"
        return MigrationFailure(
            .refused,
            "cutover stopped: \(leak.command) \(what) at the source although the fence "
                + "was up\(suspects); stop that writer and try again"
        )
    }

    private static func overran(_ step: String) -> MigrationFailure {
        MigrationFailure(
            .notNow,
            "cutover stopped: the pause budget ran out while \(step); the fence is down and live sync goes on, "
                + "try again with less load or a larger --max-pause"
        )
    }
}
