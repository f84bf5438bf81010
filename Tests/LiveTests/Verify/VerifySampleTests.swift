import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

@Suite struct VerifySampleTests {
    private func withCopy(_ body: (VerifiedPair) async throws -> Void) async throws {
        try await VerifiedPair.with { pair in
            try pair.source.run((0..<1500).map { "SET @k\($0) v\($0)" })
            try pair.source.run((0..<500).map { "SET @k\($0) v\($0)" }, database: 2)
            try pair.copy(databases: [0, 2])
            try await body(pair)
        }
    }

    @Test func comparesSoManyKeysAndCountsAll() async throws {
        try await withCopy { pair in
            let report = try await pair.verify(.sample(100))
            #expect((report.sampleVerified, report.sampleSize) == (100, 100))
            #expect((report.keysSource, report.keysTarget) == (2000, 2000))
            #expect(report.outcome == .verified)
            #expect(report.checksumMatch)
        }
    }

    @Test func aSampleOfMoreThanThereAreIsAll() async throws {
        try await withCopy { pair in
            try pair.target.run(["SET @k7 other"], database: 2)
            let report = try await pair.verify(.sample(100_000))
            #expect((report.sampleVerified, report.sampleSize) == (1999, 2000))
            #expect(report.differences.map(\.database) == [2])
        }
    }

    /// Names are compared whole, so no size of a sample hides a key that is missing or too much.
    @Test(arguments: [0, 50, 5000]) func findsEveryNameThatOneSideLacks(_ size: Int) async throws {
        try await withCopy { pair in
            try pair.target.run(["DEL @k3 @k4", "SET @extra v"])
            let report = try await pair.verify(.sample(size))
            #expect(report.differences.map(\.kind) == [.missingAtSource, .missingAtTarget, .missingAtTarget])
            #expect((report.keysSource, report.keysTarget) == (2000, 1999))
        }
    }
}
