import MigrationCore

/// Beside a live migration: a key that differs may only be on its way.
struct LiveSyncContext: VerificationContext {
    let synchronizer: Synchronizer
    /// Of the source, as long as the verification goes on.
    let watch: ChangeWatch

    var watchesSwitch: Bool { false }

    func settle(_ keys: [KeyName]) async throws(MigrationFailure) -> Bool {
        watch.begin(keys)
        let offsets = try await synchronizer.sourceOffsets()
        watch.count(from: offsets)
        return try await synchronizer.written(upTo: offsets)
    }

    func changedSinceSettling(_ keys: [KeyName]) async throws(MigrationFailure) -> [Bool] {
        await synchronizer.heard(upTo: try await synchronizer.sourceOffsets())
        return keys.map(watch.hasChanged)
    }

    func writtenSinceSwitch(_ keys: [KeyName]) async -> [Bool] {
        Array(repeating: false, count: keys.count)
    }
}

/// Across the switch: the source is fenced and the tenant's clients write at the target, watched by its feed.
struct SwitchContext: VerificationContext {
    let servers: CutoverServers
    let synchronizer: Synchronizer
    let router: ChangeRouter

    var watchesSwitch: Bool { true }

    func settle(_ keys: [KeyName]) async throws(MigrationFailure) -> Bool {
        do {
            // Keys that expire at this moment are gone at both sides after it.
            try await Task.sleep(for: .milliseconds(100))
        } catch {
            return false
        }
        try await servers.catchUpWithTarget()
        return true
    }

    /// The source is fenced.
    func changedSinceSettling(_ keys: [KeyName]) async -> [Bool] {
        Array(repeating: false, count: keys.count)
    }

    func writtenSinceSwitch(_ keys: [KeyName]) async throws(MigrationFailure) -> [Bool] {
        try await servers.catchUpWithTarget()
        return keys.map { servers.watch.wasWritten(database: $0.database, key: $0.key) }
    }

    /// A source that was away meanwhile is not followed any more, so nothing is certain of what it has lost.
    func lostAtSource(_ keys: [KeyName]) async -> [Bool] {
        do throws(MigrationFailure) {
            await synchronizer.heard(upTo: try await synchronizer.sourceOffsets())
            return try await servers.lostAtSource(keys, router.losses)
        } catch {
            return Array(repeating: false, count: keys.count)
        }
    }
}
