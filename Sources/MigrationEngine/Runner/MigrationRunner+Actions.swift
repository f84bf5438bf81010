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
        case .prepare: task { () async throws(MigrationFailure) in try await self.prepare() }
        case .synchronize: task { () async throws(MigrationFailure) in try await self.synchronize() }
        case .startCutover(let options):
            Task { post.yield(.cutoverEnded(await self.conduct(options))) }
        case .verify(let extent): task { () async throws(MigrationFailure) in try await self.verifySwitch(extent) }
        case .end: finish()
        }
    }

    private func task(_ body: @escaping @Sendable () async throws(MigrationFailure) -> MigrationEvent) {
        Task {
            do throws(MigrationFailure) {
                post.yield(try await body())
            } catch {
                await self.fail(error)
            }
        }
    }

    /// Ends the migration. What was copied before the target refused more is taken away again: half a tenant is of
    /// no use, and takes the room that was missing.
    private func fail(_ failure: MigrationFailure) async {
        guard !isFailing else { return }
        isFailing = true
        var failure = failure
        if machine.phase == .initialSync, failure.kind == .failed, !plan.replace, failure.message.contains("OOM") {
            await synchronizer.close()
            failure = await removeCopied(after: failure)
        }
        post.yield(.failed(failure))
    }

    private func removeCopied(after failure: MigrationFailure) async -> MigrationFailure {
        let eraser = TenantEraser(endpoint: endpoints.target, scope: plan.scope, group: group)
        do throws(MigrationFailure) {
            let count = try await eraser.erase(databases: plan.databases)
            try? await synchronizer.removeParts()
            try await eraser.removeUsers(users.map(\.name))
            return MigrationFailure(
                failure.kind,
                failure.message + "; the \(count) keys copied so far were removed there"
            )
        } catch {
            return MigrationFailure(
                failure.kind,
                failure.message + "; what was copied is still there (\(error.message))"
            )
        }
    }

    private func prepare() async throws(MigrationFailure) -> MigrationEvent {
        let positions = try await synchronizer.prepare(router: router)
        users = try await copyUsers()
        return .prepared(positions: positions, users: users.map(\.name.description))
    }

    private func copyUsers() async throws(MigrationFailure) -> [CopiedUser] {
        guard plan.userCopy != .none else { return [] }
        let source: RedisConnection
        let target: RedisConnection
        do {
            source = try await RedisConnection.connect(to: endpoints.source, on: group)
            target = try await RedisConnection.connect(to: endpoints.target, on: group)
        } catch {
            throw MigrationFailure(error, while: "copying the tenant's users")
        }
        let copier = UserCopier(scope: plan.scope, copy: plan.userCopy, source: source, target: target)
        let outcome = try await copier.create(owned: users.map(\.name.description))
        await source.close()
        await target.close()
        guard outcome.conflicts.isEmpty else {
            let names = outcome.conflicts.map(\.description).joined(separator: ", ")
            throw MigrationFailure(
                .refused,
                "copying the tenant's users: \(endpoints.target) already has \(names) with other rules; make them equal "
                    + "or remove them there, or use --no-copy-acl"
            )
        }
        return outcome.owned
    }

    private func synchronize() async throws(MigrationFailure) -> MigrationEvent {
        try await synchronizer.synchronize()
        return .synced(keys: synchronizer.queue.snapshot.keysAtTarget)
    }

    private func conduct(_ options: CutoverOptions) async -> CutoverOutcome {
        await cutoverServers?.close()
        cutoverServers = nil
        do throws(MigrationFailure) {
            // A password or a rule may have changed at the source since the users were copied.
            users = try await copyUsers()
            let servers = try await CutoverServers.open(
                plan: plan,
                endpoints: endpoints,
                options: options,
                users: users,
                group: group
            )
            cutoverServers = servers
            let conductor = CutoverConductor(
                options: options,
                synchronizer: synchronizer,
                router: router,
                servers: servers,
                logger: logger,
                journal: { event in try await self.noteCutover(event) }
            )
            return await conductor.run()
        } catch {
            return .back(error)
        }
    }

    private func verifySwitch(_ extent: VerifyExtent) async throws(MigrationFailure) -> MigrationEvent {
        guard let servers = cutoverServers, extent != .none else { return .verificationSkipped }
        let context = SwitchContext(servers: servers)
        let verifier = CopyVerifier(plan: plan, endpoints: endpoints, group: group, context: context)
        do throws(MigrationFailure) {
            return .verified(try await verifier.verify(sample: extent == .full ? nil : CopyVerifier.defaultSampleSize))
        } catch {
            throw MigrationFailure(
                error.kind,
                "traffic is switched to \(endpoints.target), but its verification did not end: \(error.message); "
                    + "run verify \(plan.id)"
            )
        }
    }

    /// Compares both sides now, while the migration runs.
    package func verify(sample: Int?) async throws(MigrationFailure) -> VerificationReport {
        let context: any VerificationContext
        switch machine.phase {
        case .liveSync: context = LiveSyncContext(synchronizer: synchronizer)
        case .cleanup:
            guard let servers = cutoverServers else { fallthrough }
            context = SwitchContext(servers: servers)
        default:
            throw MigrationFailure(
                .notNow,
                "\(plan.id) is in phase \(machine.phase.rawValue); verify compares in live_sync and after the switch"
            )
        }
        let verifier = CopyVerifier(plan: plan, endpoints: endpoints, group: group, context: context)
        return try await verifier.verify(sample: sample)
    }
}

// MARK: - What comes from outside

extension MigrationRunner {
    func startWatchdogs() -> [Task<Void, Never>] {
        [
            Task {
                for await failure in synchronizer.failed { await self.synchronizationFailed(failure) }
            },
            Task {
                try? await Task.sleep(for: .seconds(plan.transfer.timeoutSeconds))
                if !Task.isCancelled { self.timedOut() }
            },
            Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(1))
                    await self.tick()
                }
            },
        ]
    }

    private func synchronizationFailed(_ failure: MigrationFailure) async {
        switch machine.phase {
        case .cutover: failureMeanwhile = failure
        case .cleanup, .completed:
            logger.info("the copy ended after the switch", metadata: ["reason": "\(failure.message)"])
        default: await fail(failure)
        }
    }

    private func timedOut() {
        guard machine.phase == .preparing || machine.phase == .initialSync else { return }
        let seconds = plan.transfer.timeoutSeconds
        let failure = MigrationFailure(
            .failed,
            "live_sync was not reached within \(seconds) s; what was copied stays at \(endpoints.target): "
                + "start again with --replace and a larger --timeout or --parallel"
        )
        post.yield(.failed(failure))
    }

    /// Once a second: how far the feeds are behind the source, and state.json.
    private func tick() async {
        let isFollowing = machine.phase == .initialSync || machine.phase == .liveSync
        if isFollowing, let offsets = try? await synchronizer.sourceOffsets() {
            progress.lagBytes = zip(offsets, synchronizer.feeds).reduce(0) { $0 + max(0, $1.0 - $1.1.offset) }
        }
        if !machine.phase.isFinal { writeState() }
    }
}

extension MigrationEvent {
    /// For the log: what happened, without what came with it.
    var name: String {
        let text = "\(self)"
        return String(text.prefix { $0 != "(" })
    }
}
