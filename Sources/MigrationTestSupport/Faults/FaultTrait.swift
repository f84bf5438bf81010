/// What a round's migration is like, beside what goes wrong with it.
package enum FaultTrait: String, Codable, CaseIterable, Sendable {
    /// A few values are moved in pieces, and change all the time.
    case bigValues = "big-values"
    /// Streams and hashes go through random commands all the time, at servers of any version.
    case histories
    /// The source tells of changes by keyspace notifications.
    case notifications
    /// Both servers keep their users in a file: they are killed behind the switch, too.
    case aclFile = "acl-file"
    /// The source has a replica, which is promoted on the way.
    case replica
    /// The fence is a pause of all writes.
    case pauseFence = "pause-fence"
    /// The comparison across the switch looks at a sample.
    case sampled
    /// There is no comparison across the switch.
    case uncompared
    /// Cancelled in place of the switch.
    case cancel
    /// A new migration of the same tenant follows the cancelled one at once.
    case again
    /// The tenant is removed from the source after the end.
    case cleanup
    /// Both servers limit what may wait for a client, what it may send, and how long it may be silent.
    case tightServers = "tight-servers"

    /// The traits of a round, any of them together that make sense.
    static func random(_ random: inout SplitMix64) -> Set<FaultTrait> {
        var traits = Set<FaultTrait>()
        let shares = [(bigValues, 4), (notifications, 5), (aclFile, 4), (replica, 5), (pauseFence, 8)]
        for (trait, share) in shares where random.chance(1, in: share) { traits.insert(trait) }
        switch random.below(12) {
        case 0, 1: traits.insert(.cancel)
        case 2, 3: traits.formUnion([.cancel, .again])
        case 4, 5: traits.insert(.cleanup)
        case 6: traits.insert(.sampled)
        case 7: traits.insert(.uncompared)
        default: break
        }
        return traits
    }
}
