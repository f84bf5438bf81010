import Foundation

/// Another clock for a server: libfaketime, where this machine has it. It does not go together with a server that is
/// linked against a shared jemalloc, as Debian's is; those that `.ci/fetch-servers` fetches have theirs built in.
package enum ClockShift {
    private static let library: String? = {
        let folder = "/usr/lib"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let paths = names.map { "\(folder)/\($0)/faketime/libfaketimeMT.so.1" }
        return paths.first { FileManager.default.fileExists(atPath: $0) }
    }()

    /// Those that can be started with another clock.
    package static var servers: [RedisVersion] {
        library == nil ? [] : RedisVersion.available.filter { $0 != .v7 }
    }

    /// The environment for a server whose clock is so many seconds ahead.
    static func environment(seconds: Int) -> [String: String]? {
        guard seconds != 0, let library else { return nil }
        var environment = ProcessInfo.processInfo.environment
        environment["LD_PRELOAD"] = library
        environment["FAKETIME"] = seconds < 0 ? "\(seconds)s" : "+\(seconds)s"
        environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1"
        return environment
    }
}
