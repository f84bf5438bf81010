/// A cutover in which all goes well, as the state machine itself would take it: what `--plan` shows.
extension CutoverStateMachine {
    /// The actions in their order, without the end.
    package static func course(_ fence: FenceRecord) -> [CutoverAction] {
        var machine = CutoverStateMachine()
        var actions: [CutoverAction] = []
        var action = machine.firstAction
        while let success = action.success(fence), let next = machine.handle(success) {
            actions.append(action)
            action = next
        }
        return actions
    }
}

extension CutoverAction {
    fileprivate func success(_ fence: FenceRecord) -> CutoverEvent? {
        switch self {
        case .prepare: .prepared(fence)
        case .raiseFence: .fenceRaised
        case .readBarrier: .barrierRead([:])
        case .drain: .drained
        case .check: .checked(keysSource: 0, keysTarget: 0)
        case .switchTraffic: .switched(downtimeMilliseconds: 0)
        case .lowerFence: .fenceLowered
        case .finish, .leave: nil
        }
    }

    /// For programs.
    package var code: String {
        switch self {
        case .prepare: "prepare"
        case .raiseFence: "raise_fence"
        case .readBarrier: "read_barrier"
        case .drain: "drain"
        case .check: "check"
        case .switchTraffic: "switch"
        case .lowerFence: "lower_fence"
        case .finish: "finish"
        case .leave: "leave"
        }
    }

    /// For people: "… ran out while …".
    package var name: String {
        switch self {
        case .prepare: "preparing"
        case .raiseFence: "raising the fence"
        case .readBarrier: "reading the source's offset"
        case .drain: "draining the last changes"
        case .check: "checking that nothing leaked"
        case .switchTraffic: "switching traffic"
        case .lowerFence: "lowering the fence"
        case .finish: "finishing"
        case .leave: "leaving the fence to be settled"
        }
    }

    /// How often each server is asked and waited for within the pause, as `CutoverConductor` does it.
    ///
    /// - Parameters:
    ///   - waiting: Whether a client waits in a blocking command.
    ///   - lag: Whether keys wait to be copied.
    package func roundTrips(_ fence: FenceKind, waiting: Bool, lag: Bool) -> (source: Int, target: Int) {
        switch self {
        case .raiseFence:
            switch fence {
            // SETUSER, CLIENT LIST and the proof; and PUBLISH and UNBLOCK. The counters beside.
            case .acl: (waiting ? 3 : 1, 0)
            case .pause, .none: (1, 0)
            }
        // The offset.
        case .readBarrier: (1, 0)
        // Sizes, then values; then what is written.
        case .drain: lag ? (2, 1) : (0, 0)
        // The offset; the target's offset, and its counters beside.
        case .check: (1, 1)
        // The target's users. The fence is saved beside the drain.
        case .switchTraffic: (0, 1)
        case .prepare, .lowerFence, .finish, .leave: (0, 0)
        }
    }
}
