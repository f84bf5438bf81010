import FoundationEssentials
import Testing

@testable import MigrationCore

@Suite struct MigrationMetricsTests {
    static let start = Date(timeIntervalSince1970: 1_790_000_000)

    static func status(
        _ tenant: String = "acme-corp",
        id: String = "mig_1",
        phase: MigrationPhase = .liveSync,
        startedAfter seconds: Double = 0
    ) throws -> MigrationStatus {
        let plan = try MigrationPlan(
            id: id,
            scope: TenantScope(tenant: tenant),
            source: ServerPlan(address: ServerAddress(host: "old")),
            target: ServerPlan(address: ServerAddress(host: "new")),
            transfer: TransferOptions()
        )
        return MigrationStatus(plan: plan, phase: phase, at: start + seconds)
    }

    private func lines(_ statuses: [MigrationStatus], after seconds: Double = 600) -> [String] {
        let migrations = statuses.map { MigrationMetrics.Migration($0, isRunning: !$0.phase.isFinal) }
        let metrics = MigrationMetrics(migrations, at: Self.start + seconds)
        return metrics.text.split(separator: "\n").map(String.init)
    }

    private func values(of name: String, _ lines: [String]) -> [String] {
        let name = MigrationMetrics.prefix + name
        return lines.filter { $0.hasPrefix(name + "{") || $0.hasPrefix(name + " ") }
            .map { String($0.dropFirst(name.count)) }
    }

    @Test func theFirstFourHaveTheTenantAlone() throws {
        var status = try Self.status()
        (status.progress, status.lagKeys) = (95, 50)
        let lines = lines([status])
        for line in [
            #"ferrite_tenant_migration_progress{tenant="acme-corp"} 0.95"#,
            #"ferrite_tenant_migration_lag_keys{tenant="acme-corp"} 50"#,
            #"ferrite_tenant_migration_phase{tenant="acme-corp", phase="live_sync"} 1"#,
            #"ferrite_tenant_migration_duration_seconds{tenant="acme-corp"} 600"#,
        ] { #expect(lines.count { $0 == line } == 1, "\(line)") }
    }

    /// Progress has one decimal of a percent, and no more digits than that.
    @Test(arguments: [(99.9, "0.999"), (0, "0"), (100, "1"), (33.3, "0.333"), (7.1, "0.071")])
    func progressIsARatio(percent: Double, ratio: String) throws {
        var status = try Self.status()
        status.progress = percent
        #expect(values(of: "progress", lines([status])) == [#"{tenant="acme-corp"} "# + ratio])
    }

    @Test(arguments: MigrationPhase.allCases)
    func everyPhaseIsThereAndOneIsOn(phase: MigrationPhase) throws {
        let series = values(of: "phase", lines([try Self.status(phase: phase)]))
        #expect(series.count == MigrationPhase.allCases.count && Set(series).count == series.count)
        #expect(series.filter { $0.hasSuffix(" 1") } == [#"{tenant="acme-corp", phase="\#(phase.rawValue)"} 1"#])
        #expect(series.count { $0.hasSuffix(" 0") } == series.count - 1)
    }

    @Test func theTimeOfWhatHasEndedStandsStill() throws {
        var status = try Self.status(phase: .completed)
        status.updatedAt = Self.start + 12.3456
        #expect(values(of: "duration_seconds", lines([status])) == [#"{tenant="acme-corp"} 12.346"#])
        #expect(values(of: "active", lines([status])).first?.hasSuffix(" 0") == true)
    }

    @Test func noSeriesIsThereTwice() throws {
        let all = try [
            Self.status(id: "mig_1", phase: .completed), Self.status(id: "mig_2", phase: .failed, startedAfter: 9),
            Self.status(id: "mig_3", phase: .initialSync, startedAfter: 2), Self.status("other", id: "mig_4"),
        ]
        let series = lines(all).filter { !$0.hasPrefix("#") }.map { $0[..<($0.lastIndex(of: " ") ?? $0.endIndex)] }
        #expect(Set(series).count == series.count)
        #expect(values(of: "active", lines(all)).count == 4)
    }

    /// Of one tenant the newest that goes on counts, else the newest.
    @Test func whichMigrationStandsForTheTenant() throws {
        let old = try Self.status(id: "mig_b", phase: .completed)
        let new = try Self.status(id: "mig_a", phase: .cancelled, startedAfter: 5)
        let live = try Self.status(id: "mig_0", phase: .liveSync, startedAfter: 1)
        func phase(_ statuses: [MigrationStatus]) -> String? {
            values(of: "phase", lines(statuses)).first { $0.hasSuffix(" 1") }
        }
        #expect(phase([old, new])?.contains(#"phase="cancelled""#) == true)
        #expect(phase([new, old])?.contains(#"phase="cancelled""#) == true)
        #expect(phase([old, live, new])?.contains(#"phase="live_sync""#) == true)
    }

    @Test func labelsAreEscaped() throws {
        var status = try Self.status(#"a"b\c"#)
        status.source = "one\ntwo"
        let lines = lines([status])
        #expect(values(of: "progress", lines) == [#"{tenant="a\"b\\c"} 0"#])
        let info = values(of: "info", lines)[0]
        #expect(info.contains(#"source="one\ntwo""#) && info.hasSuffix(#"version="\#(Release.version)"} 1"#), "\(info)")
    }

    @Test func whatIsNotKnownIsAbsent() throws {
        let fresh = lines([try Self.status(phase: .preparing)])
        for name in ["lag_bytes", "pause_seconds", "stragglers", "verification_differences", "keys_transferred_total"] {
            #expect(values(of: name, fresh).isEmpty, "\(name)")
            #expect(!fresh.contains { $0.contains("# TYPE \(MigrationMetrics.prefix)\(name) ") }, "\(name)")
        }
        #expect(lines([]).isEmpty)
    }

    @Test func theFenceIsTimedWhileNobodyCanWrite() throws {
        var status = try Self.status(phase: .cutover)
        status.writesRefusedSince = Self.start + 590
        let labels = #"{tenant="acme-corp", migration_id="mig_1"} "#
        #expect(values(of: "fenced_seconds", lines([status])) == [labels + "10"])
        status.downtimeMilliseconds = 6.047
        #expect(values(of: "fenced_seconds", lines([status])) == [labels + "0"])
        #expect(values(of: "pause_seconds", lines([status])) == [labels + "0.006047"])
        status.downtimeMilliseconds = nil
        status.fenceUpAt = "old:6379"
        #expect(values(of: "fenced_seconds", lines([status])) == [labels + "10"])
    }

    @Test func countersAreTotalsAndGaugesAreNot() throws {
        var status = try Self.status()
        status.measured = MigrationMeasurements()
        let types = lines([status]).filter { $0.hasPrefix("# TYPE") }.map { $0.split(separator: " ") }
        for type in types { #expect((type[3] == "counter") == type[2].hasSuffix("_total"), "\(type)") }
        #expect(Set(types.map { String($0[2]) }).isSubset(of: MigrationMetrics.names))
    }

    @Test func anUnreadableMigrationIsCounted() throws {
        let text = MigrationMetrics([], unreadable: 2, at: Self.start).text
        #expect(text.hasSuffix("\nferrite_tenant_migration_unreadable 2\n"))
    }

    /// node_exporter joins the files of a folder, and shows no series of two of them.
    @Test func twoTenantsShareNoSeries() throws {
        let all = try [Self.status(id: "mig_1"), Self.status("other", id: "mig_2")].map { status in
            var status = status
            status.measured = MigrationMeasurements()
            let series = lines([status]).filter { !$0.hasPrefix("#") }
            return Set(series.map { $0[..<($0.lastIndex(of: " ") ?? $0.endIndex)] })
        }
        #expect(all[0].count > 20 && all[0].isDisjoint(with: all[1]))
    }
}

@Suite struct MigrationHealthTests {
    private static let start = MigrationMetricsTests.start

    private func ailment(after seconds: Double = 0, _ change: (inout MigrationStatus) -> Void) throws -> String? {
        var status = try MigrationMetricsTests.status()
        change(&status)
        return MigrationHealth.ailment(of: status, at: Self.start + seconds)
    }

    @Test func whenAWorkerIsNotWell() throws {
        #expect(try ailment { _ in } == nil)
        #expect(try ailment { $0.phase = .paused } == nil)
        let failed = try ailment { status in
            status.phase = .failed
            status.error = MigrationFailure(.failed, "b is\nfull")
        }
        #expect(failed == "failed: b is\\nfull")
    }

    @Test func aServerMayBeAwayForAWhile() throws {
        let lost = Reconnection(since: Self.start, attempt: 4, reason: "b:1 does not answer")
        #expect(try ailment(after: 30) { $0.reconnecting = lost } == nil)
        let words = try ailment(after: 30.1) { $0.reconnecting = lost }
        #expect(words == "reconnecting since 2026-09-21T14:13:20.000Z, attempt 4: b:1 does not answer")
    }

    @Test func aFenceMayBeUpForAWhile() throws {
        #expect(try ailment(after: 60) { $0.writesRefusedSince = Self.start } == nil)
        let fenced = try ailment(after: 61) { $0.writesRefusedSince = Self.start }
        #expect(fenced == "neither side has been writable for 61 s")
        let switched = try ailment(after: 61) { status in
            status.writesRefusedSince = Self.start
            status.downtimeMilliseconds = 3
        }
        #expect(switched == nil)
    }
}
