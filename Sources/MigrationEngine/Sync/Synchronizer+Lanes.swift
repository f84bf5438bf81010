import MigrationCore
import RedisClient
import Synchronization

// As many lanes as the queue has, at the beginning and when that changes.
extension Synchronizer {
    /// Brings the lanes to the number that is asked for: what is under way ends, the waiting keys are dealt out anew, and
    /// connections are opened or closed. A connection that cannot be opened is an interrupted link. Not to be called
    /// while `attach` runs, which does the same.
    func adjustLanes() async {
        do throws(MigrationFailure) {
            while !queue.redistribute() {
                try check()
                do { try await Task.sleep(for: .milliseconds(1)) } catch { return }
            }
            await closeSurplusLanes()
            do throws(RedisClientError) {
                try await openMissingLanes()
            } catch {
                throw MigrationFailure(error, while: "opening more connections")
            }
        } catch {
            fail(error)
        }
    }

    /// All at once, as each is a few round trips to either server.
    func openMissingLanes() async throws(RedisClientError) {
        let open = state.withLock { Set($0.lanes.keys) }
        let missing = (0..<queue.laneCount).filter { !open.contains($0) }
        let failures = await withTaskGroup(of: RedisClientError?.self) { group in
            for number in missing {
                group.addTask {
                    do throws(RedisClientError) { try await self.openLane(number) } catch { return error }
                    return nil
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        if let failure = failures.compactMap(\.self).first { throw failure }
    }

    private func openLane(_ number: Int) async throws(RedisClientError) {
        let (reading, isClosed) = state.withLock { ($0.reading, $0.isClosed) }
        guard !isClosed, !Task.isCancelled else { return }
        let lane = try await LaneHandle.open(
            number: number,
            queue: queue,
            endpoints: endpoints,
            name: TenantConnectionName(plan),
            expiryQuery: reading.expiry,
            bigValueBytes: reading.bigValueBytes,
            loop: laneLoops[number % laneLoops.count],
            failed: { [weak self] in self?.laneFailed($0) }
        )
        let isKept = state.withLock { state in
            if !state.isClosed { state.lanes[number] = lane }
            return !state.isClosed
        }
        if !isKept { await lane.close() }
    }

    /// Nothing is under way in them.
    private func closeSurplusLanes() async {
        let count = queue.laneCount
        let surplus = state.withLock { state in
            defer { state.lanes = state.lanes.filter { $0.key < count } }
            return state.lanes.filter { $0.key >= count }.values
        }
        await withTaskGroup { group in
            for lane in surplus { group.addTask { await lane.close() } }
        }
    }
}
