import RESP
import Testing

@testable import MigrationCore

@Suite struct KeyPatternTests {
    let acme: TenantScope

    init() throws {
        acme = try TenantScope(tenant: "acme")
    }

    @Test(arguments: [
        ("~a*", true, true), ("%R~a*", true, false), ("%W~a*", false, true), ("%RW~a*", true, true),
        ("%rw~a*", true, true),
    ])
    func readsRules(rule: String, reads: Bool, writes: Bool) throws {
        let pattern = try #require(KeyPattern(rule: ByteString(rule)))
        #expect(pattern == KeyPattern(reads: reads, writes: writes, pattern: "a*"))
        #expect(KeyPattern(rule: pattern.rule) == pattern)
    }

    @Test func allKeysIsAStar() {
        #expect(KeyPattern(rule: "allkeys")?.rule == "~*")
    }

    @Test(arguments: ["&a", "+get", "resetkeys", "on", "%R", ""])
    func refusesOtherRules(rule: String) {
        #expect(KeyPattern(rule: ByteString(rule)) == nil)
    }

    @Test func keepsBytesThatAreNoText() {
        let rule = ByteString(Array("~__tenant:acme:".utf8) + [0xFF, 0x2A])
        #expect(KeyPattern(rule: rule)?.rule == rule)
    }

    @Test(arguments: [
        ("__tenant:acme:*", true), ("__tenant:acme:", true), ("__tenant:acme:users:[ab]*", true),
        (#"__tenant\:acme:*"#, true), ("__tenant:acme", false), ("__tenant:acme*", false),
        ("__tenant:acme-corp:*", false), ("__tenant:*", false), ("*", false), ("x__tenant:acme:*", false),
        ("__tenant:[a]cme:*", false), ("__tenant:?cme:*", false), ("", false), (#"__tenant:acme\"#, false),
    ])
    func isWithin(pattern: String, expected: Bool) {
        #expect(KeyPattern(reads: true, writes: true, pattern: ByteString(pattern)).isWithin(acme) == expected)
    }

    @Test(arguments: [
        ("__tenant:acme:*", true), ("__tenant:acme:", true), ("__tenant:acme*", true), ("__tenant:*", true),
        ("*", true), ("*:acme:*", true), ("__tenant:?cme:*", true), ("__tenant:[a]cme:*", true),
        (#"__tenant\:acme:*"#, true), ("__tenant:acme", false), ("__tenant:acme-corp:*", false), ("x*", false),
        ("", false), (#"__tenant:\*"#, false), ("__tenant:b*", false),
    ])
    func mayMatch(pattern: String, expected: Bool) {
        #expect(KeyPattern(reads: true, writes: true, pattern: ByteString(pattern)).mayMatchKeys(of: acme) == expected)
    }

    @Test(arguments: [
        ("__tenant:acme:*", "__tenant:acme:"), ("a?c*d", "axcd"), (#"a\*b*"#, "a*b"), ("[ab]*", nil as String?),
    ])
    func sampleKey(pattern: String, expected: String?) {
        let key = KeyPattern(reads: true, writes: true, pattern: ByteString(pattern)).sampleKey
        #expect(key == expected.map { ByteString($0) })
    }

    @Test func aPatternThatIsNotEscaped() throws {
        let scope = try TenantScope(tenant: "a*b")
        let cases: [(ByteString, Bool)] = [
            ("~__tenant:a*b:*", true), ("%R~__tenant:a*b:x", true), ("~__tenant:a\\*b:*", false),
            ("~__tenant:a*", false),
            ("~*", false),
        ]
        for (rule, expected) in cases {
            #expect(try #require(KeyPattern(rule: rule)).looksUnescaped(scope) == expected, "\(rule)")
        }
        let plain = try TenantScope(tenant: "acme")
        #expect(try #require(KeyPattern(rule: "~__tenant:acme:*")).looksUnescaped(plain) == false)
    }
}
