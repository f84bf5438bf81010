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

    private let contents: JournalContents
    private let endpoints: MigrationEndpoints
    private let keysPerSecond: Int
    private let group: any EventLoopGroup

    package init(
        contents: JournalContents,
        endpoints: MigrationEndpoints,
        keysPerSecond: Int = Self.defaultRate,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.contents = contents
        self.endpoints = endpoints
        self.keysPerSecond = keysPerSecond
        self.group = group
    }

    private var plan: MigrationPlan { contents.plan }

    /// Whether what the journal says allows it: only what was compared in full and found equal may be removed.
    package func check() throws(MigrationFailure) {
        let id = plan.id
        guard contents.status.phase == .completed else {
            throw MigrationFailure(
                .failed,
                "\(id) is in phase \(contents.status.phase.rawValue): the source is cleaned up once it is completed"
            )
        }
        guard let verification = contents.status.verification else {
            throw MigrationFailure(
                .failed,
                "both sides of \(id) were not compared across the switch, so the source's copy is kept; remove it by hand "
                    + "if you are sure"
            )
        }
        guard verification.outcome == .verified else {
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

    /// - Throws: Where the tenant's users can write at the source again, because then it is in use.
    package func run() async throws(MigrationFailure) -> CleanupReport {
        try check()
        let step = "cleaning up the source"
        var eraser = TenantEraser(endpoint: endpoints.source, plan: plan, group: group, step: step)
        eraser.keysPerSecond = keysPerSecond
        let fenced = try await fencedUsers()
        try FailPoint.reach(.cleanSource)
        let erased = try await eraser.erase()
        try FailPoint.reach(.cleanUsers)
        let users = try await eraser.removeUsers(fenced.map(\.description))
        return CleanupReport(keysRemoved: erased.removed, usersRemoved: users)
    }

    /// The users of the last fence that are still there, all of them without write access to the tenant's keys.
    private func fencedUsers() async throws(MigrationFailure) -> [ByteString] {
        let names = contents.events.reduce(into: [ByteString]()) { names, record in
            if case .cutover(.prepared(let fence)) = record.event { names = fence.users.map(\.name) }
        }
        guard !names.isEmpty else { return [] }
        let source: RedisConnection
        do {
            source = try await RedisConnection.connect(to: endpoints.source, on: group)
        } catch {
            throw MigrationFailure(error, while: "cleaning up the source")
        }
        let users: [ACLUser]
        do throws(MigrationFailure) {
            users = try await ACLAccess(source).users().filter { names.contains($0.name) }
        } catch {
            await source.close()
            throw error
        }
        await source.close()
        if let writer = users.first(where: { $0.mayWriteKeys(of: plan.scope) }) {
            throw MigrationFailure(
                .refused,
                "user \(writer.name) can write the tenant's keys at \(endpoints.source) again, so the tenant may be in use "
                    + "there and nothing is removed; take that access away first"
            )
        }
        return users.map(\.name)
    }
}
