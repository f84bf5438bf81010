import Foundation
import MigrationTestSupport
import Testing

extension Faults {
    /// The journal's disk becomes full while it keeps what it has set aside.
    @Suite(.enabled(if: SmallDisk.canMount, "mounting a file system needs root and CAP_SYS_ADMIN"))
    struct FullDiskLifeTests {
        /// Nothing is begun that could not be written down. The last numbers are just enough for the plan and its
        /// reserve, and leave too little for the worker.
        @Test(arguments: [0, 1, 16, 63, 65, 66, 67, 68, 69])
        func aMigrationIsNotBegun(pagesLeft: Int) throws {
            try FaultStage.run { faults in
                try SmallDisk.run(at: faults.tool.journal) { disk in
                    try disk.fill(leaving: pagesLeft * 4096)
                    let arguments = faults.tool.migrateArguments(CommandStage.tenant, ["--wait", "live_sync"])
                    let run = try faults.tool.run(arguments)
                    if run.code != 0 {
                        #expect(run.code == 1 && run.errors.contains("the journal's disk is full"), "\(run.errors)")
                        #expect(run.errors.contains(disk.path) && run.errors.contains("free some space"))
                        try CommandStage.wait { faults.tool.processes.isEmpty }
                    }
                    if pagesLeft < 64 {
                        #expect(run.code == 1 && faults.stage.migrations.isEmpty, "\(faults.stage.migrations)")
                        #expect(try KeyspaceDigest(faults.stage.target, tenants: ["acme"]).keys == 0)
                        #expect(try faults.stage.target.call("ACL", "USERS").array?.count == 1)
                    }
                    faults.more()
                    #expect(faults.writer.statistics.refused == 0)
                    disk.free()
                    if faults.stage.migrations.isEmpty { _ = try faults.stage.migrate() }
                    try faults.finish()
                }
            }
        }

        /// From live sync to the end, with a worker that dies, on a disk without a free byte.
        @Test func theReserveCarriesAWholeLife() throws {
            try FaultStage.run { faults in
                try SmallDisk.run(at: faults.tool.journal) { disk in
                    let id = try faults.stage.migrate()
                    try disk.fill()
                    let full = "the journal's disk is full: cannot write \(disk.path)/\(id)/state.json"
                    try CommandStage.wait { try faults.tool.status(id).text("note")?.contains(full) == true }
                    #expect(try faults.tool.status(id).text("writable") == "source")
                    let worker = try #require(try faults.worker)
                    kill(worker, SIGKILL)
                    try CommandStage.wait { try faults.worker.map { $0 != worker } ?? false && faults.isLive }
                    #expect(try faults.tool.json(["pause", id]).text("phase") == "paused")
                    _ = try faults.tool.json(["resume", id])
                    try CommandStage.wait { try faults.isLive }
                    try faults.finish()
                    try disk.fill()
                    try expectNoCleanup(faults, disk, id)
                }
            }
        }

        /// What is removed must be written down: where it cannot be, nothing is.
        private func expectNoCleanup(_ faults: FaultStage, _ disk: SmallDisk, _ id: String) throws {
            try CommandStage.wait { faults.tool.processes.isEmpty }
            let removals = try faults.stage.source.calls(["unlink", "del"])
            let run = try faults.tool.run(["cleanup", id, "--yes"])
            #expect(run.code == 1 && run.errors.contains("the journal's disk is full: cannot reserve"), "\(run.errors)")
            #expect(run.errors.contains("then run 'ferrite-migrate cleanup \(id)' again"), "\(run.errors)")
            #expect(try faults.stage.source.calls(["unlink", "del"]) == removals)
            #expect(try KeyspaceDigest(faults.stage.source, tenants: ["acme"]).keys > 0)
            disk.free()
            #expect(try faults.tool.json(["cleanup", id, "--yes"]).text("status") == "cleaned")
        }

        /// Clients are not touched where the switch could not be written down.
        @Test func aCutoverIsRefusedWithoutAReserve() throws {
            try FaultStage.run { faults in
                try SmallDisk.run(at: faults.tool.journal) { disk in
                    let stage = DiskStage(faults: faults, disk: disk)
                    try stage.begin()
                    try disk.pad(leaving: 3000)
                    try disk.dropReserve()
                    try disk.fill()
                    let id = try faults.id
                    _ = try faults.tool.json(["resume", id, "--wait", "live_sync"])
                    let events = try disk.written.count
                    try faults.stage.expectRefusal(
                        ["cutover", id, "--until-verified", "--force"],
                        1,
                        "the journal's disk is full: cannot reserve room in \(disk.events): No space left on device; free "
                            + "some space there, then run 'ferrite-migrate cutover \(id)' again"
                    )
                    #expect(try disk.written.count == events && faults.phase() == "live_sync")
                    faults.more()
                    #expect(faults.writer.statistics.refused == 0)
                    disk.free()
                    try stage.mend("cutover")
                }
            }
        }

        /// A disk can have room and no place for another file.
        @Test func noFileMore() throws {
            try FaultStage.run { faults in
                try SmallDisk.run(at: faults.tool.journal, "size=2m,nr_inodes=40") { disk in
                    let id = try faults.stage.migrate()
                    faults.killAll()
                    try CommandStage.wait { faults.tool.processes.isEmpty }
                    let names = (0..<40).map { "\(disk.path)/file\($0)" }
                    unlink("\(disk.path)/\(id)/control.sock")
                    // A process that was killed gives its files back a moment later.
                    for _ in 0..<6 {
                        for name in names { close(open(name, O_WRONLY | O_CREAT, 0o600)) }
                        usleep(50_000)
                    }
                    let run = try faults.tool.run(["resume", id])
                    #expect(run.code == 1 && run.errors.contains("the journal's disk is full"), "\(run.errors)")
                    #expect(try faults.tool.status(id).text("note")?.contains("disk is full") == true)
                    for name in names { unlink(name) }
                    try faults.finish()
                }
            }
        }
    }
}
