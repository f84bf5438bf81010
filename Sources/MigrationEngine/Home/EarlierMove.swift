import MigrationCore

/// A migration of the journal that has switched a tenant before, as a new migration of the tenant meets it.
package struct EarlierMove: Equatable, Sendable {
    package let id: String
    package let target: ServerAddress
    /// Both of its servers were asked just now: the tenant's users can write at its target, and not at its source.
    package let livesThere: Bool

    /// - Parameter endpoints: With the passwords for it; nil where they are not at hand, and then nobody is asked.
    package init(_ contents: JournalContents, endpoints: MigrationEndpoints?) async {
        id = contents.plan.id
        target = contents.plan.target.address
        let inquiry = endpoints.map { TenantInquiry(contents, endpoints: $0) }
        livesThere = await inquiry?.writable() == .target
    }
}

extension JournalRoot {
    /// The migrations that have moved the plan's tenant, but for those that have brought it to where it is taken from now.
    package func earlierMoves(before plan: MigrationPlan) -> [JournalContents] {
        ((try? migrations()) ?? []).compactMap { id in
            guard let folder = try? open(id), folder.plan?.scope.prefix == plan.scope.prefix else { return nil }
            guard let contents = try? JournalContents.read(folder), contents.machine.isSwitched else { return nil }
            let isHere = plan.source.places.contains { $0.isSameServer(as: contents.plan.target.address) }
            return isHere ? nil : contents
        }
    }
}
