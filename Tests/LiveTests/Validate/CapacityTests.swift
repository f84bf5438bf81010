import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

/// Whether the tenant fits, and what a target does with other tenants' keys where it does not.
@Suite struct CapacityTests {
    /// About 3.4 MB of the tenant's at the source.
    private static func run(
        target settings: [String],
        _ body: (_ stage: ValidationStage, _ target: RedisServer) async throws -> Void
    ) async throws {
        try await withRedisServers { source, target in
            try fill(source)
            try target.connect().call((["CONFIG", "SET"] + settings).map { Bytes($0.utf8) })
            try await body(ValidationStage(source, target), target)
        }
    }

    private static func fill(_ server: RedisServer) throws {
        let script = "for i = 1, 3000 do redis.call('SET', '__tenant:acme:' .. i, string.rep('x', 1000)) end"
        try server.call("EVAL", script, 0)
    }

    @Test func aTargetTooSmallIsRefused() async throws {
        try await Self.run(target: ["maxmemory", "3mb"]) { stage, _ in
            let report = try await stage.report()
            #expect(report[.capacity]?.state == .fail)
            #expect(report[.capacity]?.text.contains("free, need 3.") == true, "\(report[.capacity]?.text ?? "")")
            #expect(report[.evictionPolicy]?.state == .ok)
            let failure = await #expect(throws: MigrationFailure.self) { try await stage.mustPass() }
            #expect(failure?.kind == .failed)
            #expect(failure?.message.contains("raise maxmemory") == true, "\(failure?.message ?? "")")
        }
    }

    @Test func aTargetThatWouldEvictNeighboursIsRefused() async throws {
        try await Self.run(target: ["maxmemory", "3mb", "maxmemory-policy", "allkeys-lru"]) { stage, _ in
            let report = try await stage.report()
            #expect(report[.evictionPolicy]?.state == .fail)
            #expect(report[.evictionPolicy]?.text.contains("would be thrown away") == true)
            var unasked = stage
            unasked.skipped = [.capacity]
            let other = try await unasked.report()
            #expect(other[.capacity]?.state == .unknown)
            #expect(other[.evictionPolicy]?.state == .warning)
            #expect(try await unasked.mustPass().map(\.name).contains(.evictionPolicy))
        }
    }

    @Test func aTargetThatEvictsAndHasRoomIsAWarning() async throws {
        try await Self.run(target: ["maxmemory", "64mb", "maxmemory-policy", "volatile-lru"]) { stage, _ in
            let warnings = try await stage.mustPass()
            #expect(warnings.contains { $0.name == .evictionPolicy && $0.text.contains("copied keys may vanish") })
            #expect(!warnings.contains { $0.name == .capacity })
        }
    }

    /// What `--replace` writes over makes room for what comes.
    @Test func keysThatAreReplacedNeedNoNewRoom() async throws {
        try await Self.run(target: ["maxmemory", "6mb"]) { stage, target in
            try Self.fill(target)
            var stage = stage
            stage.replace = true
            let report = try await stage.report()
            #expect(report[.capacity]?.state == .ok, "\(report[.capacity]?.text ?? "")")
            stage.replace = false
            #expect(try await stage.report()[.capacity]?.state == .fail)
        }
    }

    /// What a sample that happens to be huge says about all other keys has a bound.
    @Test func noTenantIsLargerThanItsServer() async throws {
        try await withRedisServers { source, target in
            for size in [1_000_000, 1] {
                let script = "for i = 1, 10 do redis.call('SET', KEYS[1] .. i, string.rep('x', ARGV[1])) end"
                try source.call("EVAL", script, 1, "__tenant:acme:\(size):", size)
            }
            try target.call("CONFIG", "SET", "maxmemory", "16mb")
            var stage = ValidationStage(source, target)
            stage.sampleSize = 1
            for _ in 0..<8 {
                let capacity = try await stage.report()[.capacity]
                #expect(capacity?.state != .fail, "\(capacity?.text ?? "")")
            }
        }
    }
}
