import Glibc
import MigrationTestSupport
import Testing

extension Faults {
    /// A command that the network holds back, while the cutover that sent it is taken back on other connections, must
    /// not be executed when it comes at last.
    @Suite struct LateCommandTests {
        /// Else the tenant could write nowhere, and nobody would know.
        @Test func aFenceThatComesTooLateDoesNotGoUp() throws {
            try FaultStage.run(proxied: true) { faults in
                let stall = Fault(.stall(milliseconds: 2500, bothWays: false), .toServer)
                try faults.runCutover(into: stall, at: .source, before: "%R~__tenant:acme:")
                let client = try faults.login(faults.stage.source)
                for _ in 0..<30 {
                    #expect(try client.answer("INCR", "__tenant:acme:late").errorText == nil)
                    usleep(100_000)
                }
                try faults.finish()
            }
        }

        /// Else both sides were writable.
        @Test func aSwitchThatComesTooLateDoesNotHappen() throws {
            try FaultStage.run(proxied: true) { faults in
                let stall = Fault(.stall(milliseconds: 2500, bothWays: false), .toServer)
                try faults.runCutover(into: stall, at: .target, before: try faults.switching)
                let client = try faults.login(faults.stage.target)
                for _ in 0..<30 {
                    #expect(try client.answer("INCR", "__tenant:acme:late").errorText?.hasPrefix("NOPERM") == true)
                    usleep(100_000)
                }
                faults.more()
                try faults.finish()
            }
        }

        /// The same where the worker that sent the switch is dead: its supervisor takes the cutover back.
        @Test func aSwitchOfADeadWorkerDoesNotHappen() throws {
            try FaultStage.run(proxied: true) { faults in
                let stall = Fault(.stall(milliseconds: 2500, bothWays: false), .toServer)
                let killer = Task.detached { try faults.killWorkerOnceSwitching() }
                defer { killer.cancel() }
                try faults.runCutover(into: stall, at: .target, before: try faults.switching, budget: "10000")
                let client = try faults.login(faults.stage.target)
                for _ in 0..<30 {
                    #expect(try client.answer("INCR", "__tenant:acme:late").errorText?.hasPrefix("NOPERM") == true)
                    usleep(100_000)
                }
                faults.more()
                try faults.finish()
            }
        }

        /// Else a cancelled migration left keys behind.
        @Test func aCopyThatComesTooLateDoesNotOutliveACancel() throws {
            try FaultStage.run(proxied: true) { faults in
                let id = try faults.stage.migrate()
                let proxy = try #require(faults.stage.targetProxy)
                proxy.arm(Self.stall, before: "__tenant:acme:straggler")
                try faults.stage.source.call("SET", "__tenant:acme:straggler", "1")
                try CommandStage.wait { !proxy.happened.isEmpty }
                faults.killAll()
                try faults.cancel(id)
                usleep(3_000_000)
                #expect(try KeyspaceDigest(faults.stage.target, tenants: ["acme"]).keys == 0)
                #expect(faults.writer.stop().wrongAnswers == [])
            }
        }

        /// Else the next migration of the tenant would lose keys at the target.
        @Test func aRemovalThatComesTooLateDoesNotHitTheNextMigration() throws {
            try FaultStage.run(proxied: true) { faults in
                let first = try faults.stage.migrate()
                let proxy = try #require(faults.stage.targetProxy)
                // Now only a cancel removes keys at the target.
                _ = try faults.tool.json(["pause", first])
                proxy.arm(Self.stall, before: "UNLINK\r\n$")
                let killer = Task.detached {
                    while !Task.isCancelled, proxy.happened.isEmpty { usleep(5000) }
                    faults.killAll()
                }
                defer { killer.cancel() }
                #expect(try faults.tool.run(["cancel", first]).code != 0)
                try faults.cancel(first)
                _ = try faults.stage.migrate()
                usleep(3_000_000)
                var comparison = KeyspaceComparison(faults.stage.source, faults.stage.target, tenant: "acme")
                comparison.exceptions = [TenantSeed.prefix(of: "acme") + Array("live:".utf8)]
                #expect(try comparison.differences().map(\.description) == [])
                #expect(faults.writer.stop().wrongAnswers == [])
            }
        }

        private static let stall = Fault(.stall(milliseconds: 2500, bothWays: false), .toServer)
    }
}

extension FaultStage {
    func login(_ server: RedisServer) throws -> RESPSocket {
        try server.connect(user: Self.user, password: Self.password)
    }

    /// A cutover that goes back because of the fault, which must happen.
    func runCutover(into fault: Fault, at side: FaultSide, before word: String, budget: String = "1000") throws {
        let id = try stage.migrate()
        more()
        let proxy = try #require(side == .source ? stage.sourceProxy : stage.targetProxy)
        proxy.arm(fault, before: word)
        let run = try tool.run(["cutover", id, "--max-pause", budget])
        #expect(run.code != 0 && proxy.happened == [fault], "\(run.errors)")
    }

    /// Only the switch gives a user with a password the right to write: rules are tried with one that has none.
    fileprivate var switching: String {
        get throws {
            let user = try stage.source.call("ACL", "GETUSER", Self.user)
            let hash = try #require(user[field: "passwords"]?.array?.first?.text)
            return "\(hash.suffix(8))\r\n$16\r\n~__tenant:acme:*"
        }
    }

    /// The switch is on its way when the fault has happened at the target.
    fileprivate func killWorkerOnceSwitching() throws {
        while !Task.isCancelled, stage.targetProxy?.happened.isEmpty != false { usleep(5000) }
        if let worker = try worker { kill(worker, SIGKILL) }
    }

    /// Tried until it works: a worker that has just died may be started again.
    fileprivate func cancel(_ id: String) throws {
        try CommandStage.wait { try tool.run(["cancel", id]).code == 0 }
    }
}
