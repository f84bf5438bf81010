import RESP
import Testing

@testable import MigrationCore

@Suite struct UserFenceTests {
    let acme: TenantScope
    static let keyless: [ByteString] = ["-flushall", "-flushdb", "-swapdb", "-debug", "-replicaof", "-slaveof"]

    init() throws {
        acme = try TenantScope(tenant: "acme")
    }

    private func fence(_ rules: String, _ dialect: ACLDialect = .keyPermissions) throws -> FenceRecord.User {
        let user = try #require(ACLUser(listLine: ByteString("user app on #5e884898da28 " + rules)))
        return try FenceRecord.User(fencing: user, scope: acme, dialect: dialect, migration: "mig_1")
    }

    @Test func patternsWithinThePrefixBecomeReadOnly() throws {
        let fence = try fence("~__tenant:acme:* resetchannels +@all -@admin")
        #expect(fence.name == "app")
        let mark: ByteString = "(%R~__ferrite_migrate:fence:mig_1:~__tenant:acme:*,+@all,-@admin resetchannels -@all)"
        let opening: [ByteString] = ["resetkeys", "clearselectors", "%R~__tenant:acme:*"]
        #expect(fence.raised == opening + Self.keyless + ["-xreadgroup", mark])
        #expect(fence.lowered == ["resetkeys", "clearselectors", "~__tenant:acme:*", "+@all", "-@admin"])
    }

    @Test func otherPatternsStayAndKeepEveryCommand() throws {
        let fence = try fence("~__tenant:acme:* ~other:* resetchannels +@all")
        let twin: ByteString =
            "(~other:* resetchannels +@all -flushall -flushdb -swapdb -debug -replicaof -slaveof)"
        #expect(fence.raised[2...3] == ["%R~__tenant:acme:*", "~other:*"])
        #expect(fence.raised.suffix(2).first == twin)
    }

    @Test func aPatternForWritingOnlyIsDropped() throws {
        let fence = try fence("%W~__tenant:acme:log* %R~__tenant:acme:* resetchannels +@all")
        #expect(fence.raised.filter(ACLSelector.isKeyRule) == ["resetkeys", "%R~__tenant:acme:*"])
        #expect(fence.lowered.contains("%W~__tenant:acme:log*"))
    }

    @Test func selectorsAreRebuilt() throws {
        let selector = "(~__tenant:acme:y* resetchannels -@all +set)"
        let fence = try fence("~__tenant:acme:* resetchannels -@all +get \(selector)")
        #expect(fence.lowered.last == ByteString(selector))
        let raised = try #require(ACLUser(name: "app", rules: fence.raised))
        #expect(raised.selectors.map(\.keys) == [["%R~__tenant:acme:y*"]])
        #expect(raised.selectors[0].commands == ["-@all", "+set"] + Self.keyless + ["-xreadgroup"])
    }

    @Test func theRecordHoldsNoPasswordAndNoLogin() throws {
        for dialect in [ACLDialect.keyPermissions, .patternsOnly] {
            let fence = try fence("~__tenant:acme:* resetchannels +@all", dialect)
            let words = fence.raised + fence.lowered
            #expect(!words.contains { $0.hasPrefix("#") || $0 == "on" || $0 == "reset" || $0 == "nopass" })
        }
    }

    @Test func oldServersLoseTheirWriteCommands() throws {
        let fence = try fence("~__tenant:acme:* &* +@all -@admin", .patternsOnly)
        let mark: ByteString = "~__ferrite_migrate:fence:mig_1:~__tenant:acme:*,+@all,-@admin"
        let taken: [ByteString] = ["-@write", "-pfcount", "-debug", "-replicaof", "-slaveof"]
        #expect(fence.raised == ["resetkeys", "~__tenant:acme:*"] + taken + [mark])
        #expect(fence.lowered == ["resetkeys", "~__tenant:acme:*", "+@all", "-@admin"])
    }

    @Test func oldServersCannotFenceSharedUsers() throws {
        #expect(throws: FenceObstacle.sharedUser(user: "app", pattern: "other:*")) {
            try fence("~__tenant:acme:* ~other:* &* +@all", .patternsOnly)
        }
    }

    @Test(arguments: [ACLDialect.keyPermissions, .patternsOnly])
    func aWidePatternCannotBeFenced(dialect: ACLDialect) throws {
        #expect(throws: FenceObstacle.widePattern(user: "app", pattern: "__tenant:*")) {
            try fence("~__tenant:acme:* ~__tenant:* resetchannels +@all", dialect)
        }
    }

    @Test func aWidePatternForReadingIsNoObstacle() throws {
        let fence = try fence("~__tenant:acme:* %R~* resetchannels +@all")
        let raised = try #require(ACLUser(name: "app", rules: fence.raised))
        #expect(raised.root.keys == ["resetkeys", "%R~__tenant:acme:*", "%R~*"])
        // A twin with `%R~*` would bring XREADGROUP on the tenant's keys back.
        #expect(raised.selectors.isEmpty)
    }

    /// Nobody loses what he never had.
    @Test(arguments: [
        ("~__tenant:acme:* +@all", ["FLUSHALL", "FLUSHDB", "SWAPDB", "DEBUG", "REPLICAOF", "SLAVEOF", "XREADGROUP"]),
        ("~__tenant:acme:* +@all -@dangerous", ["XREADGROUP"]),
        ("~__tenant:acme:* -@all +@read +@write -@dangerous +flushdb", ["FLUSHDB", "XREADGROUP"]),
        ("~__tenant:acme:* +@all -@admin -xreadgroup", ["FLUSHALL", "FLUSHDB", "SWAPDB"]),
        ("~__tenant:acme:* -@all +set +debug|sleep", ["DEBUG"]),
        ("~__tenant:acme:* -@all +get (~__tenant:acme:y* -@all +xreadgroup)", ["XREADGROUP"]),
    ])
    func whatAUserLosesIsWhatItMightDo(rules: String, commands: [String]) throws {
        let losses = try fence("resetchannels " + rules).losses(acme)
        #expect(losses.filter { !$0.hasPrefix("writes to ") } == commands, "\(losses)")
        #expect(losses.contains { $0.hasPrefix("writes to __tenant:acme:") })
    }

    @Test func whoOnlyReadsLosesNoWrites() throws {
        #expect(try fence("~__tenant:acme:* -@all +@read").losses(acme).isEmpty)
        #expect(
            try fence("~__tenant:acme:* -@all +@read +@hash", .patternsOnly).losses(acme).first?.hasPrefix("writes")
                == true
        )
    }

    @Test func bytesThatAreNoTextComeBackFromTheJournal() throws {
        let rule = ByteString(Array("~__tenant:acme:".utf8) + [0xFF, 0x2A])
        let user = try #require(ACLUser(name: "app", rules: ["on", rule, "+@all"]))
        let fence = try FenceRecord.User(fencing: user, scope: acme, dialect: .keyPermissions, migration: "mig_1")
        #expect(fence.lowered.contains(rule))
        let escaped = try #require(ByteString(escaped: rule.description))
        #expect(escaped == rule)
    }
}
