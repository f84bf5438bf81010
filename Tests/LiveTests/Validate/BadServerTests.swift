import Foundation
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import NIOCore
import RESP
import Testing

/// What `validate`, and `migrate` before it begins, say about servers that will not do.
@Suite struct BadServerTests {
    /// Expects the check to fail so, and `mustPass` to say the same.
    private func expectFailure(
        _ stage: ValidationStage,
        _ name: ValidationCheck.Name,
        _ kind: MigrationFailure.Kind,
        _ words: String,
        location: SourceLocation = #_sourceLocation
    ) async throws {
        let report = try await stage.report()
        let check = try #require(report[name], sourceLocation: location)
        #expect(check.state == .fail, "\(check.text)", sourceLocation: location)
        #expect(check.text.contains(words), "\(check.text)", sourceLocation: location)
        #expect(report.failure?.kind == kind, sourceLocation: location)
        #expect(!report.canStart, sourceLocation: location)
        #expect(report.checks.map(\.name) == ValidationCheck.Name.allCases, sourceLocation: location)
        let failure = await #expect(throws: MigrationFailure.self, sourceLocation: location) {
            try await stage.mustPass()
        }
        #expect(failure?.kind == kind, sourceLocation: location)
        #expect(failure?.message.contains("\n") == false, sourceLocation: location)
    }

    @Test func nobodyListens() async throws {
        try await withRedisServer { source in
            let address = ServerAddress(host: "127.0.0.1", port: source.port)
            let refused = ServerAddress(host: "127.0.0.1", port: 1)
            let stage = ValidationStage(source: address, target: refused)
            try await expectFailure(stage, .connectivity, .unreachable, "127.0.0.1:1 cannot be reached")
            let unknown = ServerAddress(host: "no-such-host.invalid", port: 6379)
            try await expectFailure(
                ValidationStage(source: unknown, target: address),
                .connectivity,
                .unreachable,
                "no-such-host.invalid"
            )
        }
    }

    @Test(arguments: [nil, "HTTP/1.1 400 Bad Request\r\n\r\n", "220 mail.example ESMTP\r\n"])
    func somethingElseListens(greeting: String?) async throws {
        let odd = try await OddServer(greeting: greeting)
        try await withRedisServer { source in
            var stage = ValidationStage(
                source: ServerAddress(host: "127.0.0.1", port: source.port),
                target: ServerAddress(host: "127.0.0.1", port: odd.port)
            )
            stage.timeout = .milliseconds(300)
            let words = greeting == nil ? "did not answer" : "does not speak the Redis protocol"
            try await expectFailure(stage, .connectivity, .unreachable, words)
        }
        try await odd.close()
    }

    @Test func passwords() async throws {
        try await withRedisServers(settings: ["requirepass secret"]) { source, target in
            var stage = ValidationStage(source, target)
            stage.sourcePassword = "secret"
            try await expectFailure(stage, .authentication, .refused, "give a user and a password")
            stage.targetPassword = "wrong"
            try await expectFailure(stage, .authentication, .refused, "check the user and the password")
            let report = try await stage.report()
            #expect(report[.connectivity]?.state == .ok)
            #expect(!report.checks.contains { $0.text.contains("secret") || $0.text.contains("'wrong'") })
        }
    }

    @Test(arguments: [
        ("-dump", ValidationCheck.Name.permissions, "may not run DUMP"),
        ("-psync", .changeFeed, "may not run PSYNC"),
        ("-@admin", .changeFeed, "grant it +psync +replconf"),
        ("-psync -config", .changeFeed, "set notify-keyspace-events to 'AK' there"),
        ("-psync -config|set", .changeFeed, "set it to 'AK' there, or grant user tool +config|set"),
        ("-psync -psubscribe", .changeFeed, "grant it +psubscribe"),
        ("-psync resetchannels", .changeFeed, "&__keyspace@*__:__tenant:acme:*"),
        ("-psync -info", .changeFeed, "grant it +info"),
        ("-mget -scan", .permissions, "+scan +mget"),
        ("resetkeys ~other:*", .permissions, "may not touch __tenant:acme:*"),
    ])
    func aSourceUserWithTooFewRights(rules: String, check: ValidationCheck.Name, words: String) async throws {
        try await withRedisServers { source, target in
            try source.fill()
            try source.setUser("tool on >pw ~* &* +@all \(rules)")
            var stage = ValidationStage(source, target)
            stage.source.username = "tool"
            stage.sourcePassword = "pw"
            // Where notifications would do, it must be said that replication has to be.
            if rules == "-psync" { stage.feed = .replication }
            let traces = try source.traces()
            try await expectFailure(stage, check, .refused, words)
            #expect(try source.traces() == traces)
        }
    }

    @Test(arguments: [
        ("-restore", "may not run RESTORE"), ("-acl|setuser", "copying users needs: grant it +acl|setuser"),
        ("-acl|deluser", "copying users needs: grant it +acl|deluser"),
    ])
    func aTargetUserWithTooFewRights(rules: String, words: String) async throws {
        try await withRedisServers { source, target in
            try source.fill()
            try target.setUser("tool on >pw ~* &* +@all \(rules)")
            var stage = ValidationStage(source, target)
            stage.target.username = "tool"
            stage.targetPassword = "pw"
            try await expectFailure(stage, .permissions, .refused, words)
        }
    }

    @Test func rightsThatOnlyACutoverNeedsAreAWarning() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            try source.setUser("tool on >pw ~* &* +@all -client|unblock -xinfo")
            var stage = ValidationStage(source, target)
            stage.source.username = "tool"
            stage.sourcePassword = "pw"
            let report = try await stage.report()
            #expect(report[.permissions]?.state == .warning)
            #expect(report[.permissions]?.text.contains("a cutover needs: grant it +client|unblock") == true)
            #expect(report[.permissions]?.text.contains("verify needs: grant it +xinfo|stream") == true)
            #expect(report.canStart)
            try await stage.mustPass()
        }
    }

    @Test(arguments: [
        ("-pexpiretime", ValidationCheck.Name.permissions, "verify needs: grant it +pexpiretime"),
        ("-client|list -client|kill", .permissions, "grant it +client|list +client|kill"),
        ("-client|setname", .permissions, "a dead worker left needs: grant it +client|setname"),
        ("-psync", .changeFeed, "may not run PSYNC: grant it +psync +replconf"),
        ("-replconf", .changeFeed, "may not run REPLCONF"),
    ])
    func rightsAtTheTargetThatOnlyLaterStepsNeed(
        rules: String,
        name: ValidationCheck.Name,
        words: String
    ) async throws {
        try await withRedisServers { source, target in
            try source.fill()
            try target.setUser("tool on >pw ~* &* +@all \(rules)")
            var stage = ValidationStage(source, target)
            stage.target.username = "tool"
            stage.targetPassword = "pw"
            let report = try await stage.report()
            #expect(report[name]?.state == .warning)
            #expect(report[name]?.text.contains(words) == true, "\(report[name]?.text ?? "")")
            #expect(try await stage.mustPass().map(\.name).contains(name))
        }
    }

    /// Equal rules are found by giving them to a user for a moment: not where that user could not be removed again.
    @Test func noUserStaysWhereNoneCanBeRemoved() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            try source.setUser("app on >pw ~__tenant:acme:* +@all")
            try target.setUser("app on >pw ~__tenant:acme:* +@all")
            try target.setUser("tool on >pw ~* &* +@all -acl|deluser")
            let before = try target.traces()
            var stage = ValidationStage(source, target)
            stage.target.username = "tool"
            stage.targetPassword = "pw"
            let report = try await stage.report()
            #expect(report[.users]?.state == .fail)
            #expect(report[.users]?.text.contains("'acl|deluser'") == true, "\(report[.users]?.text ?? "")")
            #expect(try target.traces() == before)
        }
    }

    @Test func aChannelThatTheCutoverNeeds() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            try source.setUser("tool on >pw ~* resetchannels &other +@all")
            var stage = ValidationStage(source, target)
            stage.source.username = "tool"
            stage.sourcePassword = "pw"
            let words = try await stage.report()[.permissions]?.text ?? ""
            #expect(words.contains("a cutover needs: grant it +publish &__ferrite_migrate:*"), "\(words)")
        }
    }

    @Test(.enabled(if: RedisVersion.v62.isAvailable))
    func anOlderServersRightsAreFoundOutToo() async throws {
        try await withRedisServers(source: .v62, target: .v62) { source, target in
            try source.fill()
            try source.setUser("tool on >pw ~* &* +@all -psync -pttl")
            var stage = ValidationStage(source, target)
            stage.source.username = "tool"
            stage.sourcePassword = "pw"
            try await expectFailure(stage, .permissions, .refused, "may not run PTTL")
            stage.feed = .replication
            try await expectFailure(stage, .changeFeed, .refused, "may not run PSYNC")
        }
    }

    static var otherNames: [String] {
        let addresses = (try? String(contentsOfFile: "/proc/net/if_inet6", encoding: .utf8)) ?? ""
        return ["localhost", "127.0.0.2"] + (addresses.contains("00000000000000000000000000000001") ? ["::1"] : [])
    }

    @Test(arguments: otherNames)
    func theSameServerUnderAnotherName(host: String) async throws {
        try await withRedisServer(settings: ["bind 0.0.0.0 -::1", "protected-mode no"]) { server in
            try server.fill()
            let stage = ValidationStage(
                source: ServerAddress(host: "127.0.0.1", port: server.port),
                target: ServerAddress(host: host, port: server.port)
            )
            try await expectFailure(stage, .topology, .configuration, "are the same server")
        }
    }

    @Test func replicas() async throws {
        try await withRedisServers { primary, replica in
            try primary.fill()
            try replica.call("REPLICAOF", "127.0.0.1", primary.port)
            try await withRedisServer { other in
                try other.fill()
                try await expectFailure(ValidationStage(other, replica), .topology, .refused, "takes no writes")
                try await expectFailure(ValidationStage(replica, other), .topology, .configuration, "is a replica of")
            }
        }
    }

    @Test func aClusterNode() async throws {
        try await withRedisServer(settings: ["cluster-enabled yes"]) { cluster in
            try await withRedisServer { other in
                try await expectFailure(ValidationStage(other, cluster), .topology, .configuration, "cluster mode")
            }
        }
    }

    @Test func aDatabaseThatTheSourceDoesNotHave() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            var stage = ValidationStage(source, target)
            stage.databases = [0, 99]
            try await expectFailure(stage, .topology, .configuration, "has no database 99; give --db")
        }
    }

    @Test func aTargetWithTooFewDatabases() async throws {
        try await withRedisServer(settings: ["databases 2"]) { target in
            try await withRedisServer { source in
                try source.call("SET", "__tenant:acme:k", "v", database: 5)
                try await expectFailure(
                    ValidationStage(source, target),
                    .topology,
                    .configuration,
                    "has no database 5"
                )
            }
        }
    }

    @Test func aLoadingServer() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            try target.fill()
            try target.call("CONFIG", "SET", "key-load-delay", "20000", "loading-process-events-interval-bytes", "1024")
            let client = try target.connect()
            var request = RequestBuffer()
            request.append("DEBUG", "RELOAD")
            try client.send(request.bytes)
            var stage = ValidationStage(source, target)
            stage.timeout = .seconds(10)
            let failure = await #expect(throws: MigrationFailure.self) { try await stage.mustPass() }
            #expect(failure?.kind == .notNow, "\(failure?.message ?? "")")
            #expect(failure?.message.contains("LOADING") == true)
            target.kill(9)
        }
    }

    @Test func aFullTarget() async throws {
        try await withRedisServers { source, target in
            try source.fill()
            try target.call("CONFIG", "SET", "maxmemory", "1mb")
            let report = try await ValidationStage(source, target).report()
            #expect(!report.canStart)
            #expect(
                report[.versionCompatible]?.text.contains("OOM") == true,
                "\(report[.versionCompatible]?.text ?? "")"
            )
        }
    }
}
