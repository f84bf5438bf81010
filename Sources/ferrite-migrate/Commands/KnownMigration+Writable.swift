import MigrationCore
import MigrationEngine

// Where the tenant's clients can write is what the servers say, whatever the journal suggests. A worker that lives has
// asked them; of one that does not, this process asks, and waits for a server no longer than a second.
extension KnownMigration {
    /// For those who want to see where the migration stands, and not for a program that looks again and again.
    func shownStatus(_ context: CommandContext) async throws(CommandFailure) -> MigrationStatus {
        await asking(try await status(context), context)
    }

    func asking(_ status: MigrationStatus, _ context: CommandContext) async -> MigrationStatus {
        guard !folder.isWorkerAlive, let contents = try? JournalContents.read(folder) else { return status }
        // A password that is not at hand is no news here.
        guard let prepared = try? context.settings.passwords(for: contents.plan, warn: { _ in }) else { return status }
        var status = status
        let inquiry = TenantInquiry(contents, endpoints: prepared.endpoints)
        status.seenWritable = await inquiry.writable() ?? status.seenWritable
        return status
    }
}
