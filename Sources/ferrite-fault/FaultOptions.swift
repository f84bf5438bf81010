import MigrationTestSupport

/// What is asked of the fault suite.
struct FaultOptions {
    var seed: UInt64 = 1
    var rounds: UInt64 = 20
    /// Only rounds of these traits are played.
    var traits = Set<FaultTrait>()
    /// Tell of rounds that pass, too, and keep their journals.
    var isVerbose = false

    static let usage = """
        usage: ferrite-fault [--seed N] [--rounds N] [--only TRAIT]... [--verbose]

        Plays random schedules of faults, one a round, each over a migration of its own under a writer of which no write
        may be lost or done twice. Round r plays the schedule of number seed + r - 1, so a round that failed is repeated
        by the number that it prints: --seed N --rounds 1.
          --seed N     the first number (1)
          --rounds N   how many (20)
          --only TRAIT only rounds that have it: \(FaultTrait.allCases.map(\.rawValue).joined(separator: ", "))
          --verbose    tell of rounds that pass, too, and keep their journals

        The ferrite-migrate beside this program is used, or the one that FERRITE_MIGRATE_BIN names.
        """

    /// Nil when the arguments make no sense.
    init?(_ arguments: some Sequence<String>) {
        var rest = arguments.makeIterator()
        while let option = rest.next() {
            if option == "--verbose" {
                isVerbose = true
                continue
            }
            guard let word = rest.next() else { return nil }
            if option == "--only" {
                guard let trait = FaultTrait(rawValue: word) else { return nil }
                traits.insert(trait)
                continue
            }
            guard let value = UInt64(word) else { return nil }
            switch option {
            case "--seed": seed = value
            case "--rounds" where value > 0: rounds = value
            default: return nil
            }
        }
    }
}
