import Foundation
import Glibc
import Synchronization

/// A folder of its own under the system's temporary folder, removed with its contents when this value goes.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init() throws {
        let place = FileManager.default.temporaryDirectory.path + "/ferrite-"
        var failure = EEXIST
        for _ in 0..<100 {
            let candidate = place + String(UInt64.random(in: 0...(.max)), radix: 36)
            if mkdir(candidate, 0o700) == 0 {
                path = candidate
                Self.existing.withLock { _ = $0.insert(candidate) }
                return
            }
            failure = errno
        }
        throw SpawnError(path: place, code: failure)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
        Self.existing.withLock { _ = $0.remove(path) }
    }

    /// Removes all folders of this process: for its end by a signal.
    package static func removeAll() {
        for path in existing.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: path) }
    }

    private static let existing = Mutex<Set<String>>([])

    /// The path of a file in the folder.
    package func file(_ name: String) -> String { path + "/" + name }

    /// The bytes of a file in the folder, empty when it is not there.
    package func contents(_ name: String) -> Data { FileManager.default.contents(atPath: file(name)) ?? Data() }
}

/// Clocks as plain numbers.
package enum MonotonicClock {
    /// Seconds since some fixed point; never goes back.
    package static var seconds: Double { read(CLOCK_MONOTONIC) }

    fileprivate static func read(_ clock: clockid_t) -> Double {
        var now = timespec()
        clock_gettime(clock, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
}

package enum WallClock {
    /// Milliseconds since 1970, as the servers of this machine count them.
    package static var milliseconds: Int { Int(MonotonicClock.read(CLOCK_REALTIME) * 1000) }
}
