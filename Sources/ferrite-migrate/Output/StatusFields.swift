import MigrationCore

extension MigrationStatus {
    /// The seed's lines, then what else is known.
    var fields: [OutputField] {
        var fields: [OutputField] = [
            .init("migration_id", .text(migrationID)),
            .init("tenant", .text(tenant)),
            .init("source", .text(source)),
            .init("target", .text(target)),
            .init("mode", .text(mode.rawValue), for: .programs),
            .init("phase", .state(phase.rawValue)),
            .init("progress", .percent(progress)),
            .init("keys_synced", .number(keysSynced)),
        ]
        // Nobody has counted yet.
        if keysTotal > 0 || progress > 0 { fields.append(.init("keys_total", .number(keysTotal))) }
        fields.append(.init("lag_keys", .number(lagKeys)))
        if let lagBytes { fields.append(.init("lag_bytes", .number(lagBytes))) }
        if let estimatedCompletion { fields.append(.init("estimated_completion", .date(estimatedCompletion))) }
        if let feed { fields.append(.init("feed", .text(feed.rawValue), for: .programs)) }
        fields.append(.init("started_at", .date(startedAt), for: .programs))
        fields.append(.init("updated_at", .date(updatedAt), for: .programs))
        return fields + paceFields + outcomeFields
    }

    /// How much is asked of the servers. People see only what slows a migration down.
    private var paceFields: [OutputField] {
        var fields: [OutputField] = []
        if let parallel { fields.append(.init("parallel", .number(parallel), for: .programs)) }
        if let batchSize { fields.append(.init("batch_size", .number(batchSize), for: .programs)) }
        if let maxKeysPerSecond { fields.append(.init("max_rate_keys", .number(maxKeysPerSecond))) }
        if let maxBytesPerSecond { fields.append(.init("max_bandwidth_bytes", .number(maxBytesPerSecond))) }
        return fields
    }

    private var outcomeFields: [OutputField] {
        let word = OutputValue.text(writable.rawValue)
        var fields: [OutputField] = [.init("writable", word, for: saysWritable ? .all : .programs)]
        if let supersededBy { fields.append(.init("superseded_by", .text(supersededBy))) }
        if let downtimeMilliseconds { fields.append(.init("downtime_ms", .decimal(downtimeMilliseconds))) }
        if let keysMigrated { fields.append(.init("keys_migrated", .number(keysMigrated))) }
        if let writesRefusedSince { fields.append(.init("fenced_at", .date(writesRefusedSince), for: .programs)) }
        if let stragglers, stragglers > 0 { fields.append(.init("writes_at_source_since_switch", .number(stragglers))) }
        if let verification {
            fields.append(.init("verification", .state(verification.summary), for: .people))
            fields.append(.init("verification", .object(verification.fields(listing: 20)), for: .programs))
        }
        if let reconnecting { fields += reconnecting.fields }
        if let cancel { fields += cancel.fields }
        if let cleanup { fields.append(.init("cleanup", .object(cleanup.fields))) }
        if let fenceUpAt { fields.append(.init("fence_up_at", .text(fenceUpAt))) }
        if let error {
            fields.append(.init("error", .text(error.message)))
            fields.append(.init("error_kind", .text(error.kind.rawValue), for: .programs))
        }
        if let metricsAddress { fields.append(.init("metrics_address", .text(metricsAddress), for: .programs)) }
        if let scheduledFor { fields.append(.init("scheduled_for", .date(scheduledFor))) }
        if let cutoverWindowSeconds {
            fields.append(.init("cutover_window_s", .number(cutoverWindowSeconds), for: .programs))
        }
        if let remarks { fields.append(.init("note", .text(remarks))) }
        return fields
    }

    /// What an operator should know beside the rest.
    private var remarks: String? { Remarks([scheduleEnd, note]).line }

    /// While a copy runs well everybody knows where the clients are.
    private var saysWritable: Bool {
        switch phase {
        case .preparing, .initialSync, .liveSync, .paused: error != nil || remarks != nil || writable != .source
        case .cutover, .cleanup, .completed, .failed, .cancelled, .superseded: true
        }
    }

    /// What a completed migration waits for, or that it waits for nothing.
    private var leftToDo: String? {
        guard phase == .completed else { return nil }
        return cleanup?.isWhole == true ? "the source is cleaned up" : "the source keeps its copy until cleanup"
    }

    /// What people see in a list of several migrations and in a line of `--watch`; programs get all.
    var shortFields: [OutputField] {
        let short = ["migration_id", "tenant", "source", "target", "phase", "progress", "keys_synced", "lag_keys"]
        let all = fields.compactMap { field -> OutputField? in
            if short.contains(field.name) { return field }
            return field.audience == .people ? nil : OutputField(field.name, field.value, for: .programs)
        }
        // Also where it is empty: the rows of a table have the same columns.
        let superseded = supersededBy.map { "superseded by \($0)" }
        let reconnecting = reconnecting.map { "reconnecting \($0.words)" }
        let note = superseded ?? error?.message ?? reconnecting ?? remarks ?? leftToDo
        return all + [.init("note", .text(note ?? ""), for: .people)]
    }
}

extension Reconnection {
    fileprivate var words: String { "since \(RFC3339.string(from: since)), attempt \(attempt): \(reason)" }

    /// `reconnecting: since 2026-11-25T02:10:00.000Z, attempt 3: …`.
    var fields: [OutputField] {
        [
            .init("reconnecting", .text(words), for: .people),
            .init("reconnecting_since", .date(since), for: .programs),
            .init("reconnect_attempt", .number(attempt), for: .programs),
            .init("reconnect_reason", .text(reason), for: .programs),
        ]
    }
}
