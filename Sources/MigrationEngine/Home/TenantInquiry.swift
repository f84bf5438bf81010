import MigrationCore
import NIOCore
import NIOPosix
import RESP

/// Where the clients of a migration that has no worker can write, asked for its status.
package struct TenantInquiry: Sendable {
    private static let patience = TimeAmount.seconds(1)

    private let contents: JournalContents
    private let endpoints: MigrationEndpoints

    package init(_ contents: JournalContents, endpoints: MigrationEndpoints) {
        self.contents = contents
        self.endpoints = endpoints
    }

    /// Nil where the tenant's users do not tell, or the tool's may not look.
    package func writable() async -> WritableSide? {
        let watch = TenantWatch(
            scope: contents.plan.scope,
            endpoints: endpoints,
            group: MultiThreadedEventLoopGroup.singleton,
            timeout: Self.patience
        )
        let sighting = await watch.look(at: contents.ownedUsers.compactMap { ByteString(escaped: $0) })
        await watch.close()
        return sighting.writable
    }
}
