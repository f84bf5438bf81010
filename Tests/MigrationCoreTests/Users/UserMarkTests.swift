import RESP
import Testing

@testable import MigrationCore

@Suite struct UserMarkTests {
    let acme: TenantScope

    init() throws {
        acme = try TenantScope(tenant: "acme")
    }

    /// As a server lists a user that was given these rules.
    private func user(_ rules: [ByteString]) throws -> ACLUser {
        try #require(ACLUser(name: "app", rules: ["on", "#5e884898da28"] + rules.filter { $0 != "clearselectors" }))
    }

    private func fenced(
        _ user: ACLUser,
        _ dialect: ACLDialect = .keyPermissions,
        by migration: String = "mig_7f3a9c0d21"
    ) throws -> ACLUser {
        let fence = try FenceRecord.User(fencing: user, scope: acme, dialect: dialect, migration: migration)
        // The root's own commands stay where they are.
        return try self.user(user.root.channels + ["-@all"] + user.root.commands + fence.raised)
    }

    static let rules: [[ByteString]] = [
        ["~__tenant:acme:*", "resetchannels", "-@all", "+@all", "-@admin"],
        [
            "~__tenant:acme:*", "%R~other:*", "&x", "-@all", "+@read", "+config|get",
            "(~__tenant:acme:y) &c -@all +set)",
        ],
        ["%W~__tenant:acme:log:*", "resetchannels", "-@all", "+set"],
        [ByteString(Array("~__tenant:acme:".utf8) + [0xFF, 0x27, 0x2C, 0x3D, 0x5C, 0x2A]), "-@all", "+@all"],
    ]

    @Test(arguments: rules)
    func whatAFenceTookIsInItsMark(rules: [ByteString]) throws {
        let before = try user(rules)
        let fenced = try fenced(before)
        #expect(fenced.fenced(in: acme) == "mig_7f3a9c0d21")
        #expect(!fenced.mayWriteKeys(of: acme))
        let after = fenced.unfenced(for: acme)
        #expect(after.grants.map(\.keys) == before.grants.map(\.keys))
        #expect(after.grants.map(\.commands) == before.grants.map(\.commands))
        #expect(after.selectors == before.selectors && after.login == before.login)
        #expect(after.mark == nil)
    }

    @Test func anOldServersMarkIsAPattern() throws {
        let before = try user(["~__tenant:acme:*", "-@all", "+@all"])
        let fenced = try fenced(before, .patternsOnly)
        #expect(fenced.root.keys == ["resetkeys", "~__tenant:acme:*"])
        #expect(fenced.unfenced(for: acme).root.commands == ["-@all", "+@all"])
    }

    /// The mark is one word that no server and no configuration file splits, and holds no password.
    @Test(arguments: rules)
    func theMarkIsOneWord(rules: [ByteString]) throws {
        let fence = try FenceRecord.User(
            fencing: try user(rules),
            scope: acme,
            dialect: .keyPermissions,
            migration: "mig_1"
        )
        let mark = try #require(try user(fence.raised).mark).argument(.patternsOnly)
        let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+@|~:*./%&,=".utf8)
        #expect(mark.bytes.allSatisfy { allowed.contains($0) })
        #expect(!mark.text.contains("5e884898da28"))
    }

    @Test func aMarkMakesNoUserTheTenantsOrWide() throws {
        let mark = UserMark.fence(migration: "mig_1", rules: ["~__tenant:acme:*", "+@all"])
        for dialect in [ACLDialect.keyPermissions, .patternsOnly] {
            let other = try user(["~x", "-@all", "+@all", mark.argument(dialect)])
            #expect(other.patterns.map(\.pattern) == ["x"])
            let selected = TenantUsers.select(from: [other], scope: try TenantScope(tenant: "corp"), except: "tool")
            #expect(selected.users.isEmpty && selected.wide.isEmpty)
        }
    }

    /// A user that could only write has no pattern of the tenant's left, and is the tenant's all the same.
    @Test func aFencedUserIsStillTheTenants() throws {
        let fenced = try fenced(try user(["%W~__tenant:acme:log:*", "-@all", "+set"]))
        #expect(fenced.patterns.isEmpty)
        #expect(TenantUsers.select(from: [fenced], scope: acme, except: "tool").users == [fenced])
    }

    @Test func whoeverMayWriteAgainIsNotFenced() throws {
        let fenced = try fenced(try user(["~__tenant:acme:*", "-@all", "+@all"]))
        let mark = try #require(fenced.mark).argument(.keyPermissions)
        let opened = try user(fenced.root.commands + ["~__tenant:acme:a*", mark])
        #expect(opened.fenced(in: acme) == nil)
        #expect(opened.unfenced(for: acme) == opened)
    }

    /// The source of an earlier migration is fenced by the next: lowering leads back to the earlier fence, and what
    /// travels is what was before both.
    @Test(arguments: [ACLDialect.keyPermissions, .patternsOnly])
    func aSecondFenceIsOnTopOfTheFirst(dialect: ACLDialect) throws {
        let before = try user(["~__tenant:acme:*", "-@all", "+@all", "-@admin"])
        let first = try fenced(before, dialect, by: "mig_1")
        let fence = try FenceRecord.User(fencing: first, scope: acme, dialect: dialect, migration: "mig_2")
        let second = try user(["-@all"] + first.root.commands + fence.raised)
        #expect(second.fenced(in: acme) == "mig_2")
        #expect(second.unfenced(for: acme).root.commands == ["-@all", "+@all", "-@admin"])
        let lowered = try user(["-@all"] + second.root.commands + fence.lowered)
        #expect(lowered.fenced(in: acme) == "mig_1")
        #expect(FenceRecord(kind: .acl, users: [fence]).unfenced(second).mark == first.mark)
    }

    /// Each of the tenants of a shared user has a fence of its own.
    @Test func aUserOfTwoTenants() throws {
        let corp = try TenantScope(tenant: "corp")
        let before = try user(["~__tenant:acme:*", "~__tenant:corp:*", "-@all", "+@all"])
        let one = try fenced(before, by: "mig_1")
        #expect(one.fenced(in: corp) == nil && one.mayWriteKeys(of: corp))
        let fence = try FenceRecord.User(fencing: one, scope: corp, dialect: .keyPermissions, migration: "mig_2")
        let both = try user(["-@all"] + one.root.commands + fence.raised)
        #expect(!both.mayWriteKeys(of: corp) && !both.mayWriteKeys(of: acme))
        #expect(both.fenced(in: corp) == "mig_2")
        #expect(both.unfenced(for: corp).fenced(in: acme) == "mig_1")
        #expect(both.unfenced(for: acme).root.keys.filter { $0 != "resetkeys" } == before.root.keys)
    }

    @Test(arguments: [
        "~__ferrite_migrate:*", "~__ferrite_migrate:fence:", "~__ferrite_migrate:fence:mig_1",
        "~__ferrite_migrate:copy:x",
        "~__ferrite_migrate:copy:mig_*", "~__ferrite_migrate:fence:mig_1:=4", "&__ferrite_migrate:copy:mig_1", "+get",
    ])
    func otherRulesAreNoMarks(rule: String) {
        #expect(UserMark(rule: ByteString(rule)) == nil)
    }

    @Test func databasesStayWithTheirSelector() throws {
        let line: ByteString =
            "user app on nopass ~__tenant:acme:* resetchannels db=0,1 +@all (~y* resetchannels db=1 -@all +set)"
        let user = try #require(ACLUser(listLine: line))
        #expect(user.login == ["on", "nopass"])
        #expect(user.root.databases == ["db=0,1"])
        #expect(user.selectors.first?.databases == ["db=1"])
        let fence = try FenceRecord.User(fencing: user, scope: acme, dialect: .keyPermissions, migration: "mig_1")
        #expect(fence.lowered.last == "(~y* resetchannels db=1 -@all +set)")
        let copy = try CopiedUser(user, scope: acme, everything: true, dialect: .keyPermissions, migration: "mig_1")
        #expect(copy.writable.contains("db=0,1") && copy.writable.last == "(~y* resetchannels db=1 -@all +set)")
    }
}
