import Foundation
import MigrationTestSupport
import Testing

/// Passwords that a command gives, for every login anew.
@Suite(.serialized) struct PasswordCommandTests {
    /// The source has a user whose password is what the file `token` says.
    private func withToken(_ body: (CommandStage, TemporaryFolder, [String]) throws -> Void) throws {
        try CommandStage.run { stage in
            let folder = try TemporaryFolder()
            try stage.source.call("ACL", "SETUSER", "mover", "on", ">token-one", "~*", "&*", "+@all")
            try "token-one\n".write(toFile: folder.file("token"), atomically: true, encoding: .utf8)
            let command = "echo >> \(folder.file("count")); echo noise >&2; cat \(folder.file("token")); echo more"
            try body(stage, folder, ["--source-user", "mover", "--source-password-command", command])
        }
    }

    @Test func aTokenThatChangesIsAskedForAgain() throws {
        try withToken { stage, folder, options in
            let id = try stage.migrate(options)
            let logins = folder.contents("count").count
            #expect(logins > 4, "one for each connection")
            try stage.source.call("ACL", "SETUSER", "mover", ">token-two", "<token-one")
            try "token-two\n".write(toFile: folder.file("token"), atomically: true, encoding: .utf8)
            try stage.source.call("CLIENT", "KILL", "USER", "mover")
            try CommandStage.wait { try folder.contents("count").count > logins + 4 && stage.tool.status(id).isLive }
            try stage.source.call("SET", "__tenant:acme:new", "1")
            let cutover = try stage.tool.run(["cutover", id, "--until-verified"])
            #expect(cutover.code == 0, "\(cutover.errors)")
            #expect(try KeyspaceComparison(stage.source, stage.target, tenant: "acme").differences().isEmpty)
            #expect(try stage.tool.run(["verify", id, "--again"]).code == 0)
            let journal = "\(stage.tool.journal)/\(id)"
            for name in try FileManager.default.contentsOfDirectory(atPath: journal) where !name.hasSuffix(".sock") {
                let bytes = FileManager.default.contents(atPath: "\(journal)/\(name)") ?? Data()
                for token in ["token-one", "token-two"] {
                    #expect(bytes.range(of: Data(token.utf8)) == nil, "\(name)")
                }
            }
        }
    }

    @Test(arguments: [
        ("echo hunter2; exit 3", "the password command ended with code 3"),
        ("echo; echo hunter2", "the first line that the password command prints is not a password"),
        ("echo hunter2; kill -9 $$", "the password command was ended by signal 9"),
        ("echo hunter2; sleep 60", "the password command took longer than 10 s and was ended"),
        ("/no/such/program", "the password command ended with code 127"),
    ])
    func aCommandThatFails(command: String, words: String) throws {
        try withToken { stage, _, _ in
            let options = ["--source-user", "mover", "--source-password-command", command]
            let start = MonotonicClock.seconds
            let arguments = stage.tool.migrateArguments("acme", options)
            try stage.expectRefusal(arguments, 77, words)
            #expect(MonotonicClock.seconds - start < 14)
            let run = try stage.tool.run(arguments)
            #expect(!run.errors.contains("hunter2"))
            let validate = try stage.tool.run(stage.tool.validateArguments("acme") + options)
            #expect(validate.code == 77 && validate.output.contains("authentication: fail"), "\(validate.output)")
        }
    }
}
