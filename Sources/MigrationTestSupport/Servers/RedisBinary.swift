import Foundation
import Glibc

/// The servers that the tests know.
package enum RedisVersion: String, Sendable, CaseIterable {
    /// `redis-server` from PATH, 7.0 or later.
    case v7
    /// 6.2: no `PEXPIRETIME`, no empty RDB, no selectors in ACL rules.
    case v62

    /// Where the program is, nil when this machine does not have it.
    package var path: String? {
        switch self {
        case .v7: Self.search("redis-server")
        case .v62: Self.path62
        }
    }

    private static var path62: String? {
        let own = packageRoot + "/.build/redis-6.2/redis-server"
        let path = ProcessInfo.processInfo.environment["FERRITE_REDIS_62"] ?? own
        return access(path, X_OK) == 0 ? path : nil
    }

    private static func search(_ name: String) -> String? {
        let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
        return folders.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// The folder of Package.swift, found from this file's place in it.
    private static var packageRoot: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
    }
}
