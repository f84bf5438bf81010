import FoundationEssentials
import MigrationCore
import RESP

/// A migration as its journal tells it, whether a worker lives or not.
package struct JournalContents: Sendable {
    /// With what was updated since it was made.
    package let plan: MigrationPlan
    package let events: [JournalRecord]
    package private(set) var state: JournalState
    /// What the events have made of the migration.
    package let machine: MigrationStateMachine
    /// One line each: what was found amiss and passed over.
    package let warnings: [String]
    /// Bytes of events.jsonl that are whole lines.
    let intactLength: Int

    package var status: MigrationStatus { state.status }

    /// What the last cutover was asked for, and why it went back; no failure where it has not.
    package var lastCutover: (options: CutoverOptions, failure: MigrationFailure?)? {
        events.reduce(into: nil) { last, record in
            switch record.event {
            case .cutoverRequested(let options): last = (options, nil)
            case .cutoverEnded(.back(let failure)): last?.failure = failure
            default: break
            }
        }
    }

    /// Keys a second of the first copy; nil where there was none yet.
    package var keysPerSecond: Double? {
        var began: Date?
        for record in events {
            switch record.event {
            case .prepared where began == nil: began = record.at
            case .synced(let keys):
                guard let began, keys > 0 else { return nil }
                return Double(keys) / max(record.at.timeIntervalSince(began), 0.001)
            default: break
            }
        }
        return nil
    }

    /// - Throws: Where traffic is switched: what is at the target then is the only copy that is written.
    package func checkCancel() throws(MigrationFailure) {
        guard machine.isSwitched else { return }
        throw MigrationFailure(
            .failed,
            "\(plan.id) cannot be cancelled: traffic is switched to \(status.target); to go back, migrate the tenant from "
                + "the target to the source"
        )
    }

    /// Settings of either server that were changed and not put back yet.
    package var raisedSettings: [ServerSetting] {
        events.reduce(into: []) { settings, record in
            switch record.event {
            case .settingRaised(let setting):
                settings.removeAll { $0.isThe(setting.name, of: setting.side) }
                settings.append(setting)
            case .settingRestored(let name, let side): settings.removeAll { $0.isThe(name, of: side) }
            default: break
            }
        }
    }

    /// What a worker does beside the migration: as the plan says, or whatever was said since.
    package var workerOptions: WorkerOptions? {
        events.reduce(plan.worker) { options, record in
            if case .workerChanged(let changed) = record.event { changed } else { options }
        }
    }

    /// The users that the migration has made at the target, by name.
    package var ownedUsers: [String] {
        events.reduce(into: []) { users, record in
            switch record.event {
            case .prepared(let names): users = names
            case .cutover(.prepared(let fence)) where !fence.switches.isEmpty:
                users = fence.switches.map(\.description)
            default: break
            }
        }
    }

    func noting(_ note: String) -> JournalContents {
        var result = self
        result.state.status.note = note
        return result
    }

    /// Reads and changes nothing; a torn last line is passed over.
    package static func read(_ folder: MigrationFolder) throws(JournalError) -> JournalContents {
        guard let bytes = try JournalFile.read(folder.events) else { throw .noPlan(path: folder.events) }
        let lines = try JournalLines(bytes, path: folder.events)
        guard let first = lines.records.first, case .created(let plan) = first.event else {
            throw .noPlan(path: folder.events)
        }
        try check(plan, folder)
        try checkUpdates(lines.records, folder)
        var fold = JournalFold(plan: plan, at: first.at)
        for record in lines.records { fold.apply(record) }
        var warnings = lines.warnings + fold.warnings
        let stored = try storedState(folder) { warnings.append($0) }
        return JournalContents(
            plan: fold.plan,
            events: lines.records,
            state: stored.map(fold.completing) ?? fold.state,
            machine: fold.machine,
            warnings: warnings,
            intactLength: lines.intactLength
        )
    }

    /// The events have all that must not be lost, so a damaged state is passed over with a warning.
    private static func storedState(
        _ folder: MigrationFolder,
        warn: (String) -> Void
    ) throws(JournalError) -> JournalState? {
        do {
            return try readState(folder)
        } catch {
            guard case .damagedState = error else { throw error }
            warn("\(error.failure.message)")
            return nil
        }
    }

    private static func readState(_ folder: MigrationFolder) throws(JournalError) -> JournalState? {
        guard let bytes = try JournalFile.read(folder.state) else { return nil }
        let decoder = MigrationJSON.decoder()
        do {
            let version = try decoder.decode(JournalVersion.self, from: Data(bytes)).version
            if version == JournalState.version { return try decoder.decode(JournalState.self, from: Data(bytes)) }
            guard version <= JournalState.version else {
                throw JournalError.newerVersion(path: folder.state, found: version, known: JournalState.version)
            }
            throw JournalError.damagedState(path: folder.state, reason: "there is no version \(version)")
        } catch let error as JournalError {
            throw error
        } catch {
            throw .damagedState(path: folder.state, reason: MigrationJSON.reason(error))
        }
    }

    /// A decoder takes what it finds; the plan's own rules hold for a file's content too.
    private static func check(_ plan: MigrationPlan, _ folder: MigrationFolder) throws(JournalError) {
        let transfer = plan.transfer
        let isWithinRange =
            (try? TransferOptions(
                parallel: transfer.parallel,
                batchSize: transfer.batchSize,
                timeoutSeconds: transfer.timeoutSeconds,
                maxKeysPerSecond: transfer.maxKeysPerSecond,
                maxBytesPerSecond: transfer.maxBytesPerSecond
            )) != nil
        guard plan.id == folder.id, isWithinRange, !plan.scope.prefix.bytes.isEmpty, plan.mode == .live else {
            throw .damagedLine(path: folder.events, line: 1, reason: "the plan in it is not one of \(folder.id)")
        }
    }

    private static func checkUpdates(_ records: [JournalRecord], _ folder: MigrationFolder) throws(JournalError) {
        for (index, record) in records.enumerated() {
            guard case .updated(let update) = record.event else { continue }
            do throws(PlanError) { try update.check() } catch {
                throw .damagedLine(path: folder.events, line: index + 1, reason: error.message)
            }
        }
    }
}

/// The records of events.jsonl and how far the file is whole.
private struct JournalLines {
    var records: [JournalRecord] = []
    var warnings: [String] = []
    var intactLength = 0

    init(_ bytes: [UInt8], path: String) throws(JournalError) {
        let decoder = MigrationJSON.decoder()
        while let end = bytes[intactLength...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = Data(bytes[intactLength..<end])
            records.append(try Self.record(line, number: records.count + 1, path: path, decoder))
            intactLength = end + 1
        }
        if intactLength < bytes.count {
            warnings.append("the last line of \(path) was not written to its end: it is cut off")
        }
    }

    private static func record(
        _ line: Data,
        number: Int,
        path: String,
        _ decoder: JSONDecoder
    ) throws(JournalError) -> JournalRecord {
        do {
            let version = try decoder.decode(JournalVersion.self, from: line).version
            if version == JournalRecord.version { return try decoder.decode(JournalRecord.self, from: line) }
            guard version <= JournalRecord.version else {
                throw JournalError.newerVersion(path: path, found: version, known: JournalRecord.version)
            }
            throw JournalError.damagedLine(path: path, line: number, reason: "there is no version \(version)")
        } catch let error as JournalError {
            throw error
        } catch {
            throw .damagedLine(path: path, line: number, reason: MigrationJSON.reason(error))
        }
    }
}
