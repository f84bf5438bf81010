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
                try faults.runCutover(into: stall, at: .target, before: "\n~__tenant:acme:*")
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
                try faults.runCutover(into: stall, at: .target, before: "\n~__tenant:acme:*", budget: "10000")
                let client = try faults.login(faults.stage.target)
                for _ in 0..<30 {
                    #expect(try client.answer("INCR", "__tenant:acme:late").errorText?.hasPrefix("NOPERM") == true)
                    usleep(100_000)
                }
                faults.more()
                try faults.finish()
            }
        }
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

    /// The switch is on its way when the fault has happened at the target.
    fileprivate func killWorkerOnceSwitching() throws {
        while !Task.isCancelled, stage.targetProxy?.happened.isEmpty != false { usleep(5000) }
        if let worker = try worker { kill(worker, SIGKILL) }
    }
}
