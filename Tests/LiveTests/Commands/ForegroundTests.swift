import Foundation
import MigrationTestSupport
import Testing

@Suite(.serialized) struct ForegroundTests {
    @Test func itStaysUntilTheEnd() throws {
        try CommandStage.run { stage in
            let process = try stage.tool.startForeground(CommandStage.tenant, ["--format", "raw"])
            try CommandStage.wait {
                guard let id = stage.migrations.first else { return false }
                return try stage.tool.status(id).text("phase") == "live_sync"
            }
            _ = try stage.tool.json(["cutover", stage.migrations[0], "--until-verified"])
            #expect(process.wait().code == 0)
            let words = stage.tool.foregroundErrors
            #expect(words.contains("completed 100%, 500/500 keys"), "\(words)")
            #expect(!words.contains("\u{1B}"), "no colours and no bar where there is no terminal")
        }
    }

    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func aSignalEndsItCleanly(signal: Int32) throws {
        try CommandStage.run { stage in
            let process = try stage.tool.startForeground(CommandStage.tenant)
            try CommandStage.wait {
                guard let id = stage.migrations.first else { return false }
                return try stage.tool.status(id).text("phase") == "live_sync"
            }
            process.kill(signal)
            #expect(process.wait().code == 1)
            let last = stage.tool.foregroundErrors.split(separator: "\n").last ?? ""
            #expect(last.hasPrefix("ferrite-migrate: mig_") && last.contains("was ended in live_sync"), "\(last)")
            #expect(try stage.tool.status(stage.migrations[0]).text("note")?.contains("ended the worker") == true)
        }
    }
}
