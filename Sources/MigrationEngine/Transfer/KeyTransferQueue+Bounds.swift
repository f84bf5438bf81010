import MigrationCore
import Synchronization

/// How many bytes may be under way: what the servers allow, and what is learnt from connections that they close.
extension KeyTransferQueue {
    var bounds: TransferBounds { state.withLock(\.bounds) }

    /// Connections are opened anew, to servers with these settings.
    func beginBounds(source: ClientLimits, target: ClientLimits) {
        state.withLock { state in
            // Beside the lanes: big values, scans, the feed, and who looks after them.
            state.bounds.begin(source: source, target: target, connections: state.options.parallel + 6)
            let bytes = state.bounds.chunkBytes
            for index in state.lanes.indices { state.lanes[index].sizer.restrict(bytes: bytes) }
        }
    }

    func sourceClosed(over bytes: Int) { state.withLock { $0.bounds.sourceClosed(over: bytes) } }
    func targetRefused(_ bytes: Int) { state.withLock { if bytes > 0 { $0.bounds.targetRefused(bytes) } } }
}
