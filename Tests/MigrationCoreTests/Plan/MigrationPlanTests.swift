import RESP
import Testing

@testable import MigrationCore

@Suite struct MigrationPlanTests {
    private func plan(
        source: String = "a:1",
        target: String = "b:1",
        mode: MigrationMode = .live,
        databases: [Int]? = nil
    ) throws -> MigrationPlan {
        try MigrationPlan(
            scope: TenantScope(tenant: "acme"),
            source: ServerPlan(address: ServerURL(source).address),
            target: ServerPlan(address: ServerURL(target).address),
            mode: mode,
            databases: databases,
            transfer: TransferOptions()
        )
    }

    @Test func defaultsAreThoseOfTheManual() throws {
        let plan = try plan()
        #expect(plan.tenant == "acme")
        #expect(plan.transfer == (try TransferOptions(parallel: 4, batchSize: 1000, timeoutSeconds: 3600)))
        #expect(plan.userCopy == .tenant)
        #expect(!plan.replace)
        #expect(plan.databases == nil)
        let options = try CutoverOptions()
        #expect(options.maxLag == 1000)
        #expect(options.maxPauseMilliseconds == 5000)
        #expect(options.fence == .acl)
        #expect(options.verify == .full)
        #expect(!options.force)
    }

    @Test func theURLsDatabaseNarrows() throws {
        #expect(try plan(source: "a:1/3").databases == [3])
        #expect(try plan(source: "a:1/3", databases: [4, 5]).databases == [4, 5])
        #expect(try plan(target: "b:1/3").databases == nil)
    }

    @Test(arguments: [("a:1", "a:1"), ("a", "redis://user:pw@a:6379"), ("a:1/0", "a:1/1")])
    func oneServerIsNoMigration(source: String, target: String) {
        let error = #expect(throws: PlanError.self) { try plan(source: source, target: target) }
        guard case .sameServer = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [[], [-1], [0, 1 << 31]])
    func databasesAreNumbersOfAServer(databases: [Int]) {
        let error = #expect(throws: PlanError.self) { try plan(databases: databases) }
        guard case .outOfRange("db", _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [MigrationMode.fast, .incremental])
    func otherModesAreRefusedInWords(mode: MigrationMode) {
        #expect(throws: PlanError.unsupported("mode \(mode.rawValue)")) { try plan(mode: mode) }
    }

    @Test(arguments: [
        (0, 1000, 3600, "parallel"), (65, 1000, 3600, "parallel"), (-1, 1000, 3600, "parallel"),
        (4, 0, 3600, "batch-size"), (4, 100_001, 3600, "batch-size"), (4, 1000, 0, "timeout"),
        (4, 1000, 2_592_001, "timeout"), (Int.min, 1000, 3600, "parallel"),
    ])
    func transferOptionsHaveRanges(parallel: Int, batchSize: Int, timeout: Int, option: String) {
        let error = #expect(throws: PlanError.self) {
            try TransferOptions(parallel: parallel, batchSize: batchSize, timeoutSeconds: timeout)
        }
        guard case .outOfRange(option, _, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [(1, 1, 1), (64, 100_000, 2_592_000)])
    func theirEndsAreWithin(parallel: Int, batchSize: Int, timeout: Int) throws {
        _ = try TransferOptions(parallel: parallel, batchSize: batchSize, timeoutSeconds: timeout)
    }

    @Test(arguments: [(-1, 5000), (0, 9), (0, 600_001), (0, -1)])
    func cutoverOptionsHaveRanges(maxLag: Int, maxPause: Int) {
        #expect(throws: PlanError.self) { try CutoverOptions(maxLag: maxLag, maxPauseMilliseconds: maxPause) }
    }

    @Test func idsAreNewAndHaveTheForm() {
        let ids = Set((0..<1000).map { _ in MigrationPlan.makeID() })
        #expect(ids.count == 1000)
        #expect(ids.allSatisfy { MigrationPlan.isID($0) && $0.utf8.count == 14 })
    }

    @Test(arguments: [
        "", "mig_", "mig_/", "mig_..", "../mig_1", "mig_A", "MIG_a", "mig_a/b", "mig_a.b", "mig_a\u{0}", "mig_é", "ALL",
        "mig_" + String(repeating: "a", count: 61),
    ])
    func whatCouldNameAnotherFolderIsNoID(text: String) {
        #expect(!MigrationPlan.isID(text))
    }

    @Test(arguments: [
        PlanError.invalidTenant("a\n\u{1B}[31m\u{9B}", "it is odd"), .invalidTenant("", ""),
        .invalidPrefixFormat("\u{0}", "why"), .invalidAddress("a\r\nb", "why"), .sameServer("a:1"),
        .outOfRange(option: "parallel", value: "0", allowed: "1 to 64"), .unsupported("mode fast"),
        .invalidTLS("half of\na pair, or so it seems"),
    ])
    func errorsAreOneHarmlessLine(error: PlanError) {
        #expect(error.message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        #expect(error.message.count > 20)
    }

    @Test func finalPhasesAreFour() {
        #expect(MigrationPhase.allCases.filter(\.isFinal) == [.completed, .failed, .cancelled, .superseded])
        #expect(
            MigrationPhase.allCases.map(\.rawValue) == [
                "preparing", "initial_sync", "live_sync", "cutover", "cleanup", "completed", "paused", "failed",
                "cancelled", "superseded",
            ]
        )
    }

    @Test(arguments: [
        ("a\nb", #"a\nb"#), ("a\r\tb", #"a\r\tb"#), ("\u{1B}[31m", #"\x1b[31m"#), ("\u{1}c", #"\x01c"#),
        ("\u{85}é", #"\x85é"#),
    ])
    func controlCharactersAreRecognised(text: String, shown: String) {
        #expect(text.printable == shown)
    }

    /// `ACL SETUSER u ~__tenant:a\*b:*` is what a server takes.
    @Test func aPatternIsShownAsItIsTyped() throws {
        #expect(try TenantScope(tenant: "a*b").pattern.typed == #"__tenant:a\*b:*"#)
    }
}
