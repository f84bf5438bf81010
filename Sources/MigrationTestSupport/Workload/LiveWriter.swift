import Dispatch
import Foundation
import Synchronization

/// A tenant's client that writes all the time. Each write would show if it were lost or done twice.
///
/// Every connection has keys of its own and knows what they must hold, so each answer is checked as it comes, and
/// `Ledger.check` compares the whole with a server after `stop`.
package final class LiveWriter: Sendable {
    package struct Options: Sendable {
        package var connections = 4
        /// Writes per second of all connections together.
        package var rate = 1000.0
        package var databases = [0]
        /// Keys of each kind per connection.
        package var slots = 6
        package var seed: UInt64 = 1
        /// Seconds without an answer after which a write counts as unanswered.
        package var timeout = 20.0
        /// Some keys have values of more than 64 KB, of each type, which are changed a little at a time.
        package var hasBigValues = false

        package init() {}
    }

    private let course: SharedCourse
    private let connections: [WriterConnection]
    private let running = DispatchGroup()

    /// Starts to write keys of `tenant` at `endpoint`. With `alternative` a refused write is tried at both places in
    /// turn until one takes it, so the writer moves by itself.
    package init(
        tenant: String,
        at endpoint: Endpoint,
        alternative: Endpoint? = nil,
        options: Options = Options()
    ) {
        course = SharedCourse(WriterConnection.Course(endpoint: endpoint, alternative: alternative))
        connections = (0..<max(1, options.connections)).map { _ in WriterConnection() }
        for (index, connection) in connections.enumerated() {
            let home = TenantSeed.prefix(of: tenant) + Bytes("live:\(index):".utf8)
            let chooser = WriteChooser(
                home: home,
                databases: options.databases,
                slots: options.slots,
                hasBigValues: options.hasBigValues,
                seed: options.seed &+ UInt64(index)
            )
            let interval = Double(connections.count) / options.rate
            running.enter()
            Thread.detachNewThread { [course, running] in
                connection.run(course.value, chooser, interval: interval, timeout: options.timeout)
                running.leave()
            }
        }
    }

    deinit { course.value.withLock { $0.isStopped = true } }

    /// From now on all writes go to `endpoint`, and only there: the traffic switch.
    package func moveTo(_ endpoint: Endpoint) {
        course.value.withLock {
            $0.endpoint = endpoint
            $0.alternative = nil
        }
    }

    /// Returns when no write is under way; none begins until `goOn`.
    package func hold() {
        course.value.withLock { $0.isHeld = true }
        while connections.contains(where: { $0.state.withLock(\.isBusy) }) { usleep(1000) }
    }

    /// What was held goes on at `endpoint`; the alternative stays.
    package func goOn(at endpoint: Endpoint) {
        course.value.withLock {
            $0.endpoint = endpoint
            $0.isHeld = false
        }
    }

    package var statistics: WriterStatistics { .sum(connections.map { $0.state.withLock { $0.statistics } }) }

    /// Blocks until at least `count` writes were acknowledged, or `seconds` are over; says which.
    @discardableResult
    package func waitForWrites(_ count: Int, seconds: Double = 30) -> Bool {
        let deadline = MonotonicClock.seconds + seconds
        while statistics.acknowledged < count {
            if MonotonicClock.seconds > deadline { return false }
            usleep(2000)
        }
        return true
    }

    /// Ends the writing, waits for the last answers, and returns what was acknowledged.
    package func stop() -> Ledger {
        course.value.withLock { $0.isStopped = true }
        running.wait()
        let states = connections.map { $0.state.withLock { $0 } }
        return Ledger(
            models: states.map(\.model),
            answers: states.flatMap(\.violations),
            statistics: .sum(states.map(\.statistics))
        )
    }
}

/// A mutex that several threads can hold on to.
private final class SharedCourse: Sendable {
    let value: Mutex<WriterConnection.Course>

    init(_ course: WriterConnection.Course) { value = Mutex(course) }
}
