import Foundation
import Glibc

/// The servers that the tests know.
package enum RedisVersion: String, Sendable, CaseIterable {
    /// `redis-server` from PATH, 7.0 or later.
    case v7
    /// 6.2: no `PEXPIRETIME`, no empty RDB, no selectors in ACL rules.
    case v62
    /// Redis 8.2: field expiries, vector sets, RDB version 12.
    case v82
    /// Valkey 9.1: field expiries in a form of its own, RDB version 80.
    case valkey91

    /// Where the program is, nil when this machine does not have it.
    package var path: String? {
        switch self {
        case .v7: Self.search("redis-server")
        case .v62: Self.fetched("redis-6.2", or: "FERRITE_REDIS_62")
        case .v82: Self.fetched("redis-8.2", or: "FERRITE_REDIS_82")
        case .valkey91: Self.fetched("valkey-9.1", or: "FERRITE_VALKEY_91")
        }
    }

    /// A test that needs this server is skipped where it is not: `.enabled(if: RedisVersion.v82.isAvailable)`.
    package var isAvailable: Bool { path != nil }

    package static var available: [RedisVersion] { allCases.filter(\.isAvailable) }

    /// As `.ci/fetch-servers` has put it there.
    private static func fetched(_ name: String, or variable: String) -> String? {
        let path = ProcessInfo.processInfo.environment[variable] ?? packageRoot + "/.build/servers/" + name
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
