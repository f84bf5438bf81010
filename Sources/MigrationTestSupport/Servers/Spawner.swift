import Dispatch
import Foundation
import Synchronization

/// One thread that lives as long as the process and starts every child.
///
/// The kernel's parent-death signal is bound to the *thread* that forked, not to the process: a server started from a
/// pool thread would be killed when the pool lets that thread go.
final class Spawner: Sendable {
    static let shared = Spawner()

    private let jobs = Mutex<[@Sendable () -> Void]>([])
    private let arrivals = DispatchSemaphore(value: 0)

    private init() {
        Thread.detachNewThread { [self] in
            while true {
                arrivals.wait()
                let job = jobs.withLock { $0.removeFirst() }
                job()
            }
        }
    }

    /// Runs `body` on the spawner's thread and waits until it has ended.
    func run(_ body: @escaping @Sendable () -> Void) {
        let done = DispatchSemaphore(value: 0)
        jobs.withLock {
            $0.append {
                body()
                done.signal()
            }
        }
        arrivals.signal()
        done.wait()
    }
}
