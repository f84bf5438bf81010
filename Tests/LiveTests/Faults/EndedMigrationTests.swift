import Foundation
import MigrationTestSupport
import Testing

extension Faults {
    /// Commands that come when a migration has ended and its last process has not yet.
    @Suite struct EndedMigrationTests {
        @Test func aCompletedMigrationIsAnsweredAsEnded() throws {
            try CommandStage.run(keys: 50) { stage in
                let id = try stage.migrate()
                _ = try stage.tool.json(["cutover", id, "--until-verified"])
                try holdingSupervisor(stage, id) {
                    try stage.expectRefusal(["cancel", id], 1, "migrate the tenant from the target to the source")
                    try stage.expectRefusal(["pause", id], 1, "it is completed already")
                    try stage.expectRefusal(["resume", id], 1, "it is completed already")
                    try stage.expectRefusal(["cutover", id], 1, "it is completed already")
                }
            }
        }

        @Test func aCancelledMigrationIsAnsweredAsEnded() throws {
            try CommandStage.run(keys: 50) { stage in
                let id = try stage.migrate()
                let first = try stage.tool.json(["cancel", id])
                try holdingSupervisor(stage, id) {
                    let second = try stage.tool.json(["cancel", id])
                    #expect(second.text("status") == "cancelled")
                    #expect(second.integer("keys_removed") == first.integer("keys_removed"))
                    try stage.expectRefusal(["pause", id], 1, "it is cancelled already")
                }
            }
        }

        /// As a supervisor that is slow to end; it is given longer than any command waits for a worker.
        private func holdingSupervisor(_ stage: CommandStage, _ id: String, _ body: () throws -> Void) throws {
            try CommandStage.wait { stage.tool.processes.isEmpty }
            let file = "\(stage.tool.journal)/\(id)/supervisor.lock"
            let descriptor = open(file, O_RDWR | O_CLOEXEC)
            try #require(descriptor >= 0)
            defer { close(descriptor) }
            // A process that ends has no name any more before it lets its locks go.
            try CommandStage.wait { flock(descriptor, LOCK_EX | LOCK_NB) == 0 }
            let began = MonotonicClock.seconds
            try body()
            #expect(MonotonicClock.seconds - began < 8, "nobody was waited for")
        }
    }
}
