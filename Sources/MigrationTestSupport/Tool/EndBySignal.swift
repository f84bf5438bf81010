import Dispatch
import Glibc
import Synchronization

/// Lets a program end cleanly on Ctrl-C and SIGTERM: its tools are ended, its temporary folders removed. The servers
/// end with the process.
package enum EndBySignal {
    private static let journals = Mutex<[String: @Sendable () -> Void]>([:])
    private static let sources = Mutex<[Source]>([])

    package static func install() {
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                for end in journals.withLock({ $0.values }) { end() }
                TemporaryFolder.removeAll()
                exit(128 + number)
            }
            source.resume()
            sources.withLock { $0.append(Source(value: source)) }
        }
    }

    /// Registers what must be ended; `key` takes it back.
    static func add(_ key: String, _ end: @escaping @Sendable () -> Void) { journals.withLock { $0[key] = end } }
    static func remove(_ key: String) { journals.withLock { $0[key] = nil } }

    /// Only held so that it lives.
    private struct Source: @unchecked Sendable {
        let value: any DispatchSourceSignal
    }
}
