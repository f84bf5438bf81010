import Foundation
import MigrationTestSupport
import Testing

/// Where a worker or a server does not answer, the operator is told, and not kept waiting without end.
@Suite(.serialized) struct UnansweredTests {
    private struct Command {
        let process: ChildProcess
        let folder: TemporaryFolder

        var output: String { String(decoding: folder.contents("out"), as: UTF8.self) }
        var errors: String { String(decoding: folder.contents("err"), as: UTF8.self) }
    }

    private func begin(_ arguments: [String], _ stage: CommandStage) throws -> Command {
        let folder = try TemporaryFolder()
        let process = try stage.tool.start(arguments, output: folder.file("out"), errors: folder.file("err"))
        return Command(process: process, folder: folder)
    }

    private func worker(_ stage: CommandStage, _ id: String) throws -> pid_t {
        let text = try String(contentsOfFile: "\(stage.tool.journal)/\(id)/lock", encoding: .utf8)
        return try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    /// It lives and hangs, in the middle of its work. Killed as it is said, another goes on.
    @Test func aWorkerThatHangs() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            let worker = try worker(stage, id)
            kill(worker, SIGSTOP)
            let verbs = [
                ["cutover", id], ["verify", id], ["cancel", id], ["status", id], ["cutover", id, "--plan"],
            ]
            let begun = MonotonicClock.seconds
            let commands = try verbs.map { try begin($0, stage) }
            let hint = "kill -9 \(worker) ends it"
            for command in commands.prefix(3) {
                #expect(command.process.wait().code == 75)
                #expect(command.errors.contains("did not answer in time") && command.errors.contains(hint))
            }
            #expect(commands[3].process.wait().code == 0 && commands[3].output.contains(hint))
            #expect(commands[4].process.wait().code == 0)
            #expect(commands[4].output.contains("would_start: false") && commands[4].output.contains(hint))
            #expect(MonotonicClock.seconds - begun < 20)
            kill(worker, SIGKILL)
            try CommandStage.wait { try self.worker(stage, id) != worker }
            try CommandStage.wait { try stage.tool.status(id).text("phase") == "live_sync" }
            #expect(try stage.tool.run(["cutover", id, "--until-verified"]).code == 0)
        }
    }

    /// A list says it too, and what waits for live_sync goes on waiting; what fails in the end stays in the list.
    @Test func aServerThatIsAway() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate(["--timeout", "6"])
            stage.target.kill(SIGKILL)
            let list = { try stage.tool.run(["status", "ALL"]).output }
            try CommandStage.wait { try list().contains("note: reconnecting since ") }
            let resume = try begin(["resume", id, "--wait", "live_sync"], stage)
            sleep(1)
            #expect(resume.process.isRunning)
            #expect(resume.process.wait().code == 69, "\(resume.errors)")
            let failed = try list()
            #expect(failed.hasPrefix("migration_id: \(id), ") && failed.contains("phase: failed"), "\(failed)")
            try stage.expectRefusal(["cutover", id], 1, "run resume \(id) to go on")
            try stage.target.start()
            #expect(try stage.tool.run(["resume", id, "--wait", "live_sync"]).code == 0)
            #expect(try stage.tool.run(["cancel", id]).code == 0)
            #expect(try list().isEmpty)
        }
    }

    /// A worker keeps the passwords that it has; what it takes to change them is said.
    @Test func aPasswordForAWorkerThatLives() throws {
        try CommandStage.run { stage in
            let id = try stage.migrate()
            let folder = try TemporaryFolder()
            try "other\n".write(toFile: folder.file("password"), atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.file("password"))
            let run = try stage.tool.run(["resume", id, "--source-password-file", folder.file("password")])
            #expect(run.code == 0)
            #expect(run.errors.contains("end it (kill \(try worker(stage, id))) and run resume again"), "\(run.errors)")
            #expect(try stage.tool.run(["resume", id]).errors.isEmpty)
        }
    }
}
