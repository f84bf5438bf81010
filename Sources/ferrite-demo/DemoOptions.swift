/// The demo's few numbers.
struct DemoOptions {
    var keys = 200_000
    var neighbourKeys = 2_000
    /// Per second.
    var writes = 2_000

    static let usage = """
        usage: ferrite-demo [--keys N] [--writes N]

        Moves a tenant between two redis-servers of its own while a client writes, and proves that nothing was lost.
          --keys N     keys of the tenant (200000)
          --writes N   writes per second (2000)

        The ferrite-migrate beside this program is used, or the one that FERRITE_MIGRATE_BIN names.
        """

    /// Nil when the arguments make no sense.
    init?(_ arguments: some Sequence<String>) {
        var rest = arguments.makeIterator()
        while let option = rest.next() {
            guard let value = rest.next().flatMap({ Int($0) }), value > 0 else { return nil }
            switch option {
            case "--keys": keys = value
            case "--writes": writes = value
            default: return nil
            }
        }
    }
}
