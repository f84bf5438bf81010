import MigrationCore

/// A migration of the journal that has switched a tenant before, as a new migration of the tenant meets it.
package struct EarlierMove: Sendable {
    package let id: String
    package let target: ServerAddress
    /// Nil where the passwords for its servers are not at hand: then nobody is asked.
    private let inquiry: TenantInquiry?

    init(_ contents: JournalContents, endpoints: MigrationEndpoints?) {
        id = contents.plan.id
        target = contents.plan.target.address
        inquiry = endpoints.map { TenantInquiry(contents, endpoints: $0) }
    }

    /// Asks both of its servers now: whether the tenant's users can write at its target, and not at its source.
    func hasTenant() async -> Bool { await inquiry?.writable() == .target }

    /// Behind the switch of another migration: what an operator must know of this one's target; nil where nothing is.
    func remark() async -> String? {
        let who = "\(target), where \(id) had moved the tenant"
        return switch await inquiry?.writable() {
        case .target, .both:
            "the tenant's users can also write at \(who): take them away there (ACL DELUSER), or two servers take its writes"
        case .source, .neither: nil
        case .unknown, nil:
            "\(who), could not be asked, and its users may still be able to write there: keep it down, or take them away "
                + "(ACL DELUSER)"
        }
    }

    /// Why the tenant is not taken from `source`.
    func failure(at source: String) -> MigrationFailure {
        MigrationFailure(
            .refused,
            "the tenant lives at \(target), where \(id) has moved it: its users can write there and not at \(source), which "
                + "has only what it was before; migrate from \(target); or, if what is there is of no use, see that no "
                + "client is there, remove the tenant's users there (ACL DELUSER), and try again"
        )
    }
}

extension [EarlierMove] {
    /// The one that has the tenant now; all are asked at the same time, and nil is said of those that do not answer.
    func home() async -> EarlierMove? {
        await withTaskGroup(of: EarlierMove?.self) { group in
            for move in self { group.addTask { await move.hasTenant() ? move : nil } }
            return await group.reduce(nil) { $0 ?? $1 }
        }
    }
}

extension JournalRoot {
    /// By the migrations that have moved the plan's tenant, but for those that have brought it to where it is taken from now.
    ///
    /// - Parameter endpoints: With the passwords, as far as they are at hand.
    package func earlierMoves(
        before plan: MigrationPlan,
        endpoints: (MigrationPlan) -> MigrationEndpoints?
    ) -> [EarlierMove] {
        earlier(before: plan).map { EarlierMove($0, endpoints: endpoints($0.plan)) }
    }

    /// Their plans.
    package func earlierPlans(before plan: MigrationPlan) -> [MigrationPlan] { earlier(before: plan).map(\.plan) }

    private func earlier(before plan: MigrationPlan) -> [JournalContents] {
        ((try? migrations()) ?? []).compactMap { id in
            guard id != plan.id, let folder = try? open(id), folder.plan?.scope.prefix == plan.scope.prefix else {
                return nil
            }
            guard let contents = try? JournalContents.read(folder), contents.machine.isSwitched else { return nil }
            let isHere = plan.source.places.contains { $0.isSameServer(as: contents.plan.target.address) }
            return isHere ? nil : contents
        }
    }
}
