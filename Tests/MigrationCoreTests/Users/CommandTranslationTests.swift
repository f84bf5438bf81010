import MigrationTestSupport
import RESP
import Testing

@testable import MigrationCore

@Suite struct CommandTranslationTests {
    /// As 6.2 lists its commands: without subcommands, and with two that are none.
    static let old = CommandCatalogue(categories: [
        "read": ["get", "object", "host:", "stralgo", "lolwut"], "write": ["set", "sort"],
        "keyspace": ["object", "keys"], "admin": ["config"], "fast": ["get", "set"],
        "slow": ["object", "config", "host:", "post", "keys", "sort", "select", "stralgo", "lolwut"],
    ])
    /// As a later server does: `config` and `object` are containers, and categories hold other commands.
    static let new = CommandCatalogue(
        categories: [
            "read": ["get", "object|encoding", "object|freq", "lolwut", "sort_ro"], "write": ["set", "sort", "delex"],
            "keyspace": ["object|encoding", "object|freq", "keys", "sort_ro"], "admin": ["config|get", "config|set"],
            "fast": ["get", "set"], "bloom": ["bf.add", "get"],
            "slow": [
                "object", "object|encoding", "object|freq", "object|help", "config", "config|get", "config|set",
                "config|help",
                "keys", "sort", "sort_ro", "select", "lolwut", "delex",
            ],
        ],
        others: ["VADD"]
    )

    private func words(_ text: String) -> [ByteString] {
        text.split(separator: " ").map { ByteString(String($0)) }
    }

    private func translate(
        _ rules: String,
        _ source: CommandCatalogue,
        _ target: CommandCatalogue
    ) -> CommandTranslation.Result {
        CommandTranslation(from: source, to: target).translate(words(rules))
    }

    @Test func equalServersKeepTheirWords() {
        let result = translate("-@all +@read +nonsense", Self.new, Self.new)
        #expect(result == .init(rules: words("-@all +@read +nonsense")))
    }

    @Test(arguments: [
        // Nobody can run the pseudo commands, so nothing is lost with them.
        ("-@all +get +host: +post -stralgo", "-@all +get", ""),
        ("-@all +get +stralgo", "-@all +get", "+stralgo"),
        ("+@all -keys", "+@all -keys", ""),
        ("-@all +config|get", "-@all +config|get", ""),
        // At the source `object` with all that belongs to it.
        ("-@all +@keyspace", "-@all +@keyspace +object|help", ""),
        ("-@all +select|0", "-@all +select|0", ""),
        ("-@all +@all -@keyspace", "-@all +@all -@keyspace -object|help", ""),
    ])
    func fromAnOldServer(rules: String, expected: String, lost: String) {
        let result = translate(rules, Self.old, Self.new)
        #expect(result.rules.map(\.text).joined(separator: " ") == expected)
        #expect(result.lost == words(lost))
    }

    @Test(arguments: [
        ("+@all -config|set", "+@all -config +config|get +config|help", ""),
        ("-@all +config|get", "-@all +config|get", ""),
        ("-@all +@read", "-@all +@read -object +object|encoding +object|freq -stralgo", ""),
        ("-@all +get +vadd +@bloom", "-@all +get", "+vadd +@bloom"),
        ("+@all -@bloom", "+@all -get", ""),
    ])
    func toAnOldServer(rules: String, expected: String, lost: String) {
        let result = translate(rules, Self.new, Self.old)
        // What the source does not have comes with its category.
        let kept = result.rules.filter { $0 != "-stralgo" }
        #expect(kept == words(expected).filter { $0 != "-stralgo" })
        #expect(result.lost == words(lost))
    }

    /// As a 6.2 prints what its fence has left: `+@hash -hset …`.
    @Test func knowsWhetherRulesWrite() throws {
        #expect(Self.old.allowsWrites(by: words("-@all +@fast")))
        #expect(!Self.old.allowsWrites(by: words("-@all +@fast -set")))
        let scope = try TenantScope(tenant: "acme")
        let mark = UserMark.copy(migration: "mig_1").argument(.patternsOnly)
        var user = try #require(ACLUser(name: "app", rules: words("on ~__tenant:acme:* -@all +@fast -set") + [mark]))
        #expect(user.copied(in: scope) == nil)
        user.runsNoWrites = true
        #expect(user.copied(in: scope) == "mig_1")
    }

    /// Whatever the words: of what both have, exactly that is allowed which was.
    @Test func neverMoreAndNeverLess() {
        var random = SplitMix64(seed: 7)
        let pool = words(
            """
            +@all -@all +@read -@read +@write -@write +@keyspace -@keyspace +@admin -@admin +@slow -@fast +@bloom -@bloom \
            +get -get +set -set +object -object +config|get -config -keys +keys +sort -sort_ro +lolwut +vadd -vadd
            """
        )
        for _ in 0..<500 {
            let rules = (0..<Int.random(in: 1...6, using: &random)).compactMap { _ in pool.randomElement(using: &random)
            }
            for (source, target) in [(Self.old, Self.new), (Self.new, Self.old)] {
                let wanted = source.allowed(by: rules)
                let reached = target.allowed(by: CommandTranslation(from: source, to: target).translate(rules).rules)
                for name in target.leaves.intersection(source.leaves) {
                    #expect(reached.contains(name) == wanted.contains(name), "\(name) by \(rules)")
                }
                for name in target.leaves {
                    guard let command = name.container, source.leaves.contains(command) else { continue }
                    let isWanted = wanted.contains(command) || wanted.contains(name)
                    #expect(reached.contains(name) == isWanted, "\(name) by \(rules)")
                }
            }
        }
    }
}
