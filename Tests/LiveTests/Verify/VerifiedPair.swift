import MigrationCore
import MigrationEngine
import MigrationTestSupport
import RESP
import RedisClient

/// Two servers to verify against each other; the tenant is `t` where a test does not name one.
struct VerifiedPair {
    static let prefix = "__tenant:t:"

    let source: RedisServer
    let target: RedisServer

    static func with<Value>(
        _ sourceVersion: RedisVersion = .v7,
        _ targetVersion: RedisVersion = .v7,
        settings: (source: [String], target: [String]) = ([], []),
        _ body: (VerifiedPair) async throws -> Value
    ) async throws -> Value {
        let pair = VerifiedPair(
            source: try RedisServer(sourceVersion, settings: settings.source),
            target: try RedisServer(targetVersion, settings: settings.target)
        )
        defer {
            pair.source.stop()
            pair.target.stop()
        }
        return try await body(pair)
    }

    func verify(
        _ extent: CopyVerifier.Extent = .full,
        tenant: String = "t",
        databases: [Int]? = nil,
        context: any VerificationContext = QuiescentContext()
    ) async throws -> VerificationReport {
        try await CopyVerifier(
            source: RedisEndpoint(host: "127.0.0.1", port: source.port),
            target: RedisEndpoint(host: "127.0.0.1", port: target.port),
            scope: try TenantScope(tenant: tenant),
            databases: databases,
            context: context
        ).verify(extent)
    }

    /// Copies every key of every database by DUMP and RESTORE.
    func copy(databases: [Int] = [0]) throws {
        for database in databases {
            let (left, right) = (try source.connect(database: database), try target.connect(database: database))
            let keys = try left.call("KEYS", "*").array?.compactMap(\.bytes) ?? []
            for (key, expiry) in zip(keys, try Expiry.read(keys, left)) {
                var moment = 0
                if case .at(let time) = expiry { moment = time }
                let payload = try left.call("DUMP", key).bytes ?? []
                try right.call("RESTORE", key, moment, payload, "ABSTTL", "REPLACE")
            }
        }
    }
}

extension RedisServer {
    /// Runs commands written with spaces between their words; `@x` is the tenant's key `x`.
    func run(_ lines: [String], database: Int = 0) throws {
        let socket = try connect(database: database)
        for line in lines {
            let words = line.split(separator: " ").map { word in
                Bytes((word.hasPrefix("@") ? VerifiedPair.prefix + word.dropFirst() : String(word)).utf8)
            }
            try socket.call(words)
        }
    }
}
