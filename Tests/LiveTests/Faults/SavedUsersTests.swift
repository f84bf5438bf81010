import Glibc
import MigrationTestSupport
import Testing

extension Faults {
    /// A server with an ACL file dies before its users were saved: what it comes back with is older. The source's are
    /// saved before the switch, so there the cutover goes back; the target's behind it.
    @Suite struct SavedUsersTests {
        @Test(arguments: FaultSide.allCases)
        func aRestartBeforeTheUsersAreSaved(side: FaultSide) throws {
            try CommandStage.run(keys: 50, proxied: true, keepsUsers: true) { stage in
                let id = try stage.migrate()
                let server = side == .source ? stage.source : stage.target
                let proxy = try #require(side == .source ? stage.sourceProxy : stage.targetProxy)
                proxy.arm(Fault(.refuse(milliseconds: 500), .toServer), before: "$4\r\nSAVE\r\n")
                let killer = Task.detached {
                    while !Task.isCancelled, proxy.happened.isEmpty { usleep(1000) }
                    try server.restart(signal: SIGKILL)
                }
                defer { killer.cancel() }
                // Without a data file nothing could be compared.
                let run = try stage.tool.run(["cutover", id, "--until-verified", "--verify", "none"])
                #expect(run.code == (side == .source ? 69 : 0), "\(run.errors)")
                #expect(proxy.happened.count == 1)
                let (atSource, atTarget): (String?, String?) = side == .source ? (nil, "NOPERM") : ("NOPERM", nil)
                // And again: now they are saved.
                for attempt in 0..<2 {
                    if attempt > 0 { try server.restart(signal: SIGKILL) }
                    let old = try stage.source.connect(user: "acme-app", password: "secret")
                    #expect(try old.answer("SET", "__tenant:acme:late", "1").code == atSource)
                    let new = try stage.target.connect(user: "acme-app", password: "secret")
                    #expect(try new.answer("SET", "__tenant:acme:late", "1").code == atTarget)
                }
            }
        }
    }
}
