import MigrationCore
import Synchronization

/// Another number of lanes while keys wait and move.
extension KeyTransferQueue {
    package var laneCount: Int { state.withLock(\.lanes.count) }

    /// There are not as many lanes as are asked for.
    var needsLanes: Bool { state.withLock { $0.lanes.count != $0.options.parallel } }

    /// Deals all waiting keys out anew. A key changes its lane, so nothing of any lane may be under way: false as long
    /// as something is, and until it was true nothing more is given out.
    func redistribute() -> Bool {
        let wakes = state.withLock { state -> [Wake]? in
            if state.lanes.count == state.options.parallel { return state.goOn() }
            state.isHalted = state.lanes.contains { !$0.inFlight.isEmpty }
            guard !state.isHalted else { return nil }
            state.redistribute()
            _ = state.resetLimiter()
            return state.lanes.compactMap(\.wake)
        }
        for wake in wakes ?? [] { wake() }
        return wakes != nil
    }
}

extension KeyTransferQueue.State {
    /// The number was changed back meanwhile.
    fileprivate mutating func goOn() -> [KeyTransferQueue.Wake] {
        defer { isHalted = false }
        return isHalted ? lanes.compactMap(\.wake) : []
    }

    fileprivate mutating func redistribute() {
        guard let cautious = lanes.map(\.sizer).min(by: { $0.size < $1.size }) else { return }
        let count = options.parallel
        let wakes = lanes.map(\.wake)
        var old = Array(lanes.reversed())
        lanes = (0..<count).map { number in
            var lane = KeyTransferQueue.LaneWork(sizer: cautious)
            lane.wake = number < wakes.count ? wakes[number] : nil
            return lane
        }
        // One by one, so that the keys never take twice their memory.
        while let lane = old.popLast() {
            // It is no sequence: the bytes live only within the closure.
            // swift-format-ignore: ReplaceForEachWithForLoop
            lane.dirty.forEach { database, encoded, hash, tick in
                lanes[hash.lane(of: count)].dirty.touch(database: database, encoded: encoded, hash: hash, tick: tick)
            }
            for batch in lane.scanned + lane.filling.values {
                for index in 0..<batch.count {
                    let hash = batch.hashes[index]
                    batch.withEncoded(index) { lanes[hash.lane(of: count)].append($0, hash, batch.database) }
                }
            }
        }
    }
}
