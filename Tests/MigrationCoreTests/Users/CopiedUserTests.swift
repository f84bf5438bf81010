import RESP
import Testing

@testable import MigrationCore

@Suite struct CopiedUserTests {
    let acme: TenantScope

    init() throws {
        acme = try TenantScope(tenant: "acme")
    }

    private func copy(
        _ rules: String,
        everything: Bool = false,
        _ dialect: ACLDialect = .keyPermissions
    ) throws -> CopiedUser {
        let user = try #require(ACLUser(listLine: ByteString("user app " + rules)))
        return try CopiedUser(user, scope: acme, everything: everything, dialect: dialect, migration: "mig_1")
    }

    static let rules = """
        on #5e88 ~__tenant:acme:* ~other:* resetchannels &__tenant:acme:* &news +@all -@admin \
        (~other:y* resetchannels -@all +set) (%R~__tenant:acme:z ~q resetchannels -@all +get)
        """

    @Test func onlyWhatLiesWithinTheTenantTravels() throws {
        let copy = try copy(Self.rules)
        #expect(
            copy.writable == [
                "reset", "on", "#5e88", "~__tenant:acme:*", "resetchannels", "&__tenant:acme:*", "-@all", "+@all",
                "-@admin", "(%R~__tenant:acme:z resetchannels -@all +get)",
            ]
        )
        #expect(copy.leftBehind == ["~other:*", "&news", "~other:y*", "~q"])
    }

    @Test func beforeTheSwitchNothingCanBeWritten() throws {
        let copy = try copy(Self.rules)
        let user = try #require(ACLUser(name: "app", rules: copy.readOnly))
        #expect(user.patterns.allSatisfy { !$0.writes })
        #expect(user.grants.allSatisfy { $0.commands.contains("-flushall") && $0.commands.contains("-xreadgroup") })
        #expect(user.login == ["reset", "on", "#5e88"])
        #expect(user.copied(in: acme) == "mig_1")
        #expect(copy.readOnly.last == "(%R~__ferrite_migrate:copy:mig_1 resetchannels -@all)")
        #expect(ACLUser(name: "app", rules: copy.writable)?.mark == nil)
    }

    @Test func everythingTravelsWhenAskedFor() throws {
        let copy = try copy(Self.rules, everything: true)
        let user = try #require(ACLUser(name: "app", rules: copy.writable))
        #expect(user.root.keys == ["~__tenant:acme:*", "~other:*"])
        #expect(user.root.channels == ["resetchannels", "resetchannels", "&__tenant:acme:*", "&news"])
        #expect(user.selectors.count == 2)
        #expect(copy.leftBehind == [])
        #expect(try #require(ACLUser(name: "app", rules: copy.readOnly)).patterns.allSatisfy { !$0.writes })
    }

    @Test func anOldTargetTakesTheWriteCommands() throws {
        let copy = try copy("on nopass ~__tenant:acme:* &* +@all", .patternsOnly)
        let taken: [ByteString] = ["+@all", "-@write", "-pfcount", "-debug", "-replicaof", "-slaveof"]
        #expect(copy.readOnly.suffix(7) == taken + ["~__ferrite_migrate:copy:mig_1"])
        #expect(copy.readOnly.contains("~__tenant:acme:*"))
    }

    @Test(arguments: ["%R~__tenant:acme:*", "(~__tenant:acme:* resetchannels -@all +get)"])
    func anOldTargetRefusesNewRules(rule: String) throws {
        #expect(throws: UserCopyObstacle.ruleUnknownAtTarget(user: "app", rule: ByteString(rule))) {
            try copy("on nopass \(rule) +@all", .patternsOnly)
        }
    }

    @Test func readsTheListOfClients() {
        let clients = ClientInfo.list(
            """
            id=7 addr=127.0.0.1:5000 laddr=127.0.0.1:6379 name=a flags=b db=0 cmd=blpop user=app redir=-1 resp=2
            id=8 addr=[::1]:5001 name= flags=N db=0 cmd=client|list user=default\r
            id=9 addr=x flags=Pb cmd=wait user=app
            nonsense
            """
        )
        #expect(clients.map(\.id) == [7, 8, 9])
        #expect(clients.map(\.waitsToWrite) == [true, false, false])
        #expect(clients.map(\.onlyReads) == [false, true, false])
        #expect(clients[0].summary == "127.0.0.1:5000 (user app, blpop)")
    }
}
