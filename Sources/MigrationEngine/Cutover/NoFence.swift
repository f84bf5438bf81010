import MigrationCore

/// The operator has stopped the tenant's writers by other means; the stream alone proves it.
package struct NoFence: WriteFence {
    package let kind = FenceKind.none

    package init() {}

    package func prepare() async throws(MigrationFailure) -> FenceRecord {
        FenceRecord(kind: .none, users: [])
    }

    package func raise(_ record: FenceRecord) async throws(MigrationFailure) {}
    package func lower(_ record: FenceRecord) async throws(MigrationFailure) {}
}
