import Glibc
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import RESP
import RedisClient
import Testing

/// Which keys are compared.
@Suite struct VerifyScopeTests {
    @Test func neighboursAreIgnored() async throws {
        try await VerifiedPair.with { pair in
            for name in ["__tenant:acme-corp:k", "x__tenant:acme:k", "__tenant:xacme:k", "__tenant:acme"] {
                try pair.source.call("SET", name, "source")
                try pair.target.call("SET", name, "target")
            }
            try pair.target.call("SET", "__tenant:acmeb:k", "extra")
            for server in [pair.source, pair.target] { try server.call("SET", "__tenant:acme:k", "v") }
            let report = try await pair.verify(tenant: "acme")
            #expect(report.outcome == .verified)
            #expect((report.keysSource, report.keysTarget) == (1, 1))
        }
    }

    @Test(arguments: ["a*", "a?c", "[ab]", "a\\b"]) func globCharactersMeanThemselves(_ tenant: String) async throws {
        try await VerifiedPair.with { pair in
            for server in [pair.source, pair.target] { try server.call("SET", "__tenant:\(tenant):k", "v") }
            for other in ["ab", "abc", "a", "b", "a\\\\b"] { try pair.source.call("SET", "__tenant:\(other):k", "v") }
            try pair.source.call("SET", "__tenant:\(tenant):missing", "v")
            let report = try await pair.verify(tenant: tenant)
            #expect(report.differences.map(\.key) == [ByteString("__tenant:\(tenant):missing")])
            #expect(report.keysSource == 2)
        }
    }

    @Test func keysAndValuesAreBytes() async throws {
        try await VerifiedPair.with { pair in
            let key = Bytes(VerifiedPair.prefix.utf8) + [0xFF, 0x00, 0x0D, 0x0A, 0xC3]
            let other = Bytes(VerifiedPair.prefix.utf8) + [0xFE, 0x00, 0x0D, 0x0A, 0xC3]
            try pair.source.connect().call("SET", key, [0x80, 0x00] as Bytes)
            try pair.source.connect().call("SET", other, [0x80, 0x00] as Bytes)
            try pair.copy()
            #expect(try await pair.verify().outcome == .verified)
            try pair.target.connect().call("SET", key, [0x80, 0x01] as Bytes)
            #expect(try await pair.verify().differences.map(\.key) == [ByteString(key)])
        }
    }

    @Test func everyDatabaseIsCompared() async throws {
        try await VerifiedPair.with { pair in
            try pair.source.run(["SET @k v", "SET @s v"], database: 0)
            try pair.source.run(["SET @k v"], database: 5)
            try pair.copy(databases: [0, 5])
            try pair.target.run(["SET @only v"], database: 9)
            try pair.target.run(["SET @k w"], database: 5)
            let report = try await pair.verify()
            #expect(report.differences.map(\.database) == [5, 9])
            #expect(report.differences.map(\.kind) == [.value, .missingAtSource])
            #expect((report.keysSource, report.keysTarget) == (3, 4))
            #expect(try await pair.verify(databases: [0]).outcome == .verified)
        }
    }

    @Test func aTenantWithoutKeysIsVerified() async throws {
        try await VerifiedPair.with { pair in
            let report = try await pair.verify()
            #expect(report.outcome == .verified)
            #expect((report.keysSource, report.keysTarget, report.sampleSize) == (0, 0, 0))
        }
    }

    @Test func aServerThatIsAwayIsNamed() async throws {
        try await VerifiedPair.with { pair in
            pair.target.kill(SIGKILL)
            let failure = await #expect(throws: MigrationFailure.self) { try await pair.verify() }
            #expect(failure?.kind == .unreachable)
            #expect(failure?.message.contains("the target 127.0.0.1:\(pair.target.port)") == true)
        }
    }

    @Test func aRefusedCommandIsNamed() async throws {
        try await VerifiedPair.with { pair in
            try pair.source.run(["SET @k v"])
            try pair.copy()
            try pair.source.call("ACL", "SETUSER", "default", "-dump")
            let failure = await #expect(throws: MigrationFailure.self) { try await pair.verify() }
            #expect(failure?.kind == .refused)
            #expect(failure?.message.contains("refused DUMP: NOPERM") == true)
        }
    }
}
