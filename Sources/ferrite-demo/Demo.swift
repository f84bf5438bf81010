import Foundation
import MigrationTestSupport

/// The whole story once: two servers, a tenant with traffic, its move, and the proof that nothing was lost.
struct Demo {
    static let tenant = "acme-corp"
    static let user = "acme-corp-app"

    let options: DemoOptions
    let screen = Screen()

    /// Returns whether all was well.
    func run() throws -> Bool {
        let servers = try DemoServers(options)
        screen.line("servers", "source \(servers.source.address), target \(servers.target.address)")
        let seconds = try servers.seed()
        screen.line(
            "tenant",
            "\(Self.tenant): \(Text.count(options.keys)) keys of all types, written in \(Text.seconds(seconds)); "
                + "\(servers.neighbours.count) neighbours with \(Text.count(options.neighbourKeys)) keys each"
        )
        let before = try servers.neighbourDigest()
        let writer = servers.startWriter()
        screen.line(
            "traffic",
            "\(Text.count(options.writes)) writes/s as \(Self.user), none of which may be lost or done twice"
        )
        let migration = try migrate(servers)
        screen.line("traffic", "goes on at the target; the writer stops after a second more")
        sleep(1)
        let ledger = writer.stop()
        let proof = try Proof(servers: servers, ledger: ledger, neighboursBefore: before)
        summarize(migration, ledger.statistics, proof)
        return proof.isGood && migration.isVerified
    }

    private func migrate(_ servers: DemoServers) throws -> MigrationOutcome {
        let tool = try MigrateTool(source: servers.source.endpoint, target: servers.target.endpoint)
        let checks = try tool.json(tool.validateArguments(Self.tenant), accepting: [0])
        screen.line("validate", Self.validation(checks))
        let started = MonotonicClock.seconds
        let id = try tool.migrate(Self.tenant)
        screen.line("migrate", id)
        let keys = try follow(tool, id)
        let seconds = tool.syncSeconds ?? (MonotonicClock.seconds - started)
        screen.line(
            "live_sync",
            "\(Text.count(keys)) keys in \(Text.seconds(seconds)), "
                + "\(Text.count(Int(Double(keys) / seconds))) keys/s; changes follow as they happen"
        )
        sleep(1)
        let switched = try tool.json(["cutover", id, "--until-verified"])
        let pause = try switched.number("downtime_ms") ?? tool.status(id).number("downtime_ms") ?? .nan
        screen.line("cutover", "traffic is switched, the pause was \(Text.milliseconds(pause))")
        let verified = try tool.run(["verify", id, "--format", "json"])
        let isVerified = verified.code == 0
        screen.line("verify", isVerified ? "every key is the same" : verified.errors + verified.output)
        return MigrationOutcome(keys: keys, seconds: seconds, pause: pause, isVerified: isVerified)
    }

    /// Shows the progress until the initial sync is done; returns the number of keys.
    private func follow(_ tool: MigrateTool, _ id: String) throws -> Int {
        while true {
            let status = try tool.status(id)
            let phase = status.text("phase") ?? ""
            let keys = status.integer("keys_synced") ?? 0
            screen.progress(
                phase,
                percent: status.number("progress") ?? 0,
                keys: keys,
                total: status.integer("keys_total") ?? 0,
                lag: status.integer("lag_keys") ?? 0
            )
            switch phase {
            case "preparing", "initial_sync": usleep(100_000)
            case "live_sync":
                screen.endProgress()
                return status.integer("keys_total") ?? keys
            default: throw ToolError("the migration is \(phase): \(Self.failure(status))")
            }
        }
    }

    private static func failure(_ status: ToolAnswer) -> String {
        status.object("error")?.text("message") ?? status.text("error") ?? "no reason given"
    }

    /// How many checks came out how: `13 ok, 2 warning`.
    private static func validation(_ answer: ToolAnswer) -> String {
        let listed = answer.list("checks")
        let checks = listed.isEmpty ? answer.names.compactMap { answer.object($0) } : listed
        let states = checks.compactMap { $0.text("state") ?? $0.text("status") }
        guard !states.isEmpty else { return "ok" }
        return Dictionary(grouping: states) { $0 }.map { "\($0.value.count) \($0.key)" }.sorted().joined(
            separator: ", "
        )
    }

    private func summarize(_ migration: MigrationOutcome, _ writes: WriterStatistics, _ proof: Proof) {
        screen.heading("Summary")
        screen.line("keys", Text.count(migration.keys))
        screen.line("throughput", "\(Text.count(Int(Double(migration.keys) / migration.seconds))) keys/s")
        screen.line(
            "pause",
            "\(Text.milliseconds(migration.pause)) by the tool's clock, "
                + "\(Text.milliseconds(writes.longestWrite * 1000)) for the slowest write of a client"
        )
        screen.line("acknowledged", "\(Text.count(writes.acknowledged)) writes, \(proof.lost) lost or doubled")
        screen.line("refused", "\(Text.count(writes.refused)) writes while fenced, each tried again until it was taken")
        screen.line("differences", "\(proof.differences.count) of \(Text.count(proof.compared)) keys compared")
        screen.line("neighbours", proof.neighboursAreUnchanged ? "unchanged" : "CHANGED")
        for problem in (proof.problems + proof.differences).prefix(10) { screen.line("", problem) }
    }
}

struct MigrationOutcome {
    let keys: Int
    /// How long the initial sync took.
    let seconds: Double
    /// In milliseconds.
    let pause: Double
    let isVerified: Bool
}

extension MigrateTool {
    /// From the start of the initial sync to live sync, by the journal.
    fileprivate var syncSeconds: Double? {
        let events = events
        guard let start = events.time(of: "prepared"), let end = events.time(of: "synced"), end > start else {
            return nil
        }
        return end - start
    }
}
