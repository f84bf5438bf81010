extension Fault {
    static func random(_ random: inout SplitMix64) -> Fault {
        let kind: Kind
        switch random.below(14) {
        case 0...2: kind = .cut
        case 3: kind = .halfCut(milliseconds: 200 + random.below(4000))
        case 4...6: kind = .stall(milliseconds: 50 + random.below(3000), bothWays: random.chance(1, in: 2))
        case 7, 8:
            let pace = (bytes: 1 + random.below(200), every: 1 + random.below(10))
            kind = .drip(bytes: pace.bytes, every: pace.every, milliseconds: 200 + random.below(1500))
        case 9: kind = .delay(by: 1 + random.below(80), milliseconds: 200 + random.below(2000))
        case 10: kind = .refuse(milliseconds: 50 + random.below(2500))
        default: kind = .corrupt(random.pick(Corruption.allCases))
        }
        return Fault(
            kind,
            random.pick(Direction.allCases),
            after: random.below(random.pick([300, 4000, 50_000])),
            isWide: random.chance(1, in: 3)
        )
    }
}

extension FaultEvent {
    private static let failPoints = [
        "attach_feed", "open_lanes", "scan_page", "census", "settle", "copy_users",
    ]

    /// A cutover succeeds late at the earliest: little can happen after it.
    static func random(_ random: inout SplitMix64, isLate: Bool) -> FaultEvent {
        switch random.below(24) {
        case 0...8: .network(random.pick(FaultSide.allCases), .random(&random))
        case 9: .restart(.source, down: random.below(800), keepsData: true)
        case 10, 11: .restart(.target, down: random.below(800), keepsData: random.chance(1, in: 2))
        case 12: .suspend(random.pick(FaultSide.allCases), time: 100 + random.below(3000))
        case 13: .killFeed
        case 14: .smallFeedBuffer(time: 200 + random.below(1000))
        case 15: .refusal(random.pick(FaultRefusal.allCases), time: 100 + random.below(1500))
        case 16: .killWorker
        case 17, 18: .killAll(down: random.below(1000), failPoint: failPoint(&random))
        case 19: .pause(time: random.below(1500))
        case 20: .flush
        case 21: .verify
        default: cutover(&random, isLate)
        }
    }

    private static func failPoint(_ random: inout SplitMix64) -> String? {
        random.chance(1, in: 2) ? "\(random.pick(failPoints)):\(random.pick(["crash", "error"]))" : nil
    }

    private static func cutover(_ random: inout SplitMix64, _ isLate: Bool) -> FaultEvent {
        .cutover(
            maxPause: isLate ? random.pick([20, 100, 400, 2000]) : 10,
            killedAfter: random.chance(1, in: 3) ? 20 + random.below(150) : nil
        )
    }
    /// Servers that lose their users with a restart are left alone: the tool could not keep them.
    static func afterSwitch(_ random: inout SplitMix64, keepsUsers: Bool) -> FaultEvent {
        switch random.below(keepsUsers ? 6 : 3) {
        case 0: .killWorker
        case 1: .network(random.pick(FaultSide.allCases), .random(&random))
        case 2: .suspend(random.pick(FaultSide.allCases), time: 100 + random.below(2000))
        default: .restart(random.pick(FaultSide.allCases), down: random.below(800), keepsData: true)
        }
    }

    /// At the server that is emptied: the target of a cancelled migration, the source of a completed one.
    static func removal(_ random: inout SplitMix64, _ traits: Set<FaultTrait>) -> FaultEvent {
        let side = traits.contains(.cancel) ? FaultSide.target : .source
        // A source that forgets its users is in use again, and is not emptied.
        let restarts = side == .target || traits.contains(.aclFile)
        switch random.below(restarts ? 8 : 6) {
        case 0...2: return .network(side, .random(&random))
        case 3, 4: return .killAll(down: random.below(300), failPoint: nil)
        case 5: return .suspend(side, time: 100 + random.below(2000))
        default: return .restart(side, down: random.below(800), keepsData: true)
        }
    }
}
