import FoundationEssentials
import Logging
import MigrationCore
import NIOCore
import RESP
import RedisClient

/// The one place where the state machine's actions are performed. Each ends in an event.
extension MigrationRunner {
    func perform(_ action: MigrationAction) {
        switch action {
        case .attach: attachTask = Task { await attach() }
        case .copyUsers: task { () async throws(MigrationFailure) in try await self.prepare() }
        case .synchronize(let extent):
            let keys = machine.keysBefore
            syncTask = task { () async throws(MigrationFailure) in
                try await self.synchronize(extent, keysBefore: keys)
            }
        case .freeze: synchronizer.queue.freeze()
        case .thaw: synchronizer.queue.thaw()
        case .startCutover(let options): conduct(options)
        case .settleCutover:
            isSettling = true
            Task { await settleCutover() }
        case .verify(let extent): Task { post.yield(await verifySwitch(extent)) }
        case .cancel(let force): task { () async throws(MigrationFailure) in try await self.cancel(force) }
        case .end: finish()
        case .update(let update): apply(update)
        }
    }

    /// Ends in the step's event; a failure that may pass is met by connecting again.
    @discardableResult
    private func task(
        _ step: @escaping @Sendable () async throws(MigrationFailure) -> MigrationEvent
    ) -> Task<Void, Never> {
        Task {
            do throws(MigrationFailure) {
                post.yield(try await step())
            } catch {
                if error.mayPass, !machine.isCancelling {
                    synchronizer.fail(error)
                } else if !Task.isCancelled {
                    await fail(error)
                }
            }
        }
    }

    /// Ends the migration. What was copied before the target refused more is taken away again: half a tenant is of
    /// no use, and takes the room that was missing.
    func fail(_ failure: MigrationFailure) async {
        guard !isFailing else { return }
        isFailing = true
        if failure.kind == .superseded {
            post.yield(.superseded(by: home.found.other, failure))
            return
        }
        var failure = failure
        if failure.kind == .outOfMemory {
            failure.kind = .failed
            if machine.phase == .initialSync, !plan.replace {
                await endLaneTask()
                await synchronizer.close()
                failure = await removeCopied(after: failure)
            }
        }
        post.yield(.failed(failure))
    }

    private func removeCopied(after failure: MigrationFailure) async -> MigrationFailure {
        do throws(MigrationFailure) {
            let report = try await eraseTarget(moved: nil)
            return MigrationFailure(
                failure.kind,
                failure.message + "; the \(report.keysRemoved) keys copied so far were removed there"
            )
        } catch {
            return MigrationFailure(
                failure.kind,
                failure.message + "; what was copied is still there (\(error.message))"
            )
        }
    }

    private func prepare() async throws(MigrationFailure) -> MigrationEvent {
        try await growBacklog()
        return .prepared(users: try await copyUsers().map(\.name.description))
    }

    /// The tenant's users at the target, made where they are missing: those that the switch will make writable.
    private func copyUsers() async throws(MigrationFailure) -> [CopiedUser] {
        guard plan.userCopy != .none else { return [] }
        try FailPoint.reach(.copyUsers)
        return try await bringUsers()
    }

    /// Makes the copies what the source's users are now.
    func bringUsers() async throws(MigrationFailure) -> [CopiedUser] {
        let plan = plan
        let owned = ownedUsers
        let rights = RightsConnections(plan, on: group)
        let outcome = try await endpoints.withConnections(rights, while: "copying the tenant's users") {
            (source, target) async throws(MigrationFailure) in
            try await UserCopier(plan, source: source, target: target)
                .create(owned: owned)
        }
        guard outcome.conflicts.isEmpty else {
            let failure = MigrationFailure(outcome.conflicts, server: "\(endpoints.target)")
            throw MigrationFailure(.refused, "copying the tenant's users: \(failure.message)")
        }
        return outcome.owned
    }

    private func synchronize(
        _ extent: SyncExtent,
        keysBefore: Int?
    ) async throws(MigrationFailure) -> MigrationEvent {
        try await synchronizer.synchronize(extent, keysBefore: keysBefore)
        return .synced(keys: synchronizer.queue.snapshot.keysAtTarget)
    }

    private func conduct(_ options: CutoverOptions) {
        isConducting = true
        Task {
            // Its connections would end the cutover's.
            await userTask?.value
            post.yield(await end(of: options))
        }
    }

    /// How the cutover ended, or that it has not, because its fence could not be lowered.
    private func end(of options: CutoverOptions) async -> MigrationEvent {
        synchronizer.queue.liftLimits()
        defer { synchronizer.queue.restoreLimits() }
        await cutoverServers?.close()
        cutoverServers = nil
        do throws(MigrationFailure) {
            try await home.check()
            try await hooks?.check(.beforeCutover, status())
            // A password or a rule may have changed at the source since the users were copied.
            let users = try await copyUsers()
            let servers = try await CutoverServers.open(
                plan: plan,
                endpoints: endpoints,
                options: options,
                users: users,
                notifications: targetNotifications,
                group: group
            )
            cutoverServers = servers
            let conductor = CutoverConductor(
                options: options,
                synchronizer: synchronizer,
                router: router,
                servers: servers,
                home: home,
                logger: logger,
                fenced: { [hooks] () async throws(MigrationFailure) in
                    try await hooks?.check(.fenced, await self.status())
                },
                step: { [hooks] in hooks?.step },
                journal: { event in try await self.noteCutover(event) }
            )
            return saysNext(await conductor.run())
        } catch {
            return .cutoverEnded(.back(error))
        }
    }

    /// A fence that could not be lowered, with what an operator can do.
    private func saysNext(_ event: MigrationEvent) -> MigrationEvent {
        guard case .cutoverUnsettled(let failure) = event else { return event }
        let words =
            "\(failure.message); it is tried again until it comes down: let the tool's user do that at "
            + "\(endpoints.source), or run resume \(plan.id) with other credentials"
        return .cutoverUnsettled(MigrationFailure(failure.kind, words))
    }

    /// Tried again for a while: only this worker knows what it has moved.
    private func cancel(_ force: Bool) async throws(MigrationFailure) -> MigrationEvent {
        syncTask?.cancel()
        // Lanes that are being opened now would write behind the removal.
        attachTask?.cancel()
        await attachTask?.value
        await userTask?.value
        await endLaneTask()
        await synchronizer.close()
        var backoff = Backoff()
        let end = ContinuousClock.now + Self.cancelPatience
        while true {
            do throws(MigrationFailure) {
                return .cancelled(try await cancelOnce(force))
            } catch {
                guard error.mayPass, ContinuousClock.now < end, !hasEnded else { throw error }
                logger.warning("the cancel is tried again", metadata: ["reason": "\(error.message)"])
            }
            try? await Task.sleep(for: backoff.next())
        }
    }

    static let cancelPatience = Duration.seconds(20)

    private func cancelOnce(_ force: Bool) async throws(MigrationFailure) -> CancelReport {
        // A source that is gone for good must not stand in the way.
        try await home.checkRemoval()
        guard !force else { return try await eraseTarget(moved: nil) }
        try await findSource()
        let moved = MovedKeys(
            plan: plan,
            endpoints: endpoints,
            queue: synchronizer.queue,
            position: position,
            group: group
        )
        do throws(MigrationFailure) {
            let report = try await eraseTarget(moved: moved)
            await moved.close()
            return report
        } catch {
            await moved.close()
            throw error
        }
    }
}

extension MigrationRunner {
    /// Up to where everything that the source has said is at the target.
    private var position: FeedPosition? {
        synchronizer.queue.safePositions[.standalone] ?? memory?.positions[.standalone]
    }

    /// Where the source is now: it may have failed over.
    func findSource() async throws(MigrationFailure) {
        try await SourceElection(endpoints: endpoints, group: group).run(from: position)
    }

    /// Removes what the migration put at the target, its keys and its users.
    private func eraseTarget(moved: MovedKeys?) async throws(MigrationFailure) -> CancelReport {
        let step = "removing what was copied"
        let home = home
        let eraser = TenantEraser(endpoint: endpoints.target, plan: plan, group: group, step: step) {
            () async throws(MigrationFailure) in try await home.checkRemoval()
        }
        try FailPoint.reach(.eraseTarget)
        let erased = try await eraser.erase(moved: moved)
        do {
            try await synchronizer.removeParts()
        } catch {
            throw MigrationFailure(error, while: step)
        }
        try FailPoint.reach(.eraseUsers)
        let users = try await eraser.removeUsers(ownedUsers, andCopies: true)
        return CancelReport(
            keysRemoved: erased.removed,
            usersRemoved: users,
            keysLeft: erased.left,
            leftExamples: erased.leftExamples
        )
    }
}
