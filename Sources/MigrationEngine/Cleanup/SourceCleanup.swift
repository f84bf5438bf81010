import FoundationEssentials
import MigrationCore
import NIOCore
import NIOPosix
import RESP
import RedisClient

/// Removes a tenant from the source of a migration that is completed: its keys, and then the users that were fenced
/// there. It may be broken off at any instant and called again.
package struct SourceCleanup: Sendable {
    package static let rateRange = 1...10_000_000
    package static let defaultRate = TenantEraser.defaultRate

    private static let step = "cleaning up the source"

    private let contents: JournalContents
    private let endpoints: MigrationEndpoints
    private let keysPerSecond: Int
    private let force: Bool
    private let group: any EventLoopGroup

    /// - Parameter force: Remove also what has come since the comparison.
    package init(
        contents: JournalContents,
        endpoints: MigrationEndpoints,
        keysPerSecond: Int = Self.defaultRate,
        force: Bool = false,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.contents = contents
        self.endpoints = endpoints
        self.keysPerSecond = keysPerSecond
        self.force = force
        self.group = group
    }

    private var plan: MigrationPlan { contents.plan }

    /// What can be said while a worker has the journal.
    package static func checkPhase(_ contents: JournalContents) throws(MigrationFailure) {
        let (id, phase) = (contents.plan.id, contents.status.phase)
        guard phase != .completed else { return }
        throw MigrationFailure(
            .failed,
            "\(id) is in phase \(phase.rawValue): the source is cleaned up when it is completed, after a cutover"
        )
    }

    /// Whether what the journal says allows it: only what was compared in full and found equal may be removed.
    package func check() throws(MigrationFailure) {
        let id = plan.id
        try Self.checkPhase(contents)
        guard let verification = contents.status.verification else {
            throw MigrationFailure(
                .failed,
                "both sides of \(id) were not compared across the switch, so the source's copy is kept; remove it by hand "
                    + "if you are sure"
            )
        }
        if let words = verification.notComparedWords, verification.differenceCount == 0, !force {
            throw MigrationFailure(
                .failed,
                "the comparison across the switch of \(id) could not compare all keys (\(words)), so the source's copy is "
                    + "kept: look at them at both sides, and run cleanup \(id) --force if they are right"
            )
        }
        guard verification.differenceCount == 0 else {
            throw MigrationFailure(
                .failed,
                "the comparison across the switch of \(id) found \(verification.differenceCount) differences, so the "
                    + "source's copy is kept: verify \(id) lists them"
            )
        }
        guard verification.sampleSize >= verification.keysSource else {
            throw MigrationFailure(
                .failed,
                "only \(verification.sampleSize) of \(verification.keysSource) keys of \(id) were compared across the "
                    + "switch, so the source's copy is kept; remove it by hand if you are sure"
            )
        }
    }

    /// Seconds between two records of what has gone: a run that is killed has removed no more unseen.
    private static let recordInterval = 0.05

    /// Removes, and writes down what has gone on the way: a run that is broken off must not be forgotten.
    ///
    /// - Throws: Where the tenant's users can write at the source again, because then it is in use.
    package func run(_ journal: Journal) async throws(MigrationFailure) -> CleanupReport {
        _ = try await checkedKeys()
        let home = CleanupHome(contents, endpoints: endpoints, force: force, group: group)
        try await home.check()
        var eraser = TenantEraser(endpoint: endpoints.source, plan: plan, group: group, step: Self.step) {
            () async throws(MigrationFailure) in try await home.check()
        }
        eraser.keysPerSecond = keysPerSecond
        let fenced = try await fencedUsers()
        try FailPoint.reach(.cleanSource)
        var recorded = (keys: 0, at: Date.distantPast)
        let erased = try await eraser.erase { removed throws(MigrationFailure) in
            guard Date().timeIntervalSince(recorded.at) >= Self.recordInterval else { return }
            let report = CleanupReport(keysRemoved: removed - recorded.keys, usersRemoved: [], isWhole: false)
            try record(report, journal)
            recorded = (removed, Date())
        }
        try FailPoint.reach(.cleanUsers)
        let kept = fenced.users.filter { !$0.isOnly(of: plan.scope) }.map(\.name.description)
        let users = try await eraser.removeUsers(fenced.users.map(\.name.description).filter { !kept.contains($0) })
        var report = CleanupReport(keysRemoved: erased.removed, usersRemoved: users, usersKept: kept + fenced.unheld)
        report.keysRemoved -= recorded.keys
        try record(report, journal)
        report.keysRemoved = erased.removed
        return report
    }

    private func record(_ report: CleanupReport, _ journal: Journal) throws(MigrationFailure) {
        do throws(JournalError) {
            try journal.append(.cleaned(report), at: Date())
        } catch {
            throw error.failure(then: "run 'ferrite-migrate cleanup \(plan.id)' again")
        }
    }

    /// How many keys of the tenant the source has now.
    ///
    /// - Throws: Where they are more than were compared and not removed yet, unless all shall go.
    package func checkedKeys() async throws(MigrationFailure) -> Int {
        try check()
        try await endpoints.findSource(contents, on: group)
        // Who writes there is the reason of what has come.
        _ = try await fencedUsers()
        let found = try await countNames(at: endpoints.source)
        // What earlier runs have removed allows no other keys in its place.
        let left = max(0, (contents.status.verification?.keysSource ?? 0) - (contents.status.cleanup?.keysRemoved ?? 0))
        guard !force else { return found }
        guard found > left else {
            try await checkTarget(against: found)
            return found
        }
        let came = found - left
        let compared = left == 0 ? "none of them was" : "at most \(left) of them were"
        throw MigrationFailure(
            .failed,
            "\(endpoints.source) has \(Quantity.plural(found, "key")) of the tenant, and \(compared) compared across the "
                + "switch: at least \(came) \(came == 1 ? "has" : "have") come since, and nothing was removed; run verify "
                + "\(plan.id) --again to see what the target does not have, or cleanup \(plan.id) --force to remove all of "
                + "them"
        )
    }

    /// A target that was emptied, or came back without its data, still has the users that can write there.
    private func checkTarget(against found: Int) async throws(MigrationFailure) {
        let there = try await countNames(at: endpoints.target)
        guard there < found - found / 2 else { return }
        throw MigrationFailure(
            .failed,
            "\(endpoints.target) has \(Quantity.plural(there, "key")) of the tenant and \(endpoints.source) still "
                + "\(found): the target may have lost its data, and the source's copy may be the last, so nothing was "
                + "removed; run verify \(plan.id) --again to see what is missing, or cleanup \(plan.id) --force if clients "
                + "have removed those keys themselves"
        )
    }

    /// Each once, however often a SCAN names it.
    private func countNames(at endpoint: RedisEndpoint) async throws(MigrationFailure) -> Int {
        try await endpoint.withConnection(on: group, while: Self.step) { connection in
            let scanner = KeyScanner(connection: connection, scope: plan.scope)
            var names = NameSet()
            for database in try await connection.info("keyspace").databases.map(\.number)
            where plan.databases?.contains(database) ?? true {
                try await scanner.scan(database: database) { page in
                    page.forEach(database: database) { hash, _ in _ = names.insert(hash.value) }
                }
            }
            return names.count
        }
    }

    /// The users of the last fence that are still there, all of them without write access to the tenant's keys.
    ///
    /// - Throws: Where one of the tenant's users can write, also one that the fence did not hold. `--fence none` has held
    ///   nobody, and left it to the operator.
    private func fencedUsers() async throws(MigrationFailure) -> FencedUsers {
        guard let fence = contents.state.cutover.record, fence.kind != .none else { return FencedUsers() }
        let names = fence.users.map(\.name)
        let found: SourceUsers
        do throws(MigrationFailure) {
            found = try await usersAtSource()
        } catch {
            // A tool without the right to look has fenced nobody either.
            guard names.isEmpty, !error.mayPass else { throw error }
            return FencedUsers()
        }
        let users = found.all.filter { names.contains($0.name) }
        if let writer = users.first(where: { $0.mayWriteKeys(of: plan.scope) }) {
            throw MigrationFailure(
                .refused,
                "user \(writer.name) can write the tenant's keys at \(endpoints.source) again, so the tenant may be in use "
                    + "there and nothing is removed; take that access away first"
            )
        }
        let tenant = TenantUsers.select(from: found.all, scope: plan.scope, except: found.own).users
        // Also one that is off: that ends no connection.
        let unheld = tenant.filter { $0.mayWriteKeys(of: plan.scope) }.map(\.name.description)
        guard unheld.isEmpty || force else {
            throw MigrationFailure(
                .refused,
                "\(unheld.joined(separator: ", ")) can write the tenant's keys at \(endpoints.source), and no fence holds them, "
                    + "so the tenant may be in use there and nothing is removed; take that access away, or run cleanup "
                    + "\(plan.id) --force if they have no client that does"
            )
        }
        return FencedUsers(users: users, unheld: unheld)
    }

    private func usersAtSource() async throws(MigrationFailure) -> SourceUsers {
        try await endpoints.source.withConnection(on: group, while: Self.step) {
            (source) async throws(MigrationFailure) in
            let access = ACLAccess(source)
            return SourceUsers(all: try await access.users(), own: try await access.ownName())
        }
    }
}

private struct FencedUsers {
    var users: [ACLUser] = []
    /// Those of the tenant whom no fence holds, and who can write.
    var unheld: [String] = []
}

private struct SourceUsers: Sendable {
    let all: [ACLUser]
    /// The tool's.
    let own: ByteString
}

extension ACLUser {
    /// Whether it has no keys but the tenant's.
    fileprivate func isOnly(of scope: TenantScope) -> Bool {
        unfenced(for: scope).patterns.allSatisfy { $0.isWithin(scope) }
    }
}
