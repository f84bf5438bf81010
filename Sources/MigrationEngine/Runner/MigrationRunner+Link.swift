import FoundationEssentials
import Logging
import MigrationCore
import RESP
import RedisClient

// Keeping both servers connected, and watching that they are.
extension MigrationRunner {
    /// How long a target without memory is waited for in the initial sync: it can store nothing for its other clients
    /// meanwhile.
    private static let memoryPatience = 5.0
    private static let clockInterval = Duration.seconds(30)
    private static let firstClockLook = Duration.seconds(2)
    /// A connection that has held for so long is sound.
    private static let soundAfter = 3.0

    /// Tries until both servers answer, for `--timeout` seconds at most.
    func attach() async {
        syncTask?.cancel()
        await syncTask?.value
        syncTask = nil
        await endLaneTask()
        while !hasEnded, !isFailing, !machine.isCancelling {
            do throws(MigrationFailure) {
                try? await Task.sleep(for: progress.nextAttempt())
                let home = home
                var attachment = try await synchronizer.attach(to: router, memory: memory) {
                    () async throws(MigrationFailure) in try await home.check()
                }
                if home.noteAttached() { attachment.beganFenced = true }
                // Known before the first look at the lag, for a worker that does not live that long.
                progress.backlogBytes = synchronizer.backlogBytes
                noteFeed()
                post.yield(.attached(attachment))
                return
            } catch {
                // A cancel has broken it off, and waits for its end.
                if machine.isCancelling { return }
                guard error.mayPass else { return await fail(error) }
                await noteAttempt(error)
            }
        }
    }

    /// A failure of the link, in whatever phase.
    func linkFailed(_ failure: MigrationFailure) {
        guard failure.mayPass else {
            Task { await fail(failure) }
            return
        }
        guard machine.isLinked || machine.isInCutover else { return }
        Task { await noteAttempt(failure) }
        post.yield(.interrupted(failure))
    }

    /// Remembers since when and why it does not work, and gives up where that is too long.
    private func noteAttempt(_ failure: MigrationFailure) async {
        progress.noteFailedAttempt(failure.message, at: Date())
        let seconds = progress.secondsReconnecting(at: Date())
        if failure.kind == .outOfMemory, machine.phase == .initialSync, seconds > Self.memoryPatience {
            await fail(failure)
        } else if seconds > Double(plan.transfer.timeoutSeconds) {
            let reason = MigrationFailure(
                failure.kind,
                "\(failure.message); it was tried for \(plan.transfer.timeoutSeconds) s (--timeout): run resume "
                    + "\(plan.id) when the server is well again"
            )
            await fail(reason)
        }
    }

    func startWatchdogs() -> [Task<Void, Never>] {
        [
            Task {
                for await failure in synchronizer.failed { self.synchronizationFailed(failure) }
            },
            Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(1))
                    await self.tick()
                }
            },
            Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(2))
                    await self.lookWhetherTargetWasEmptied()
                }
            },
            Task {
                try? await Task.sleep(for: Self.firstClockLook)
                while !Task.isCancelled {
                    await self.lookAtClocks()
                    try? await Task.sleep(for: Self.clockInterval)
                }
            },
            Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: .seconds(2))
                    await self.lookAtTheTenant()
                }
            },
            Task {
                while !Task.isCancelled {
                    try? await Task.sleep(for: await self.attendSchedule())
                }
            },
        ]
    }

    /// Said in the status; the next cutover refuses. A server that does not answer is others' business.
    private func lookAtClocks() async {
        guard isFilling, !hasEnded else { return }
        let tolerance = synchronizer.queue.clockTolerance
        do throws(MigrationFailure) {
            progress.clockTrouble = try await ClockSkew.complaint(endpoints, tolerance: tolerance, on: group)
        } catch { return }
    }

    /// In a cutover it is heard in the target's own stream.
    private func lookWhetherTargetWasEmptied() async {
        guard isFilling, let command = await synchronizer.emptying.look(), isFilling else { return }
        synchronizer.targetEmptied(by: command)
    }

    /// Between two looks nothing is written behind another's switch: that ends the connections of this copy first, and
    /// whoever attaches looks again.
    private func lookAtTheTenant() async {
        guard machine.isLinked, !machine.isCancelling, !machine.isInCutover, !machine.isSwitched else { return }
        do throws(MigrationFailure) {
            let sighting = try await home.check(insists: false)
            try await home.checkEarlierMoves(sighting)
            progress.homeTrouble = nil
            if let users = sighting.source.users { await follow(users.users) }
        } catch {
            if home.found.isHeld { progress.homeTrouble = error.message }
            guard !error.mayPass, !machine.isInCutover, !machine.isSwitched else { return }
            await fail(error)
        }
    }

    /// Whoever starts a worker sees at once that the tenant is another's, where the servers answer.
    func lookFirst() async {
        defer { hasBegun = !isFailing }
        guard !machine.isCancelling, !machine.isSwitched, !machine.isInCutover else { return }
        let home = home
        let failure = await Deadline(instant: .now + .seconds(1)).race(orElse: nil) { () async -> MigrationFailure? in
            do throws(MigrationFailure) {
                try await home.checkEarlierMoves(try await home.check(insists: false))
            } catch { return error }
            return nil
        }
        if let failure, !failure.mayPass { await fail(failure) }
    }

    /// What is taken from a user at the source is taken at the target soon, and not with the cutover only.
    private func follow(_ users: [ACLUser]) async {
        guard followsUsers, !ownedUsers.isEmpty, userWatch.sawChange(in: users) else { return }
        let task = Task { await followUsers() }
        userTask = task
        await task.value
        userTask = nil
    }

    private var followsUsers: Bool {
        isFilling && !isConducting && !machine.isCancelling && !hasEnded && plan.userCopy != .none
    }

    private func followUsers() async {
        do throws(MigrationFailure) {
            own(try await bringUsers().map(\.name.description))
        } catch {
            userWatch.forget()
            logger.warning("the users are as they were at the target", metadata: ["reason": "\(error.message)"])
        }
    }

    private var isFilling: Bool {
        machine.isLinked && (machine.phase == .initialSync || machine.phase == .liveSync)
    }

    private func synchronizationFailed(_ failure: MigrationFailure) {
        switch machine.phase {
        case .cutover: failureMeanwhile = failure
        case .cleanup, .completed, .cancelled:
            logger.info("the copy ended after the switch", metadata: ["reason": "\(failure.message)"])
        default: linkFailed(failure)
        }
    }

    /// Once a second: how far the feeds are behind the source, what takes too long, and state.json.
    private func tick() async {
        let now = Date()
        if machine.isLinked {
            progress.noteLatency(target: synchronizer.queue.targetLatency)
            progress.noteSound(after: Self.soundAfter, at: now)
            await measureLag()
        }
        watchTimeout()
        watchMemory()
        watchLag()
        if !machine.phase.isFinal, !hasEnded { writeState() }
    }

    private func measureLag() async {
        let following: Set<MigrationPhase> = [.initialSync, .liveSync, .paused]
        guard following.contains(machine.phase) else { return }
        guard synchronizer.feeds.sorted.allSatisfy(\.value.tellsBytes) else {
            if machine.phase == .liveSync, synchronizer.queue.snapshot.lagKeys == 0 { progress.noteInSync(at: Date()) }
            return
        }
        do throws(MigrationFailure) {
            let asked = Date()
            let (offsets, latency) = try await synchronizer.measuredOffsets()
            let told = synchronizer.feeds.mapValues(\.offset)
            // Closed meanwhile: what was measured last still holds.
            guard !told.isEmpty else { return }
            progress.noteLag(told.behind(offsets), told: told.sum, backlogBytes: synchronizer.backlogBytes)
            progress.noteLatency(source: latency)
            if machine.phase == .liveSync, machine.isLinked {
                progress.noteSource(offsets, asked: asked, written: synchronizer.queue.safePositions)
            }
            if progress.isFeedSilent { synchronizer.feedLost("it lags behind the source and says nothing") }
        } catch {
            if machine.isLinked, !machine.isInCutover { synchronizer.feedLost(error.message) }
        }
    }

    private func watchLag() {
        ticks += 1
        // In a pause it only grows, and somebody may have forgotten it.
        let isFollowing = (machine.phase == .liveSync || machine.phase == .paused) && machine.isLinked
        let lag = isFollowing ? synchronizer.queue.snapshot.lagKeys : nil
        if lagAlarm.look(lag, at: Double(ticks)) { hooks?.post(.lagHigh, status()) }
    }

    private func watchTimeout() {
        guard machine.phase == .preparing || machine.phase == .initialSync else { return }
        progress.unsyncedSeconds += 1
        let seconds = plan.transfer.timeoutSeconds
        guard progress.unsyncedSeconds >= seconds else { return }
        let failure = MigrationFailure(
            .failed,
            "live_sync was not reached within \(seconds) s; what was copied stays at \(endpoints.target): run resume "
                + "\(plan.id) to go on with it, or start again with --replace and a larger --timeout or --parallel"
                + (progress.lastInterruption.map { "; it was interrupted last because of this: \($0)" } ?? "")
        )
        Task { await fail(failure) }
    }

    /// Keys that cannot go on now are kept in memory, but not without end.
    private func watchMemory() {
        let limit = plan.transfer.dirtyBytes
        guard machine.phase == .paused || !machine.isLinked, synchronizer.queue.dirtyFootprint > limit else { return }
        guard !synchronizer.feeds.isEmpty else { return }
        Task {
            await synchronizer.dropFeeds()
            post.yield(.feedGivenUp(reason: "changed keys take more than \(limit) bytes of memory"))
        }
    }
}
