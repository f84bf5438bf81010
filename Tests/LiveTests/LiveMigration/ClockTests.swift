import MigrationCore
import MigrationEngine
import MigrationTestSupport
import RESP
import RedisClient
import Testing

extension LiveMigration {
    /// Expiries are absolute, and each server keeps them by its own clock.
    @Suite(
        .enabled(
            if: !ClockShift.servers.isEmpty,
            "needs libfaketime and a server of .ci/fetch-servers, to set a server's clock"
        )
    )
    struct ClockTests {
        private static let hour = 3600
        private static let version = ClockShift.servers.first ?? .v7

        private static func servers<Value>(
            targetClock: Int,
            _ body: (RedisServer, RedisServer) async throws -> Value
        ) async throws -> Value {
            let (source, target) = try await offPool {
                (try RedisServer(Self.version), try RedisServer(Self.version, clockOffset: targetClock))
            }
            defer {
                source.stop()
                target.stop()
            }
            return try await body(source, target)
        }

        private static func milliseconds(_ server: RedisServer, in seconds: Double) throws -> String {
            let time = try server.call("TIME").array?.compactMap(\.text) ?? []
            return "\(Int((Double(time.first ?? "") ?? 0) * 1000 + seconds * 1000))"
        }

        @Test(arguments: [hour, -hour])
        func clocksThatAreApartAreRefused(offset: Int) async throws {
            try await Self.servers(targetClock: offset) { source, target in
                try source.call("SET", "__tenant:acme:one", "1")
                var stage = ValidationStage(source, target)
                let check = try #require(try await stage.report()[.clockSkew])
                #expect(check.state == .fail && check.kind == .configuration, "\(check.text)")
                for word in ["3600s \(offset < 0 ? "behind" : "ahead")", "\(target.port)", "--accept-skew"] {
                    #expect(check.text.contains(word), "\(check.text)")
                }
                let failure = await #expect(throws: MigrationFailure.self) { try await stage.mustPass() }
                #expect(failure?.message == check.reason)
                stage.acceptedSkewSeconds = Self.hour + 60
                #expect(try await stage.report()[.clockSkew]?.state == .ok)
                try await stage.mustPass()
            }
        }

        /// A clock that was set after the migration began: the status says it, verify sees it, and no fence goes up.
        @Test func sessionsThatDieEarlyAreDifferences() async throws {
            var options = MigrationStage.Options(sourceVersion: Self.version, targetVersion: Self.version, seeds: false)
            options.targetClock = Self.hour
            options.before = { source, _ in
                let client = try source.connect()
                let end = try Self.milliseconds(source, in: 1800)
                for number in 0..<20 { try client.call("SET", "__tenant:acme:session:\(number)", "x", "PXAT", end) }
                try client.call("SET", "__tenant:acme:stays", "x")
            }
            try await MigrationStage.run(options) { stage in
                try await stage.wait(for: .liveSync)
                let isSaid = try await eventually {
                    await stage.runner.status().note?.contains("3600s ahead") == true
                }
                #expect(isSaid)
                let report = try await stage.runner.verify(sample: nil)
                #expect(report.differenceCount == 20, "\(report)")
                let detail = report.differences.first?.detail ?? ""
                #expect(detail.contains("expired at the target before its time"), "\(detail)")
                let words = try await stage.refusedCutover(.configuration)
                let id = await stage.runner.status().migrationID
                #expect(words.contains("update \(id) --accept-skew"), "\(words)")
                try await stage.runner.update(TransferUpdate(acceptedSkewSeconds: Self.hour + 60))
                #expect(try await stage.runner.verify(sample: nil).outcome == .verified)
                try await stage.switchOver()
                #expect(try await stage.report().outcome == .verified)
            }
        }

        /// A key that dies in the moment of the comparison is no difference, whatever the servers' clocks say of it.
        @Test(arguments: [hour, -hour, 0])
        func theSourcesClockSaysWhenAKeyDies(offset: Int) async throws {
            try await Self.servers(targetClock: offset) { source, target in
                let lasting = try Self.milliseconds(source, in: 1800)
                let short = try Self.milliseconds(source, in: 1)
                for server in [source, target] {
                    try server.call("SET", "__tenant:acme:lasting", "x", "PXAT", lasting)
                    try server.call("SET", "__tenant:acme:short", "x", "PXAT", short)
                }
                // By then the source has let it die for longer than is borne.
                let isDead = try await eventually {
                    try Int(Self.milliseconds(source, in: 0)) ?? 0 > (Int(short) ?? 0) + 1500
                }
                #expect(isDead)
                let verifier = CopyVerifier(
                    source: try Self.endpoint(source),
                    target: try Self.endpoint(target),
                    scope: try TenantScope(tenant: "acme")
                )
                let found = try await verifier.verify().differences.map { "\($0.key)" }
                switch offset {
                case Self.hour: #expect(found == ["__tenant:acme:lasting"])
                case -Self.hour: #expect(found == ["__tenant:acme:short"])
                default: #expect(found == [])
                }
            }
        }

        private static func endpoint(_ server: RedisServer) throws -> RedisEndpoint {
            RedisEndpoint(host: "127.0.0.1", port: server.port)
        }
    }
}
