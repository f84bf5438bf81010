import Foundation
import MigrationTestSupport
import Testing

extension Faults {
    /// The journal's disk is full: really, at every single write of a migration's life.
    @Suite(.enabled(if: SmallDisk.canMount, "mounting a file system needs root and CAP_SYS_ADMIN"))
    struct FullDiskTests {
        /// What each of these writes down, in order; a migration meets the full disk at the nth of them.
        struct Walk: Sendable {
            let commands: [[String]]
            let events: [String]

            static let resume = Walk(
                commands: [["resume", "--wait", "live_sync"]],
                events: ["worker_started", "attached", "synced"]
            )
            static let cutover = Walk(
                commands: [["cutover", "--until-verified", "--force", "--max-pause", "20000"]],
                events: [
                    "cutover_requested", "cutover.prepared", "cutover.fence_raised", "cutover.barrier_read",
                    "cutover.drained", "cutover.checked", "cutover.switched", "cutover.settled", "cutover_ended",
                    "verified",
                ]
            )
            static let pause = Walk(commands: [["pause"], ["resume"]], events: ["paused", "resumed"])
            static let cancel = Walk(commands: [["cancel"]], events: ["cancel_requested", "cancelled"])
        }

        @Test(arguments: 0..<Walk.resume.events.count)
        func aWorkerBegins(step: Int) throws { try walk(.resume, to: step) }

        @Test(arguments: 0..<Walk.cutover.events.count)
        func aCutover(step: Int) throws { try walk(.cutover, to: step) }

        @Test(arguments: 0..<Walk.pause.events.count)
        func aPause(step: Int) throws { try walk(.pause, to: step) }

        @Test(arguments: 0..<Walk.cancel.events.count)
        func aCancel(step: Int) throws { try walk(.cancel, to: step) }

        /// The disk is full in the middle of the event at `step`: half of it would fit.
        private func walk(_ walk: Walk, to step: Int) throws {
            let sizes = try Self.sizes.get()
            let before = walk.events[..<step].compactMap { sizes[$0] }.reduce(0, +)
            let room = try before + #require(sizes[walk.events[step]]) / 2
            try FaultStage.run { faults in
                try SmallDisk.run(at: faults.tool.journal) { disk in
                    let stage = DiskStage(faults: faults, disk: disk)
                    let sides = SidesWatch(faults)
                    try stage.begin()
                    if walk.events == Walk.resume.events {
                        try disk.pad(leaving: room)
                    } else {
                        let beginning = Walk.resume.events.compactMap { sizes[$0] }.reduce(0, +)
                        try disk.pad(leaving: room + beginning)
                        _ = try faults.tool.json(["resume", faults.id, "--wait", "live_sync"])
                    }
                    try disk.dropReserve()
                    try disk.fill()
                    let advice = try stage.meet(walk, step)
                    disk.free()
                    try stage.mend(advice)
                    let looks = sides.stop()
                    #expect(looks.looks > 100 && looks.both == 0, "\(looks)")
                }
            }
        }

        /// The size of every event, from a life without trouble.
        private static let sizes = Result { () throws -> [String: Int] in
            var sizes: [String: Int] = [:]
            for end in [[Walk.pause, Walk.cutover], [Walk.cancel]] {
                try FaultStage.run { faults in
                    try SmallDisk.run(at: faults.tool.journal) { disk in
                        try DiskStage(faults: faults, disk: disk).begin()
                        _ = try faults.tool.json(["resume", faults.id, "--wait", "live_sync"])
                        for command in end.flatMap(\.commands) {
                            _ = try faults.tool.json([command[0], faults.id] + command.dropFirst())
                        }
                        for (name, size) in try disk.written { sizes[name] = size }
                    }
                }
            }
            return sizes
        }
    }
}

/// A migration whose disk is full.
struct DiskStage {
    let faults: FaultStage
    let disk: SmallDisk

    private var tool: MigrateTool { faults.tool }

    /// A migration in live sync whose processes are all gone.
    func begin() throws {
        _ = try faults.stage.migrate()
        faults.more()
        faults.killAll()
        try CommandStage.wait { tool.processes.isEmpty }
    }

    /// Commands are called until the disk is met, and it is said; returns what is said to be done.
    func meet(_ walk: Faults.FullDiskTests.Walk, _ step: Int) throws -> String {
        let before = try counts(walk.events)
        var errors = ""
        for command in walk.commands where errors.isEmpty {
            let run = try tool.run([command[0], faults.id] + command.dropFirst())
            if run.code != 0 { errors = run.errors }
            #expect([0, 1].contains(run.code), "\(run.errors)")
        }
        let after = try counts(walk.events)
        #expect(step == 0 || after[step - 1] == before[step - 1] + 1, "the disk was met before")
        #expect(after[step] == before[step], "the disk was not met")
        #expect(errors.contains("the journal's disk is full"), "\(errors)")
        #expect(errors.contains(disk.path) && errors.contains("free some space"), "\(errors)")
        let match = errors.matches(of: /run '?(?:ferrite-migrate )?(resume|cutover|cancel) mig_/).last
        let advice = String(try #require(match, "\(errors)").output.1)
        if advice != "cutover" { try CommandStage.wait { tool.processes.isEmpty } }
        try expectStatus(said: errors)
        return advice
    }

    private func counts(_ events: [String]) throws -> [Int] {
        let written = try disk.written
        return events.map { event in written.count { $0.name == event } }
    }

    /// What `status` says is so.
    private func expectStatus(said: String) throws {
        // A process that ends gives back its memory before its locks.
        try CommandStage.wait {
            try tool.status(faults.id).text("note")?.contains("the journal's disk is full") == true
        }
        let status = try tool.status(faults.id)
        let writable = status.text("writable")
        for (side, server) in [("source", faults.stage.source), ("target", faults.stage.target)] {
            let login = try? server.connect(user: FaultStage.user, password: FaultStage.password)
            let isTaken = try login?.answer("SET", "__tenant:acme:probe", "1").text == "OK"
            #expect(isTaken == (writable == side), "\(side) \(isTaken), but writable: \(writable ?? "")")
        }
        #expect(said.contains("traffic is switched") == (writable == "target"), "\(said)")
    }

    /// Does what was said, and brings the migration to its end.
    func mend(_ advice: String) throws {
        let options = advice == "cutover" ? ["--force", "--max-pause", "20000"] : []
        _ = try tool.json([advice, faults.id] + options)
        guard advice == "cancel" else { return try faults.finish() }
        #expect(try faults.phase() == "cancelled")
        #expect(try KeyspaceDigest(faults.stage.target, tenants: ["acme"]).keys == 0)
        faults.more()
        #expect(try faults.writer.stop().check(on: faults.stage.source) == [])
    }
}
