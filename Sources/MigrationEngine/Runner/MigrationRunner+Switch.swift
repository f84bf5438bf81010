import FoundationEssentials
import Logging
import MigrationCore

// What comes after the switch, and what becomes of a cutover whose worker died.
extension MigrationRunner {
    /// How often a comparison is begun again that a server has broken off.
    private static let verificationAttempts = 5

    /// Traffic is switched, whatever comes of this: a comparison that cannot be made is said and no failure.
    func verifySwitch(_ extent: VerifyExtent) async -> MigrationEvent {
        guard extent != .none else { return .verificationSkipped }
        var backoff = Backoff()
        for attempt in 1... {
            do throws(MigrationFailure) {
                try FailPoint.reach(.verify)
                return .verified(try await compareAcross(extent))
            } catch {
                guard error.mayPass, attempt < Self.verificationAttempts, !hasEnded else { return unverified(error) }
                logger.warning("the verification is tried again", metadata: ["reason": "\(error.message)"])
                try? await Task.sleep(for: backoff.next())
            }
        }
        return .verificationSkipped
    }

    private func compareAcross(_ extent: VerifyExtent) async throws(MigrationFailure) -> VerificationReport {
        let context = SwitchContext(servers: try await watchedServers())
        let verifier = CopyVerifier(plan: plan, endpoints: endpoints, group: group, context: context)
        return try await verifier.verify(sample: extent == .full ? nil : CopyVerifier.defaultSampleSize)
    }

    /// The servers whose target has been watched since the switch: the cutover's own, or the watch of a worker that
    /// died, taken up where it began.
    private func watchedServers() async throws(MigrationFailure) -> CutoverServers {
        if let servers = cutoverServers, servers.watch.lostReason == nil { return servers }
        await cutoverServers?.close()
        cutoverServers = nil
        guard let position = trace.watch else {
            throw MigrationFailure(.failed, "nobody has watched the clients' writes at \(endpoints.target)")
        }
        let servers = try await CutoverServers.watching(
            plan: plan,
            endpoints: endpoints,
            from: position,
            group: group
        )
        cutoverServers = servers
        return servers
    }

    private func unverified(_ failure: MigrationFailure) -> MigrationEvent {
        .unverified(
            MigrationFailure(
                failure.kind,
                "traffic is switched to \(endpoints.target), but its verification did not end: \(failure.message); "
                    + "run verify \(plan.id)"
            )
        )
    }

    /// Finds out what became of the cutover of a worker that died, and brings it to an end; tried until the servers
    /// that know it answer.
    func settleCutover() async {
        let settlement = CutoverSettlement(plan: plan, endpoints: endpoints, trace: trace, group: group)
        while !hasEnded {
            do throws(MigrationFailure) {
                let outcome = try await settlement.run()
                progress.reconnecting = nil
                post.yield(.cutoverEnded(outcome))
                return
            } catch {
                guard error.mayPass else { return await fail(error) }
                progress.noteFailedAttempt(error.message, at: Date())
                writeState()
                try? await Task.sleep(for: progress.nextAttempt())
            }
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
        let isLive = machine.phase == .liveSync
        guard !isLive || followsEverything else { throw interrupted }
        let interruptions = progress.interruptions
        let verifier = CopyVerifier(plan: plan, endpoints: endpoints, group: group, context: context)
        let report = try await verifier.verify(sample: sample)
        // What a broken connection or a restarted target still owes looks like a difference, and is none.
        if report.differenceCount > 0, isLive, progress.interruptions != interruptions || !followsEverything {
            throw interrupted
        }
        return report
    }

    private var interrupted: MigrationFailure {
        MigrationFailure(
            .notNow,
            "\(plan.id) lost a server for a while and has not caught up yet; verify again when it has"
        )
    }

    private var followsEverything: Bool {
        machine.phase == .liveSync && machine.isLinked && synchronizer.failure == nil
    }
}
