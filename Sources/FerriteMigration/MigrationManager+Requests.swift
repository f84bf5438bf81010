import FoundationEssentials
import MigrationCore
import MigrationEngine

// What is asked of a migration between its beginning and its end.
extension MigrationManager {
    /// Stops all reading and writing of keys; what changes at the source is still noted, within a bound of memory.
    /// Pausing twice is no error.
    ///
    /// - Throws: `notNow` in a cutover; `failed` where it does not run in this process.
    public func pause(_ id: String) async throws(MigrationError) {
        try await MigrationError.translating { try await runner(id, to: "be paused").pause() }
    }

    /// Goes on: after a pause, or, where no process runs the migration any more, in this one, from where the journal
    /// says that everything was at the target. Resuming a migration that runs is no error. Returns when it goes on.
    ///
    /// - Throws: `failed` for one that is completed or cancelled, `notNow` where another process runs it.
    public func resume(_ id: String) async throws(MigrationError) {
        try await MigrationError.translating {
            if !isRunning(id) { _ = try await takeUp(id, cancelling: nil).begun() }
            // One that has ended as soon as it began says why in its status.
            if isRunning(id) { try await runner(id, to: "be resumed").resume() }
        }
    }

    /// Lets a migration go slower or faster, within a second. What is nil stays as it is. Where no process runs it, what
    /// was updated counts from its next `resume` on.
    ///
    /// - Parameters:
    ///   - maxKeysPerSecond: 0 lifts the limit.
    ///   - maxBytesPerSecond: 0 lifts the limit.
    /// - Throws: `configuration` where nothing is given or a number is out of its range; `notNow` in a cutover, or where
    ///   another process runs it; `failed` for one that is completed or cancelled.
    public func update(
        _ id: String,
        parallel: Int? = nil,
        batchSize: Int? = nil,
        maxKeysPerSecond: Int? = nil,
        maxBytesPerSecond: Int? = nil
    ) async throws(MigrationError) {
        try await MigrationError.translating {
            let update = try TransferUpdate(
                parallel: parallel,
                batchSize: batchSize,
                maxKeysPerSecond: maxKeysPerSecond,
                maxBytesPerSecond: maxBytesPerSecond
            )
            guard !update.isEmpty else { throw MigrationFailure(.configuration, "update was given nothing to change") }
            if isRunning(id) { return try await runner(id, to: "be updated").update(update) }
            try journal.checkCounts(try contents(id), to: "be updated")
            try journal.open(id).record(.updated(update), to: "be updated")
        }
    }

    /// Gives the migration up and removes from the target what it put there, its keys and its users. The source is
    /// not touched. One that was broken off is finished by asking again.
    ///
    /// - Parameter force: Remove every key of the tenant at the target, also those that somebody else wrote there.
    /// - Throws: `failed` after the switch: to go back, migrate the tenant from the target to the source.
    @discardableResult
    public func cancel(_ id: String, force: Bool = false) async throws(MigrationError) -> Cancellation {
        let report = try await MigrationError.translating {
            if isRunning(id) {
                let report = try await runner(id, to: "be cancelled").cancel(force: force)
                await ended(id)
                return report
            }
            if let report = try contents(id).status.cancel { return report }
            let status = try await takeUp(id, cancelling: force).end()
            guard let report = status.cancel else {
                throw status.error ?? MigrationFailure(.failed, "\(id) was not cancelled")
            }
            return report
        }
        return Cancellation(report)
    }

    /// Lets a cutover happen by itself at `instant`. It is tried until it has happened, for `windowSeconds`, and then
    /// given up; `MigrationStatus.scheduleEnd` says why. The schedule is in the journal, and waits for the process that
    /// runs the migration next; a time that has passed outside the window is not made up for.
    ///
    /// - Parameter windowSeconds: 1 to 86 400.
    /// - Returns: The instant that was scheduled before, which this one replaces.
    /// - Throws: `configuration` where the instant is past or more than 366 days ahead; `failed` after the switch, or
    ///   where the migration does not run in this process.
    @discardableResult
    public func scheduleCutover(
        _ id: String,
        at instant: Date,
        windowSeconds: Int = 600,
        settings: CutoverSettings = CutoverSettings()
    ) async throws(MigrationError) -> Date? {
        let schedule = try MigrationError.translating {
            try CutoverSchedule(
                at: instant,
                windowSeconds: windowSeconds,
                options: try settings.options(),
                now: Date()
            )
        }
        return try await MigrationError.translating {
            try await runner(id, to: "be scheduled").schedule(schedule)?.instant
        }
    }

    /// Takes back what was scheduled, and returns it; nil where nothing was.
    @discardableResult
    public func unscheduleCutover(_ id: String) async throws(MigrationError) -> Date? {
        try await MigrationError.translating {
            try await runner(id, to: "be unscheduled").unschedule()?.instant
        }
    }

    /// Removes the tenant from the source it was moved from, a batch at a time, then the users that were fenced there.
    ///
    /// - Parameters:
    ///   - keysPerSecond: 1 to 10 000 000, at most.
    ///   - force: Remove also keys that have come to the source since the comparison, those that could not be compared, and
    ///     where a user that no fence holds can write.
    /// - Throws: `failed` unless the migration is completed and its full comparison has found no difference, and where
    ///   the source has more keys of the tenant than were compared.
    @discardableResult
    public func cleanup(
        _ id: String,
        keysPerSecond: Int = 10_000,
        force: Bool = false
    ) async throws(MigrationError) -> Cleanup {
        let report = try await MigrationError.translating {
            guard SourceCleanup.rateRange.contains(keysPerSecond) else {
                throw MigrationFailure(.configuration, "keysPerSecond cannot be \(keysPerSecond)")
            }
            let (journal, contents) = try Journal.open(try journal.open(id))
            try self.journal.checkCounts(contents, to: "be cleaned up")
            let cleanup = SourceCleanup(
                contents: contents,
                endpoints: endpoints(contents.plan),
                keysPerSecond: keysPerSecond,
                force: force
            )
            return try await cleanup.run(journal)
        }
        return Cleanup(report)
    }

    /// How a migration stands, each time that it stands differently, until nothing more will happen by itself.
    public nonisolated func statuses(_ id: String, every interval: Duration = .milliseconds(200)) -> MigrationStatuses {
        MigrationStatuses(manager: self, id: id, interval: interval)
    }
}

/// The statuses of one migration: see `MigrationManager.statuses`. Ends after a final one.
public struct MigrationStatuses: AsyncSequence, Sendable {
    public typealias Element = MigrationStatus
    public typealias Failure = any Error

    let manager: MigrationManager
    let id: String
    let interval: Duration

    public func makeAsyncIterator() -> Iterator { Iterator(statuses: self) }

    public struct Iterator: AsyncIteratorProtocol {
        let statuses: MigrationStatuses
        private var last: MigrationStatus?

        init(statuses: MigrationStatuses) { self.statuses = statuses }

        /// - Throws: `MigrationError` where there is no such migration, `CancellationError` where the task is cancelled.
        public mutating func next() async throws -> MigrationStatus? {
            guard last?.phase.isFinal != true else { return nil }
            while true {
                let status = try await statuses.manager.status(statuses.id)
                guard let last, last.isSame(as: status) else {
                    last = status
                    return status
                }
                try await Task.sleep(for: statuses.interval)
            }
        }
    }
}

/// What was removed from the target.
public struct Cancellation: Sendable, Equatable {
    public let keysRemoved: Int
    public let usersRemoved: [String]
    /// Keys of the tenant at the target that did not come from this migration.
    public let keysLeft: Int

    init(_ report: CancelReport) {
        keysRemoved = report.keysRemoved
        usersRemoved = report.usersRemoved
        keysLeft = report.keysLeft
    }
}

/// What was removed from the source.
public struct Cleanup: Sendable, Equatable {
    public let keysRemoved: Int
    public let usersRemoved: [String]
    /// Users that also have keys of others: they stay, without write access to the tenant's keys.
    public let usersKept: [String]

    init(_ report: CleanupReport) {
        keysRemoved = report.keysRemoved
        usersRemoved = report.usersRemoved
        usersKept = report.usersKept
    }
}
