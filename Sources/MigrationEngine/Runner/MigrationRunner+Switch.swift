import FoundationEssentials
import Logging
import MigrationCore

// What comes after the switch, and what becomes of a cutover whose worker died.
extension MigrationRunner {
    /// Traffic is switched, whatever comes of this: a comparison that cannot be made is said and no failure. A server
    /// that is away is waited for as before the switch: what the source has does not change any more, and what clients
    /// write at the target is known as long as it is watched.
    func verifySwitch(_ extent: VerifyExtent) async -> MigrationEvent {
        // A worker that begins here has not followed the source.
        if cutoverServers == nil { try? await findSource() }
        guard extent != .none else { return .verificationSkipped }
        progress.noteAnswer()
        while true {
            do throws(MigrationFailure) {
                try FailPoint.reach(.verify)
                let report = try await compareAcross(extent)
                progress.noteAnswer()
                return .verified(report)
            } catch {
                progress.noteFailedAttempt(error.message, at: Date())
                let seconds = progress.secondsReconnecting(at: Date())
                let isPatient = seconds < Double(plan.transfer.timeoutSeconds)
                guard error.mayPass, isPatient, !hasEnded else { return unverified(error) }
                logger.warning("the verification is tried again", metadata: ["reason": "\(error.message)"])
                writeState()
                try? await Task.sleep(for: progress.nextAttempt())
            }
        }
    }

    private func compareAcross(_ extent: VerifyExtent) async throws(MigrationFailure) -> VerificationReport {
        let context = SwitchContext(servers: try await watchedServers(), synchronizer: synchronizer, router: router)
        let verifier = verifier(context)
        return try await verifier.verify(sample: extent == .full ? nil : CopyVerifier.defaultSampleSize)
    }

    private func verifier(_ context: any VerificationContext) -> CopyVerifier {
        CopyVerifier(
            plan: plan,
            endpoints: endpoints,
            group: group,
            context: context,
            tolerance: synchronizer.queue.clockTolerance
        )
    }

    /// The servers whose target has been watched since the switch: the cutover's own; where that watch was lost, one
    /// that goes on where it had told; or the watch of a worker that died, taken up where it began.
    private func watchedServers() async throws(MigrationFailure) -> CutoverServers {
        if let servers = cutoverServers {
            guard servers.watch.lostReason != nil else { return servers }
            await servers.close()
        }
        guard let position = cutoverServers?.watchedTo ?? trace.watch else {
            throw MigrationFailure(.failed, "nobody has watched the clients' writes at \(endpoints.target)")
        }
        let servers = try await CutoverServers.watching(
            plan: plan,
            endpoints: endpoints,
            from: position,
            continuing: cutoverServers?.watch,
            notifications: targetNotifications,
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

    /// Finds out what became of a cutover that has lost its worker or left its fence up, and brings it to an end; tried
    /// until that works, whatever stands against it: a fence that stays up is an outage.
    func settleCutover() async {
        let begin = ContinuousClock.now
        let settlement = CutoverSettlement(
            plan: plan,
            endpoints: endpoints,
            trace: trace,
            position: memory?.positions[.standalone],
            home: home,
            group: group
        )
        while !hasEnded {
            do throws(MigrationFailure) {
                return settled(try await settlement.run())
            } catch {
                if error.kind == .superseded { return await fail(error) }
                let isPatient = error.mayPass && ContinuousClock.now - begin < Self.cancelPatience
                // Whoever cancels waits for the answer, and asks again.
                guard !machine.isCancelling || isPatient else { return await fail(error) }
                logger.warning("the fence may still be up", metadata: ["reason": "\(error.message)"])
                progress.noteFailedAttempt(error.message, at: Date())
                writeState()
                settlements.failed += 1
                let pause = progress.nextAttempt()
                let sleep = Task<Void, Never> { try? await Task.sleep(for: pause) }
                settlements.pause = sleep
                await sleep.value
            }
        }
    }

    private func settled(_ cutover: SettledCutover) {
        progress.reconnecting = nil
        if machine.isLinked { progress.attachedAt = Date() }
        switch cutover.outcome {
        case .switched: router.switched()
        case .back:
            router.stopWatching()
            synchronizer.queue.thaw()
        }
        for event in cutover.events { post.yield(event) }
    }

    /// Tries at once what waits for its turn, and returns when that has ended either way.
    func hurrySettlement() async {
        let failed = settlements.failed
        settlements.pause?.cancel()
        while isSettling, settlements.failed == failed, !hasEnded { try? await Task.sleep(for: .milliseconds(10)) }
    }

    /// Compares both sides now, while the migration runs.
    package func verify(sample: Int?) async throws(MigrationFailure) -> VerificationReport {
        let context: any VerificationContext
        let watch = ChangeWatch()
        router.add(watch)
        defer { router.remove(watch) }
        switch machine.phase {
        case .liveSync: context = LiveSyncContext(synchronizer: synchronizer, watch: watch)
        case .cleanup:
            guard let servers = cutoverServers, !machine.isInCutover else { fallthrough }
            context = SwitchContext(servers: servers, synchronizer: synchronizer, router: router)
        default:
            throw MigrationFailure(
                .notNow,
                "\(plan.id) is in phase \(machine.phase.rawValue); verify compares in live_sync and after the switch"
            )
        }
        let phase = machine.phase
        let isLive = phase == .liveSync
        guard !isLive || followsEverything else { throw interrupted }
        let interruptions = progress.measured.interruptions
        let servers = cutoverServers
        let verifier = verifier(context)
        let report: VerificationReport
        do throws(MigrationFailure) {
            report = try await verifier.verify(sample: sample)
        } catch {
            throw isLive ? error : failure(error, with: servers)
        }
        // What a broken connection or a restarted target still owes looks like a difference, and is none.
        if report.differenceCount > 0, isLive, progress.measured.interruptions != interruptions || !followsEverything {
            throw interrupted
        }
        return report
    }

    /// The connections belong to the comparison across the switch: it closes them at its end, or opens others.
    private func failure(_ failure: MigrationFailure, with servers: CutoverServers?) -> MigrationFailure {
        if machine.phase != .cleanup {
            return MigrationFailure(
                .notNow,
                "the comparison across the switch of \(plan.id) has ended meanwhile; verify again shows what it found"
            )
        }
        guard servers !== cutoverServers || servers?.watch.lostReason != nil else { return failure }
        return MigrationFailure(
            .notNow,
            "the change feed of \(endpoints.target) was lost and is taken up again; verify again in a moment"
        )
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

/// How the settlement of a cutover goes.
struct SettlementAttempts {
    var failed = 0
    /// Before the next; cancelled, it ends at once.
    var pause: Task<Void, Never>?
}
