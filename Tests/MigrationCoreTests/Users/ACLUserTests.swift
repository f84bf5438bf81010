import RESP
import Testing

@testable import MigrationCore

@Suite struct ACLUserTests {
    /// As Redis 7.0.15 prints it.
    static let line: ByteString =
        """
        user app on #30c9 sanitize-payload ~__tenant:acme:* %R~other:* resetchannels &news:* +@all -@admin \
        (%R~x:* resetchannels -@all +get) (~y) %W~z) resetchannels -@all +set)
        """

    @Test func readsALineOfTheList() throws {
        let user = try #require(ACLUser(listLine: Self.line))
        #expect(user.name == "app")
        #expect(user.login == ["on", "#30c9", "sanitize-payload"])
        #expect(user.root.keys == ["~__tenant:acme:*", "%R~other:*"])
        #expect(user.root.channels == ["resetchannels", "&news:*"])
        #expect(user.root.commands == ["+@all", "-@admin"])
        #expect(user.selectors.count == 2)
        #expect(user.selectors[0].keys == ["%R~x:*"])
        #expect(user.selectors[0].commands == ["-@all", "+get"])
    }

    @Test func aPatternMayEndInAParenthesis() throws {
        let user = try #require(ACLUser(listLine: Self.line))
        #expect(user.selectors[1].keys == ["~y)", "%W~z)"])
        #expect(user.selectors[1].commands == ["-@all", "+set"])
    }

    @Test func aSelectorIsTheSameAsWordsAndAsOneArgument() throws {
        let selector = ACLSelector(keys: ["~x:*"], channels: ["resetchannels"], commands: ["-@all", "+get"])
        #expect(selector.argument == "(~x:* resetchannels -@all +get)")
        let user = try #require(ACLUser(name: "a", rules: ["on", selector.argument]))
        #expect(user.selectors == [selector])
        #expect(user.login == ["on"])
    }

    @Test(arguments: ["", "user", "users app on", "user app on (~x +get"])
    func refusesWhatIsNoLine(line: String) {
        #expect(ACLUser(listLine: ByteString(line)) == nil)
    }

    @Test(arguments: [
        ("+@all", true), ("-@all +@write", true), ("-@all +set", true), ("-@all +@read +del", true),
        ("+@all -@write", false), ("-@all +@read", false), ("-@all +get +config|get", false), ("-@all", false),
        ("", false), ("-@all +@read -@write +lpush", true),
    ])
    func knowsWhetherSomethingCanBeWritten(rules: String, expected: Bool) {
        let words = rules.split(separator: " ").map { ByteString(String($0)) }
        #expect(ACLSelector(commands: words).mayRunWrites == expected)
    }

    @Test func sortsTheUsersOfATenant() throws {
        let lines: [ByteString] = [
            "user default on nopass ~* &* +@all",
            "user app on ~__tenant:acme:* resetchannels +@all",
            "user reader on %R~__tenant:acme:* resetchannels -@all +@read",
            "user other on ~__tenant:acme-corp:* resetchannels +@all",
            "user monitor on ~* resetchannels -@all +@read",
            "user everyone on ~__tenant:* resetchannels +@all",
            "user inner on resetchannels -@all (~__tenant:acme:q* resetchannels -@all +lpush)",
            "user tool on ~* resetchannels +@all",
        ]
        let users = lines.compactMap(ACLUser.init(listLine:))
        let scope = try TenantScope(tenant: "acme")
        let selected = TenantUsers.select(from: users, scope: scope, except: "tool")
        #expect(selected.users.map(\.name) == ["app", "reader", "inner"])
        #expect(selected.wide.map(\.name) == ["default", "everyone"])
    }
}
