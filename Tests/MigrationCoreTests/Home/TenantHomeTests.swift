import RESP
import Testing

@testable import MigrationCore

@Suite struct TenantHomeTests {
    private static let scope = try? TenantScope(tenant: "acme")

    private func sighting(
        _ source: UsersSeen?,
        _ target: UsersSeen?
    ) -> TenantSighting {
        let silent = TenantSighting.Side.silent(MigrationFailure(.unreachable, "away"))
        return TenantSighting(source: source.map { .seen($0) } ?? silent, target: target.map { .seen($0) } ?? silent)
    }

    private let open = UsersSeen(areThere: true, mayWrite: true)
    private let closed = UsersSeen(areThere: true)
    private let none = UsersSeen(areThere: false)

    /// The users at the target are this migration's: only its own switch lets them write.
    @Test func copiedUsers() {
        let claim = TenantClaim(id: "mig_a", hasUsers: true)
        #expect(claim.home(in: sighting(open, closed)) == .source)
        #expect(claim.home(in: sighting(closed, closed)) == .source)
        #expect(claim.home(in: sighting(closed, open)) == .moved(by: nil))
        #expect(claim.home(in: sighting(open, open)) == .open)
        #expect(claim.home(in: sighting(nil, open)) == .open)
        #expect(claim.home(in: sighting(nil, closed)) == .source)
        #expect(claim.home(in: sighting(open, nil)) == .source)
        #expect(claim.home(in: sighting(none, none)) == .source)
        var fenced = closed
        fenced.fencedBy = ["mig_b"]
        #expect(claim.home(in: sighting(fenced, open)) == .moved(by: "mig_b"))
        #expect(claim.home(in: sighting(fenced, closed)) == .held(by: "mig_b"))
        fenced.fencedBy = ["mig_a"]
        #expect(claim.home(in: sighting(fenced, closed)) == .source)
        var waiting = closed
        waiting.waitFor = ["mig_b"]
        #expect(claim.home(in: sighting(open, waiting)) == .takenOver(by: "mig_b"))
        waiting.waitFor = ["mig_a"]
        #expect(claim.home(in: sighting(open, waiting)) == .source)
    }

    /// Whoever copies to the same target has taken its users over.
    @Test func whoseCopiesWait() {
        let claim = TenantClaim(id: "mig_a", hasUsers: true)
        var waiting = closed
        waiting.waitFor = ["mig_a"]
        #expect(claim.isWaited(in: sighting(closed, waiting)))
        #expect(!TenantClaim(id: "mig_a", hasUsers: false).isWaited(in: sighting(closed, waiting)))
        #expect(!claim.isWaited(in: sighting(closed, closed)) && !claim.isWaited(in: sighting(closed, nil)))
        waiting.waitFor = ["mig_a", "mig_b"]
        #expect(!claim.isWaited(in: sighting(closed, waiting)))
        waiting.waitFor = ["mig_a"]
        waiting.mayWrite = true
        #expect(!claim.isWaited(in: sighting(closed, waiting)))
    }

    /// Inside its own fence a target that is writable before the switch is another's doing all the same.
    @Test func insideItsOwnFence() {
        var claim = TenantClaim(id: "mig_a", hasUsers: true)
        claim.isFencing = true
        #expect(claim.home(in: sighting(closed, closed)) == .source)
        #expect(claim.home(in: sighting(closed, open)) == .moved(by: nil))
    }

    /// With `--no-copy-acl` the users may write at the target all along: only a fence of somebody else's tells.
    @Test func operatorsUsers() {
        var claim = TenantClaim(id: "mig_a", hasUsers: false)
        #expect(claim.home(in: sighting(open, open)) == .source)
        #expect(claim.home(in: sighting(closed, open)) == .moved(by: nil))
        #expect(claim.home(in: sighting(nil, open)) == .source)
        claim.isFencing = true
        #expect(claim.home(in: sighting(closed, open)) == .source)
        var fenced = closed
        fenced.fencedBy = ["mig_b"]
        #expect(claim.home(in: sighting(fenced, open)) == .moved(by: "mig_b"))
    }

    /// A tenant whose new home is gone is moved again from the source that is still fenced.
    @Test func fromAFencedSource() {
        var claim = TenantClaim(id: "mig_a", hasUsers: false, isHarmless: true)
        #expect(claim.home(in: sighting(closed, open)) == .source)
        claim.isHarmless = false
        claim.beganFenced = true
        #expect(claim.home(in: sighting(closed, open)) == .source)
        claim.hasUsers = true
        #expect(claim.home(in: sighting(closed, closed)) == .source)
        #expect(claim.home(in: sighting(closed, open)) == .moved(by: nil))
    }

    @Test func whereClientsCanWrite() {
        #expect(sighting(open, closed).writable == .source)
        #expect(sighting(closed, open).writable == .target)
        #expect(sighting(open, open).writable == .both)
        #expect(sighting(closed, none).writable == .neither)
        #expect(sighting(none, none).writable == nil)
        #expect(sighting(closed, nil).writable == .unknown)
        #expect(sighting(nil, nil).writable == .unknown)
        #expect(TenantSighting(source: .hidden, target: .seen(open)).writable == nil)
    }

    @Test func usersAsTheyAreShown() throws {
        let scope = try TenantScope(tenant: "acme")
        let app = try #require(ACLUser(name: "app", rules: ["on", "~__tenant:acme:*", "+@all"]))
        let fenced = try #require(ACLUser(name: "app", rules: ["on", "%R~__tenant:acme:*", "+@all"]))
        #expect(UsersSeen([app, fenced], scope: scope).mayWrite)
        #expect(!UsersSeen([fenced], scope: scope).mayWrite)
        #expect(!UsersSeen([], scope: scope).areThere)
    }
}

/// `ACL GETUSER`, as each version answers it.
@Suite struct UserReplyTests {
    @Test func sinceRedis7() throws {
        let reply = RESPValue.array([
            .string("flags"), .array([.string("on"), .string("sanitize-payload")]),
            .string("passwords"), .array([.string("ca978112ca1b")]),
            .string("commands"), .string("+@all -get"),
            .string("keys"), .string("%R~a* ~b"),
            .string("channels"), .string(""),
            .string("selectors"),
            .array([
                .array([
                    .string("commands"), .string("-@all +set"), .string("keys"), .string("%W~c"), .string("channels"),
                    .string(""),
                ])
            ]),
        ])
        let user = try #require(ACLUser(name: "x", getUser: reply))
        let rules: [ByteString] = ["on", "#ca978112ca1b", "%R~a*", "~b", "+@all", "-get", "(%W~c -@all +set)"]
        #expect(user == ACLUser(name: "x", rules: rules))
        #expect(user.logins == ["on", "#ca978112ca1b"])
    }

    @Test func redis6() throws {
        let reply = RESPValue.array([
            .string("flags"), .array([.string("on"), .string("allchannels")]),
            .string("passwords"), .array([]),
            .string("commands"), .string("+@all -@write"),
            .string("keys"), .array([.string("b"), .string("c*")]),
            .string("channels"), .array([.string("*")]),
        ])
        let user = try #require(ACLUser(name: "x", getUser: reply))
        #expect(user == ACLUser(name: "x", rules: ["on", "~b", "~c*", "+@all", "-@write"]))
    }

    @Test(arguments: [RESPValue.null, .integer(1), .array([]), .array([.string("flags"), .integer(1)])])
    func anythingElse(reply: RESPValue) { #expect(ACLUser(name: "x", getUser: reply) == nil) }
}
