import MigrationCore
import NIOCore
import NIOPosix
import RESP
import RedisClient

/// Finds the primary among the addresses of a source that may fail over.
struct SourceElection: Sendable {
    private static let patience = TimeAmount.seconds(3)

    let endpoints: MigrationEndpoints
    let group: any EventLoopGroup

    /// Chooses the primary; where several call themselves that, the one whose stream goes on from `position`, and of
    /// these the one that was promoted: a primary that comes back from behind has the old stream's name.
    ///
    /// - Throws: Why none is one; then the choice stays as it was.
    func run(from position: FeedPosition?) async throws(MigrationFailure) {
        guard endpoints.sources.count > 1 else { return }
        var primaries: [(index: Int, rank: Int)] = []
        var failures: [MigrationFailure] = []
        for index in endpoints.sources.indices {
            do throws(MigrationFailure) {
                primaries.append((index, try await rank(of: endpoints.sources[index], position)))
            } catch {
                failures.append(error)
            }
        }
        // Of equals the first that was named.
        if let best = primaries.max(by: { ($0.rank, -$0.index) < ($1.rank, -$1.index) }) {
            endpoints.choose(source: best.index)
            return
        }
        let words = failures.map(\.message).joined(separator: "; ")
        throw MigrationFailure(failures.first?.kind ?? .unreachable, words)
    }

    private func rank(of endpoint: RedisEndpoint, _ position: FeedPosition?) async throws(MigrationFailure) -> Int {
        let step = "looking for the primary"
        let info = try await endpoint.withConnection(on: group, while: step, timeout: Self.patience) { connection in
            try await connection.info("replication")
        }
        guard info["role"] == "master" else {
            throw MigrationFailure(.notNow, "\(step): \(endpoint) is a replica")
        }
        guard let position, let replication = ReplicationInfo(info), replication.has(position) else { return 0 }
        return position.replicationID == replication.id ? 1 : 2
    }
}

extension MigrationEndpoints {
    /// Where the source is now, for whoever has only read of it.
    package func findSource(
        _ contents: JournalContents,
        on group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws(MigrationFailure) {
        try await SourceElection(endpoints: self, group: group).run(from: contents.state.positions[.standalone])
    }
}
