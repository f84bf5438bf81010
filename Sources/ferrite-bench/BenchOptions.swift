/// What is measured, and how much of it.
struct BenchOptions {
    enum Part: String, CaseIterable {
        case a, b, c, d, e, f
    }

    var parts = Set(Part.allCases)
    var runs = 3
    var isJSON = false
    var sizes = Sizes()

    struct Sizes {
        var keys = 1_000_000
        var tenantKeys = 100_000
        var otherKeys = 2_000_000
        var largeValue = 256 << 20
        /// Per second.
        var writes = 5_000
        var probes = 1_000
        var cutovers = 20
        /// Keys of the tenant that is cut over.
        var cutoverKeys = 100_000
        var boundedKeys = 10_000_000
        var boundedDirty = 1_000_000

        static let quick = Sizes(
            keys: 20_000,
            tenantKeys: 5_000,
            otherKeys: 40_000,
            largeValue: 16 << 20,
            writes: 1_000,
            probes: 50,
            cutovers: 2,
            cutoverKeys: 5_000,
            boundedKeys: 100_000,
            boundedDirty: 10_000
        )
    }

    static let usage = """
        usage: ferrite-bench [--quick] [--only a,b,c,d,e,f] [--runs N] [--json]

          a  initial sync of 1,000,000 strings of 100 bytes, alone on their server
          b  the same for 100,000 such keys among 2,000,000 others
          c  peak memory with one string of 256 MB
          d  lag: from a write at the source to its sight at the target, at 5,000 writes/s
          e  the pause of 20 cutovers at 5,000 writes/s
          f  memory and idle CPU of the worker with 10,000,000 keys, 1,000,000 of them dirty

          --quick   small sizes and one run, to see that it works
          --runs N  runs of which the median is shown (3), for a, b and c
          --json    one object instead of the table

        The ferrite-migrate beside this program is used, or the one that FERRITE_MIGRATE_BIN names.
        """

    /// Nil when the arguments make no sense.
    init?(_ arguments: some Sequence<String>) {
        var rest = arguments.makeIterator()
        while let option = rest.next() {
            switch option {
            case "--quick":
                sizes = .quick
                runs = 1
            case "--json": isJSON = true
            case "--runs":
                guard let number = rest.next().flatMap({ Int($0) }), number > 0 else { return nil }
                runs = number
            case "--only":
                let names = rest.next()?.split(separator: ",").map { Part(rawValue: String($0)) } ?? [nil]
                guard !names.contains(nil) else { return nil }
                parts = Set(names.compactMap { $0 })
            default: return nil
            }
        }
    }
}
