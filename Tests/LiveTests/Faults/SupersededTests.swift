import Foundation
import MigrationTestSupport
import Testing

extension Faults {
    /// A migration whose tenant another one has moved touches nothing any more.
    @Suite struct SupersededTests {
        /// What the tenant has at the target behind the second migration's switch.
        private struct Life {
            let stage: CommandStage
            let client: RESPSocket
            let before: KeyspaceDigest

            init(_ stage: CommandStage) throws {
                self.stage = stage
                client = try stage.target.connect(user: "acme-app", password: "secret")
                #expect(try client.answer("SET", "__tenant:acme:since", "1").code == nil)
                before = try KeyspaceDigest(stage.target, tenants: ["acme"])
                #expect(before.keys >= 501)
            }

            /// Everything is as it was, and clients go on.
            func expectUntouched(location: SourceLocation = #_sourceLocation) throws {
                #expect(try KeyspaceDigest(stage.target, tenants: ["acme"]) == before, sourceLocation: location)
                #expect(try client.answer("GET", "__tenant:acme:since").text == "1", sourceLocation: location)
                #expect(try client.answer("SET", "__tenant:acme:since", "1").code == nil, sourceLocation: location)
                let source = try stage.source.connect(user: "acme-app", password: "secret")
                let answer = try source.answer("SET", "__tenant:acme:late", "1")
                #expect(answer.code == "NOPERM", "the source stays fenced", sourceLocation: location)
            }
        }

        /// The first has not reached live_sync in time, and nobody looks after it any more.
        private func failByTimeout(_ stage: CommandStage) throws -> String {
            let options = ["--timeout", "1", "--max-rate", "20", "--wait", "live_sync"]
            let run = try stage.tool.run(stage.tool.migrateArguments(CommandStage.tenant, options))
            #expect(run.code == 1 && run.errors.contains("--timeout") || run.errors.contains("1 s"), "\(run.errors)")
            try CommandStage.wait { stage.tool.processes.isEmpty }
            return try #require(stage.migrations.first)
        }

        /// Two operators with a folder each and different targets: the one that comes too late is told what is left to it.
        @Test func theSourceWasMovedElsewhere() throws {
            try CommandStage.run(keys: 50) { stage in
                let first = try stage.migrate()
                let elsewhere = try RedisServer()
                defer { elsewhere.stop() }
                let other = try MigrateTool(source: stage.source.endpoint, target: elsewhere.endpoint)
                defer { other.endAll() }
                let second = try other.migrate(CommandStage.tenant, ["--wait", "live_sync"])
                #expect(try other.run(["cutover", second, "--until-verified"]).code == 0)
                let words = "fenced by \(second): \(first) waits for what becomes of that cutover"
                try CommandStage.wait { try stage.tool.status(first).text("note")?.contains(words) == true }
                try stage.expectRefusal(["cutover", first], 75, "if the tenant was moved elsewhere, cancel \(first)")
                #expect(try stage.tool.run(["cancel", first]).code == 0)
                #expect(try stage.target.call("DBSIZE").integer == 0)
                let client = try elsewhere.connect(user: "acme-app", password: "secret")
                #expect(try client.answer("SET", "__tenant:acme:since", "1").errorText == nil)
                let late = try stage.source.connect(user: "acme-app", password: "secret")
                #expect(try late.answer("SET", "__tenant:acme:late", "1").code == "NOPERM")
            }
        }

        private static var soon: String { ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: 300)) }

        @Test func theSecondOfAFolderCounts() throws {
            try CommandStage.run { stage in
                let first = try failByTimeout(stage)
                let second = try stage.migrate(["--replace"])
                #expect(try stage.tool.status(first).text("superseded_by") == second)
                _ = try stage.tool.json(["cutover", second, "--until-verified"])
                try CommandStage.wait { stage.tool.processes.isEmpty }
                let life = try Life(stage)

                let all = try stage.tool.run(["status", "ALL"])
                #expect(all.output.contains(second) && !all.output.contains(first), "\(all.output)")
                let whole = try stage.tool.run(["status", "ALL", "--all"])
                #expect(whole.output.contains(second) && whole.output.contains(first), "\(whole.output)")
                let stale = try stage.tool.status(first)
                #expect(stale.text("writable") == "target" && stale.text("superseded_by") == second)

                for verb in ["cancel", "resume", "pause", "cutover", "verify"] {
                    try stage.expectRefusal([verb, first], 1, "it is superseded by \(second)")
                }
                try stage.expectRefusal(["cancel", first, "--force"], 1, second)
                try stage.expectRefusal(["cleanup", first, "--yes"], 1, second)
                try stage.expectRefusal(["update", first, "--parallel", "2"], 1, second)
                try stage.expectRefusal(["cutover", first, "--plan"], 1, second)
                try stage.expectRefusal(["cutover", first, "--scheduled", Self.soon], 1, second)
                try stage.expectRefusal(["status", first, "--all"], 64, "--all belongs to ALL")
                try life.expectUntouched()

                #expect(try stage.tool.run(["cleanup", second, "--yes"]).code == 0)
                #expect(try stage.tool.run(["status", "ALL"]).output.isEmpty)
            }
        }

        /// What the second has not touched, or has given back, is the first one's as before.
        @Test func aSecondThatEndsBeforeItBeginsTakesNothing() throws {
            try CommandStage.run { stage in
                let first = try failByTimeout(stage)
                let refused = try stage.tool.run(stage.tool.migrateArguments(CommandStage.tenant))
                #expect(refused.code == 1 && refused.errors.contains("--replace"), "\(refused.errors)")
                #expect(try stage.tool.status(first).text("superseded_by") == nil)
                let second = try stage.migrate(["--replace"])
                try stage.expectRefusal(["resume", first], 1, second)
                #expect(try stage.tool.run(["cancel", second]).code == 0)
                try CommandStage.wait { stage.tool.processes.isEmpty }
                #expect(try stage.tool.status(first).text("superseded_by") == nil)
                let resumed = try stage.tool.run(["resume", first])
                #expect(resumed.code == 0, "\(resumed.errors)")
            }
        }

        /// The same with a folder each, which know nothing of each other.
        @Test(arguments: ["cancel", "resume"])
        func theSecondOfAnotherFolderCounts(verb: String) throws {
            try CommandStage.run { stage in
                let first = try failByTimeout(stage)
                let other = try stage.otherTool()
                defer { other.endAll() }
                let second = try other.migrate(CommandStage.tenant, ["--wait", "live_sync", "--replace"])
                _ = try other.json(["cutover", second, "--until-verified"])
                try CommandStage.wait { other.processes.isEmpty }
                let life = try Life(stage)
                #expect(try stage.tool.status(first).text("writable") == "target")
                try stage.expectRefusal([verb, first], 1, "\(first) is no longer the tenant's")
                try life.expectUntouched()
                let status = try stage.tool.status(first)
                #expect(status.text("phase") == "superseded" && status.text("error_kind") == "superseded")
                #expect(status.text("writable") == "target")
                try stage.expectRefusal(["cancel", first, "--force"], 1, "superseded")
                try stage.expectRefusal(["resume", first], 1, "superseded")
                #expect(try stage.tool.run(["status", "ALL"]).output.isEmpty)
                try life.expectUntouched()
            }
        }

        /// Both follow the source when the second cuts over: the first one's worker ends by itself, and what expires at
        /// the source lives on at the target where its client has renewed it.
        @Test(arguments: [false, true]) func aLiveWorkerEndsByItself(copiesUsers: Bool) throws {
            try CommandStage.run { stage in
                if !copiesUsers {
                    try stage.target.call(
                        "ACL",
                        "SETUSER",
                        "acme-app",
                        "on",
                        ">secret",
                        "~__tenant:acme:*",
                        "&*",
                        "+@all"
                    )
                }
                let (first, second, other) = try two(stage, copiesUsers ? [] : ["--no-copy-acl"])
                defer { other.endAll() }
                // The users at the target say it at once; where they are the operator's, only the switch does.
                let phase = copiesUsers ? "superseded" : "live_sync"
                try CommandStage.wait(20) { try stage.tool.status(first).text("phase") == phase }
                try stage.addSessions(expiringIn: 4000)
                _ = try other.json(["cutover", second])
                try stage.renewSessions()
                let life = try Life(stage)
                try CommandStage.wait(20) { try stage.tool.status(first).text("phase") == "superseded" }
                try CommandStage.wait { try stage.source.call("EXISTS", "__tenant:acme:session19").integer == 0 }
                try CommandStage.wait { stage.tool.processes.isEmpty }
                try life.expectUntouched()
                #expect(try stage.tool.status(first).text("writable") == "target")
                try stage.expectRefusal(["cancel", first], 1, "superseded")
                try life.expectUntouched()
            }
        }

        /// The first is dead, with its supervisor, before the second is cut over; or its folder is a copy.
        @Test(arguments: [false, true])
        func aDeadWorkerDoesNotComeBack(copied: Bool) throws {
            try CommandStage.run { stage in
                let first = try stage.migrate()
                for process in stage.tool.processes.sorted() { kill(process, SIGKILL) }
                try CommandStage.wait { stage.tool.processes.isEmpty }
                let other = try stage.otherTool()
                defer { other.endAll() }
                if copied {
                    let (from, to) = ("\(stage.tool.journal)/\(first)", "\(other.journal)/\(first)")
                    try FileManager.default.createDirectory(atPath: to, withIntermediateDirectories: true)
                    for name in ["events.jsonl", "state.json"] {
                        try FileManager.default.copyItem(atPath: "\(from)/\(name)", toPath: "\(to)/\(name)")
                    }
                    _ = try other.json(["resume", first, "--wait", "live_sync"])
                    _ = try other.json(["cutover", first, "--until-verified"])
                } else {
                    let second = try other.migrate(CommandStage.tenant, ["--wait", "live_sync", "--replace"])
                    _ = try other.json(["cutover", second, "--until-verified"])
                }
                let life = try Life(stage)
                try stage.expectRefusal(["resume", first], 1, "is no longer the tenant's")
                try life.expectUntouched()
                try stage.expectRefusal(["cancel", first, "--force"], 1, "superseded")
                try life.expectUntouched()
            }
        }

        /// A second migration cannot be begun while the first one's connections are there; it can while they are cut.
        private func two(_ stage: CommandStage, _ options: [String]) throws -> (String, String, MigrateTool) {
            let first = try stage.migrate(options)
            let other = try stage.otherTool()
            // Stopped, the worker cannot open again what is closed here.
            for process in stage.tool.processes { kill(process, SIGSTOP) }
            for server in [stage.source, stage.target] {
                let clients = try server.call("CLIENT", "LIST").text ?? ""
                for line in clients.split(separator: "\n") where line.contains(first) {
                    let id = line.split(separator: " ")[0].dropFirst("id=".count)
                    try server.call("CLIENT", "KILL", "ID", String(id))
                }
            }
            let second = try other.migrate(CommandStage.tenant, ["--wait", "live_sync", "--replace"] + options)
            for process in stage.tool.processes { kill(process, SIGCONT) }
            return (first, second, other)
        }
    }
}

extension CommandStage {
    /// The same tool with a journal folder of its own.
    func otherTool() throws -> MigrateTool { try MigrateTool(source: source.endpoint, target: target.endpoint) }

    /// Keys with an expiry that come to the target by live sync.
    fileprivate func addSessions(expiringIn milliseconds: Int) throws {
        for number in 0..<20 { try source.call("SET", "__tenant:acme:session\(number)", "1", "PX", milliseconds) }
        try Self.wait { try target.call("EXISTS", "__tenant:acme:session19").integer == 1 }
    }

    fileprivate func renewSessions() throws {
        let client = try target.connect(user: "acme-app", password: "secret")
        for number in 0..<20 { #expect(try client.answer("PERSIST", "__tenant:acme:session\(number)").integer == 1) }
    }
}
