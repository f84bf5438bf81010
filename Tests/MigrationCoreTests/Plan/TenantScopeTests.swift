import MigrationTestSupport
import RESP
import Testing

@testable import MigrationCore

@Suite struct TenantScopeTests {
    @Test(arguments: [
        ("acme", TenantScope.defaultFormat, "__tenant:acme:"),
        ("acme", "{id}:", "acme:"),
        ("acme", "t/{tenant_id}/data/", "t/acme/data/"),
        ("acme", "{tenant_id}|{id}|", "acme|{id}|"),
        ("Müller & Söhne", "__tenant:{tenant_id}:", "__tenant:Müller & Söhne:"),
        ("a/b", "__tenant:{tenant_id}:", "__tenant:a/b:"),
    ])
    func makesThePrefix(tenant: String, format: String, prefix: String) throws {
        #expect(try TenantScope(tenant: tenant, format: format).prefix == ByteString(prefix))
    }

    @Test(arguments: ["", ":", "a:b", "a\nb", "a\u{7F}", "\u{0}", "a\u{85}", "acme:\u{301}x"])
    func aTenantThatCouldEndThePrefixIsRefused(tenant: String) {
        let error = #expect(throws: PlanError.self) { try TenantScope(tenant: tenant) }
        guard case .invalidTenant(tenant, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: ["", "__tenant:", "{tenant_id}", "{tenant_id}:{tenant_id}:", "{id}{id}", "a:{id}", "{ID}:"])
    func aFormatWithoutOnePlaceAndAnEndIsRefused(format: String) {
        let error = #expect(throws: PlanError.self) { try TenantScope(tenant: "acme", format: format) }
        guard case .invalidPrefixFormat(format, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [("a/b", "{id}/"), ("a/\u{301}b", "{id}/"), ("aéb", "{id}é")])
    func theFormatsEndCannotStandInATenant(tenant: String, format: String) {
        #expect(throws: PlanError.self) { try TenantScope(tenant: tenant, format: format) }
    }

    @Test(arguments: [
        ("__tenant:acme:k", true), ("__tenant:acme:", true), ("__tenant:acme", false),
        ("__tenant:acme-corp:k", false), ("x__tenant:acme:k", false), ("__tenant:xacme:k", false),
        ("__TENANT:acme:k", false), ("", false),
    ])
    func containsWhatBeginsWithThePrefix(key: String, isInside: Bool) throws {
        #expect(try TenantScope(tenant: "acme").contains(ByteString(key)) == isInside)
    }

    @Test func keysNeedNotBeText() throws {
        let scope = try TenantScope(tenant: "acme")
        #expect(scope.contains(ByteString(scope.prefix.bytes + [0xFF, 0x00])))
        #expect(!scope.contains(ByteString([0xFF] + scope.prefix.bytes)))
    }

    @Test(arguments: [
        ("acme", "__tenant:acme:*"),
        ("a*b?c", #"__tenant:a\*b\?c:*"#),
        ("[x-z]^", #"__tenant:\[x-z\]^:*"#),
        (#"a\b"#, #"__tenant:a\\b:*"#),
    ])
    func globCharactersAreEscaped(tenant: String, pattern: String) throws {
        #expect(try TenantScope(tenant: tenant).pattern == ByteString(pattern))
    }

    /// No tenant's prefix begins another's, whatever the two are called.
    @Test func noTenantTakesAnothersKeys() throws {
        var generator = SplitMix64(seed: 5)
        let letters = Array("ab/é\u{301}:*").map(String.init)
        for _ in 0..<2000 {
            let names = (0..<2).map { _ in (0...generator.below(4)).map { _ in generator.pick(letters) }.joined() }
            for format in [TenantScope.defaultFormat, "{id}/", "x{id}é"] {
                let scopes = names.compactMap { try? TenantScope(tenant: $0, format: format) }
                guard scopes.count == 2, scopes[0].prefix != scopes[1].prefix else { continue }
                #expect(!scopes[0].contains(scopes[1].prefix) && !scopes[1].contains(scopes[0].prefix), "\(names)")
            }
        }
    }
}
