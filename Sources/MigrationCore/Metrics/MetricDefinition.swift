import FoundationEssentials

/// One metric: its name without the prefix, and its series of one migration. None where the value is not known.
struct MetricDefinition: Sendable {
    typealias Migration = MigrationMetrics.Migration
    typealias Series = [(labels: [MetricLabel], value: Double)]

    let name: String
    let kind: MetricFamily.Kind
    let help: String
    let values: @Sendable (Migration, Date) -> Series

    private static func gauge(
        _ name: String,
        _ help: String,
        _ value: @escaping @Sendable (MigrationStatus) -> Double?
    ) -> MetricDefinition {
        timed(name, help) { status, _ in value(status) }
    }

    /// A gauge whose value depends on the time.
    private static func timed(
        _ name: String,
        _ help: String,
        _ value: @escaping @Sendable (MigrationStatus, Date) -> Double?
    ) -> MetricDefinition {
        MetricDefinition(name: name, kind: .gauge, help: help) { migration, now in
            value(migration.status, now).map { [([], $0)] } ?? []
        }
    }

    private static func counter(
        _ name: String,
        _ help: String,
        _ value: @escaping @Sendable (MigrationMeasurements) -> Int
    ) -> MetricDefinition {
        MetricDefinition(name: name, kind: .counter, help: help) { migration, _ in
            migration.status.measured.map { [([], Double(value($0)))] } ?? []
        }
    }

    /// One with labels of its own.
    private static func labelled(
        _ name: String,
        _ help: String,
        _ kind: MetricFamily.Kind = .gauge,
        _ values: @escaping @Sendable (Migration) -> Series
    ) -> MetricDefinition {
        MetricDefinition(name: name, kind: kind, help: help) { migration, _ in values(migration) }
    }
}

// MARK: - With the tenant alone

extension MetricDefinition {
    static let ofTenants: [MetricDefinition] = [
        // The status counts in percent with one decimal.
        gauge("progress", "How much of the initial copy is done, 0 to 1.") { ($0.progress * 10).rounded() / 1000 },
        gauge("lag_keys", "Keys that changed at the source and are not at the target yet.") { Double($0.lagKeys) },
        labelled("phase", "1 for the phase in which the migration is, 0 for all others.") { migration in
            MigrationPhase.allCases.map { phase in
                ([MetricLabel("phase", phase.rawValue)], phase == migration.status.phase ? 1 : 0)
            }
        },
        timed("duration_seconds", "Seconds from the migration's beginning to now, or to its end.") {
            $0.seconds(at: $1)
        },
    ]
}

// MARK: - With the tenant and the migration

extension MetricDefinition {
    static let ofMigrations = progress + counters + cutover + servers + worker

    private static let progress: [MetricDefinition] = [
        labelled("info", "1; from where to where, how changes are noticed, and who says so.") { migration in
            let status = migration.status
            let labels = [
                MetricLabel("source", status.source), MetricLabel("target", status.target),
                MetricLabel("mode", status.mode.rawValue), MetricLabel("feed", status.feed?.rawValue ?? ""),
                MetricLabel("version", Release.version),
            ]
            return [(labels, 1)]
        },
        gauge("keys_synced", "Keys of the tenant that are at the target.") { Double($0.keysSynced) },
        gauge("keys_expected", "Keys of the tenant at the source; estimated until live_sync.") { Double($0.keysTotal) },
        gauge("lag_bytes", "Bytes of the source's change stream that were not looked at yet.") {
            $0.lagBytes.map(Double.init)
        },
        gauge(
            "last_success_timestamp_seconds",
            "The latest moment of which it is known that all that had changed by then is at the target."
        ) { $0.measured?.lastSuccess?.timeIntervalSince1970 },
        gauge("estimated_completion_timestamp_seconds", "When the initial copy will be done.") {
            $0.estimatedCompletion?.timeIntervalSince1970
        },
    ]

    private static let counters: [MetricDefinition] = [
        counter("keys_transferred_total", "Keys written to the target, each as often as it was.", \.keysTransferred),
        counter("bytes_transferred_total", "Bytes of values written to the target.", \.bytesTransferred),
        labelled("errors_total", "What went wrong, by kind.", .counter) { migration in
            guard let measured = migration.status.measured else { return [] }
            let counts = [
                ("interrupted", measured.interruptions), ("cutover_back", measured.cutoversBack),
                ("unverified", measured.unverified), ("failed", measured.failures),
            ]
            return counts.map { ([MetricLabel("kind", $0)], Double($1)) }
        },
        counter("reconnects_total", "Times both servers were connected to again.", \.reconnects),
        counter("worker_starts_total", "Workers that were started for the migration.", \.workerStarts),
        counter("cutovers_total", "Cutovers that were begun.", \.cutovers),
    ]

    private static let cutover: [MetricDefinition] = [
        timed("fenced_seconds", "Seconds for which neither side has been writable; 0 where one is.") {
            $0.fencedSeconds(at: $1) ?? 0
        },
        gauge("pause_seconds", "Seconds for which neither side was writable at the switch.") {
            $0.downtimeMilliseconds.map { ($0 * 1000).rounded() / 1e6 }
        },
        gauge("stragglers", "Writes that reached the source after the switch and are lost.") {
            $0.stragglers.map(Double.init)
        },
        gauge("verification_differences", "Keys that differ, as the comparison across the switch found.") {
            $0.verification.map { Double($0.differenceCount) }
        },
    ]

    private static let servers: [MetricDefinition] = [
        gauge("reconnecting", "1 while a server does not answer and is tried again.") {
            $0.reconnecting == nil ? 0 : 1
        },
        gauge("source_latency_seconds", "Round trip of the last look at the source's offset.") {
            $0.measured?.sourceLatency
        },
        gauge("target_latency_seconds", "From a command that was sent to the target to its answer.") {
            $0.measured?.targetLatency
        },
        timed("backlog_seconds", "How long an interruption may last without a new copy.") { status, now in
            guard !status.phase.isFinal else { return nil }
            return status.measured?.backlogEnd.map { max(0, $0.timeIntervalSince(now)) }
        },
    ]

    private static let worker: [MetricDefinition] = [
        gauge("active", "1 until the migration is completed, cancelled, superseded or failed.") {
            $0.phase.isFinal ? 0 : 1
        },
        labelled("worker_up", "1 while a worker lives.") { [([], $0.isRunning ? 1 : 0)] },
        gauge("updated_timestamp_seconds", "Of when these values of the migration are.") {
            $0.updatedAt.timeIntervalSince1970
        },
    ]
}

extension MigrationStatus {
    fileprivate func seconds(at now: Date) -> Double {
        let end = phase.isFinal ? updatedAt : now
        return max(0, (end.timeIntervalSince(startedAt) * 1000).rounded() / 1000)
    }

    /// Nil where a side is writable.
    package func fencedSeconds(at now: Date) -> Double? {
        switch writable {
        case .source, .target, .both: nil
        case .neither, .unknown: writesRefusedSince.map { max(0, now.timeIntervalSince($0)) }
        }
    }
}
