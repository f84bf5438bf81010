import Foundation
import Glibc
import Synchronization

/// A way to a server on which things go wrong at chosen byte counts. One thread moves the bytes of all connections.
///
/// It behaves as a network does: what was sent before a client has closed its connection still arrives at the server,
/// late where the way is stalled.
package final class FaultProxy: Sendable {
    package let port: Int
    private let orders = FaultOrders()

    package init(to server: RedisServer) throws {
        let listener: Int32
        (listener, port) = try TCPConnection.listen()
        let loop = FaultLoop(listener: listener, server: Endpoint(port: server.port), orders: orders)
        Thread.detachNewThread { loop.run() }
    }

    deinit { stop() }

    /// Ends every connection, and takes no new ones.
    package func stop() { orders.change { $0.isStopped = true } }

    /// From now on the bytes of the fault's direction are counted.
    package func arm(_ fault: Fault) {
        orders.change { $0.armed.append(.init(fault: fault, at: $0.passed[fault.direction, default: 0] + fault.after)) }
    }

    /// It happens before the first bytes that have `word` in them, whole in one piece.
    package func arm(_ fault: Fault, before word: String) {
        orders.change { $0.armed.append(.init(fault: fault, at: 0, word: Data(word.utf8))) }
    }

    /// Nothing goes wrong any more; what waited passes.
    package func heal() {
        orders.change {
            $0.armed = []
            $0.heals += 1
        }
    }

    /// Bytes that came so far, of all connections.
    package func passed(_ direction: Fault.Direction) -> Int { orders.value.passed[direction, default: 0] }

    /// What has happened so far.
    package var happened: [Fault] { orders.value.happened }
}

/// What is told to a proxy, and what it tells.
final class FaultOrders: Sendable {
    struct Armed: Sendable {
        let fault: Fault
        /// The number of bytes of its direction.
        let at: Int
        var word: Data?

        func isWithin(_ bytes: ArraySlice<UInt8>, from start: Int) -> Bool {
            if let word { return Data(bytes).range(of: word) != nil }
            return at < start + bytes.count
        }
    }

    struct Value: Sendable {
        var armed: [Armed] = []
        var heals = 0
        var isStopped = false
        var passed: [Fault.Direction: Int] = [:]
        var happened: [Fault] = []
    }

    private let state = Mutex(Value())

    var value: Value { state.withLock { $0 } }

    func change(_ body: (inout Value) -> Void) { state.withLock { body(&$0) } }

    /// Counts the bytes; returns the fault that is to happen within them, and after how many of them.
    func take(_ direction: Fault.Direction, _ bytes: ArraySlice<UInt8>) -> (fault: Fault, after: Int)? {
        state.withLock { state in
            let before = state.passed[direction, default: 0]
            state.passed[direction] = before + bytes.count
            let due = state.armed.enumerated()
                .filter { $1.fault.direction == direction && $1.isWithin(bytes, from: before) }
                .min { $0.1.at < $1.1.at }
            guard let (index, armed) = due else { return nil }
            state.armed.remove(at: index)
            return (armed.fault, max(0, armed.at - before))
        }
    }

    /// No fit place was among the bytes.
    func putBack(_ fault: Fault) {
        change { $0.armed.append(.init(fault: fault, at: $0.passed[fault.direction, default: 0])) }
    }

    func note(_ fault: Fault) { change { $0.happened.append(fault) } }
}
