import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

/// What tests do with a stage.
extension MigrationStage {
    var prefix: String { "__tenant:\(options.tenant):" }

    /// Waits until the migration is in `phase`; an issue is recorded where it ends otherwise or takes too long.
    @discardableResult
    func wait(for phase: MigrationPhase, seconds: Double = 30) async throws -> MigrationStatus {
        var patience = Patience(seconds)
        while !patience.isOver() {
            let status = await runner.status()
            if status.phase == phase { return status }
            if status.phase.isFinal {
                Issue.record("ended in \(status.phase): \(status.error?.message ?? "")")
                throw StageError()
            }
            try await Task.sleep(for: .milliseconds(2))
        }
        Issue.record("not in \(phase) after \(seconds) s: \(await runner.status())")
        throw StageError()
    }

    /// Waits until both servers have answered for a while.
    func waitUntilSound() async throws {
        let isSound = try await eventually(30) {
            let status = await runner.status()
            return status.reconnecting == nil && status.phase == .liveSync
        }
        let status = await runner.status()
        #expect(isSound, "\(status)")
    }

    /// Waits until the migration has failed, and says why.
    func failure(seconds: Double = 30) async throws -> MigrationFailure {
        let status = try await wait(for: .failed, seconds: seconds)
        _ = await runner.verification()
        return try #require(status.error)
    }

    /// Where the tenant's keys differ, all databases, values and expiries.
    func differences(idleConsumers: Bool = true) async throws -> [String] {
        var comparison = KeyspaceComparison(source, target, tenant: options.tenant)
        comparison.countsIdleConsumers = idleConsumers
        return try await offPool { [comparison] in try comparison.differences().map(\.description) }
    }

    /// Both sides become equal, and are still equal once nothing waits any more.
    func expectEqual(
        _ what: String = "",
        idleConsumers: Bool = true,
        seconds: Double = 15,
        location: SourceLocation = #_sourceLocation
    ) async throws {
        let isEqual = try await eventually(seconds) {
            guard try await differences(idleConsumers: idleConsumers).isEmpty else { return false }
            return await runner.status().lagKeys == 0
        }
        let last = try await differences(idleConsumers: idleConsumers)
        let found = isEqual ? last : last + ["not equal after \(seconds) s"]
        #expect(found == [], "\(what)", sourceLocation: location)
    }

    /// Waits until the target has so many keys of that name.
    func wait(forKey name: String, to count: Int) async throws {
        let isThere = try await eventually { try target.call("EXISTS", prefix + name).integer == count }
        #expect(isThere, "\(name)")
    }

    /// The target has nothing of the tenants of similar names, and its own tenant is as it was.
    func expectOthersUntouched(location: SourceLocation = #_sourceLocation) throws {
        let neighbours = TenantSeed.neighbours(of: options.tenant)
        #expect(try KeyspaceDigest(target, tenants: neighbours).keys == 0, sourceLocation: location)
        #expect(try KeyspaceDigest(target, tenants: [Self.resident]) == residents, sourceLocation: location)
    }

    /// A client that writes as the tenant's user and goes wherever its writes are taken.
    func writer(_ change: (inout LiveWriter.Options) -> Void = { _ in }) -> LiveWriter {
        var options = LiveWriter.Options()
        change(&options)
        return LiveWriter(
            tenant: self.options.tenant,
            at: source.endpoint(user: Self.user, password: Self.password),
            alternative: target.endpoint(user: Self.user, password: Self.password),
            options: options
        )
    }

    /// Waits for `count` more acknowledged writes.
    func more(_ count: Int, of writer: LiveWriter) async throws {
        let wanted = writer.statistics.acknowledged + count
        let came = try await eventually(30) { writer.statistics.acknowledged >= wanted }
        #expect(came, "the writer stands still: \(writer.statistics)")
    }

    func cutover(_ change: (inout CutoverOptions) -> Void = { _ in }) async throws -> CutoverOutcome {
        // A loaded machine is no reason for a pause budget to run out, or for a lag to be too large.
        var options = try CutoverOptions(maxLag: 1_000_000, maxPauseMilliseconds: 60_000)
        change(&options)
        return try await runner.cutover(options)
    }

    /// A cutover that must succeed.
    @discardableResult
    func switchOver(
        location: SourceLocation = #_sourceLocation,
        _ change: (inout CutoverOptions) -> Void = { _ in }
    ) async throws -> (downtime: Double, keys: Int) {
        switch try await cutover(change) {
        case .switched(let downtime, let keys): return (downtime, keys)
        case .back(let failure):
            Issue.record("not switched: \(failure)", sourceLocation: location)
            throw StageError()
        }
    }

    /// A cutover that must not succeed, and leaves live sync running and the source's users as they were.
    func refusedCutover(
        _ kind: MigrationFailure.Kind,
        location: SourceLocation = #_sourceLocation,
        _ change: (inout CutoverOptions) -> Void = { _ in }
    ) async throws -> String {
        let users = try source.accessRules
        guard case .back(let failure) = try await cutover(change) else {
            Issue.record("the cutover succeeded", sourceLocation: location)
            throw StageError()
        }
        source.resume()
        target.resume()
        #expect(failure.kind == kind, "\(failure.message)", sourceLocation: location)
        #expect(try source.accessRules == users, sourceLocation: location)
        let status = await runner.status()
        #expect(status.phase == .liveSync, sourceLocation: location)
        #expect(status.error == failure, sourceLocation: location)
        #expect(status.writesRefusedSince == nil, sourceLocation: location)
        return failure.message
    }

    /// The verification across the switch, once it has ended.
    func report() async throws -> VerificationReport {
        try #require(await runner.verification())
    }
}

extension RedisServer {
    /// `ACL LIST`, byte for byte.
    var accessRules: [Bytes] { get throws { try call("ACL", "LIST").array?.compactMap(\.bytes) ?? [] } }

    /// A field of INFO.
    func info(_ name: String) throws -> String? {
        let text = try call("INFO", "everything").text ?? ""
        return text.split(whereSeparator: \.isNewline).first { $0.hasPrefix("\(name):") }
            .map { String($0.dropFirst(name.count + 1)) }
    }
}
