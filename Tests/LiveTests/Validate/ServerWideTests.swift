import Foundation
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

/// What `validate` says of things that belong to a server, and of those that watch it.
@Suite struct ServerWideTests {
    private static let code = "#!lua name=%\nredis.register_function('%_f', function() return 1 end)"

    private func load(_ name: String, _ server: RedisServer, extra: String = "") throws {
        try server.call("FUNCTION", "LOAD", "REPLACE", Self.code.replacing("%", with: name) + extra)
    }

    @Test func functionsThatStayBehind() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            let stage = ValidationStage(source, target)
            #expect(try await stage.report()[.leftBehind]?.text == "ok (no functions, no search indexes)")
            for name in ["lacking", "same", "unlike"] { try load(name, source) }
            try load("same", target)
            try load("unlike", target, extra: "\n-- of another version")
            let check = try #require(try await stage.report()[.leftBehind])
            #expect(check.state == .warning && check.text.contains("lacks lacking and has other code for unlike"))
            #expect(check.text.contains("FUNCTION RESTORE"), "\(check.text)")
            #expect(try await stage.mustPass().map(\.name).contains(.leftBehind))
            // As it is advised.
            let dump = try #require(try source.call("FUNCTION", "DUMP").bytes)
            try target.call("FUNCTION", "RESTORE", dump, "REPLACE")
            #expect(try await stage.report()[.leftBehind]?.state == .ok)
        }
    }

    /// Nobody is kept from a migration by a right that only this question needs.
    @Test func whoMayNotAskForFunctions() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            try load("lib", source)
            try source.setUser("tool on >pw ~* &* +@all -function")
            var stage = ValidationStage(source, target)
            stage.source.username = "tool"
            stage.sourcePassword = "pw"
            let report = try await stage.report()
            #expect(report[.leftBehind]?.state == .unknown && report.canStart)
            #expect(report[.leftBehind]?.text.contains("grant user tool +function|list") == true)
        }
    }

    @Test(.enabled(if: RedisVersion.v62.isAvailable, "redis-6.2 is not here: run .ci/setup"))
    func aServerWithoutFunctionsHasNone() async throws {
        try await withRedisServers(source: .v62, target: .v62) { source, target in
            try source.fill()
            let report = try await ValidationStage(source, target).report()
            #expect(report[.leftBehind]?.text == "ok (no functions, no search indexes)")
        }
    }

    @Test(.enabled(if: RedisVersion.valkey91.isAvailable, "valkey-9.1 is not here: run .ci/setup"))
    func aValkeyIsCalledOne() async throws {
        try await withRedisServers(source: .v7, target: .valkey91) { source, target in
            try source.fill()
            let text = try #require(try await ValidationStage(source, target).report()[.topology]?.text)
            #expect(text.contains("source Redis 7.0.") && text.contains("target Valkey 9.1."), "\(text)")
        }
    }

    @Test func aServerThatEvictsByUse() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            let stage = ValidationStage(source, target)
            #expect(try await stage.report()[.idleTimes]?.text == "ok (neither server evicts by use)")
            for server in [source, target] {
                try server.call("CONFIG", "SET", "maxmemory", "1gb", "maxmemory-policy", "allkeys-lru")
            }
            let check = try #require(try await stage.report()[.idleTimes])
            #expect(check.state == .warning && check.text.contains("does not travel"), "\(check.text)")
            #expect(check.text.contains("look just used at source") && check.text.contains("no CLIENT NO-TOUCH"))
        }
    }
}
