import MigrationCore
import Testing

@Suite struct RemarksTests {
    @Test func aSentenceIsSaidOnce() {
        let remarks = Remarks(["a is so", nil, "b is so", "a is so"])
        #expect(remarks.sentences == ["a is so", "b is so"])
        #expect(remarks.line == "a is so; b is so")
        #expect(Remarks([nil]).line == nil)
    }

    /// Two servers with one fault are one sentence, with what mends it.
    @Test func serversThatLoseTheirUsersForOneReasonAreNamedTogether() {
        let both: [UnsavedUsers] = [.fence(at: "a:1", .noFile), .copies(at: "b:2", .noFile)]
        #expect(
            both.sentences == [
                "a restart loses the fence at source a:1 and the tenant's users at target b:2: they have no aclfile: run "
                    + "CONFIG REWRITE at each, which writes users into the configuration file, or give them one"
            ]
        )
        let unlike: [UnsavedUsers] = [.fence(at: "a:1", .mayNotSave), .copies(at: "b:2", .other("ACL SAVE: ERR disk"))]
        #expect(unlike.sentences.count == 2)
        #expect(unlike.sentences[0].hasPrefix("a restart loses the fence at source a:1: the tool's user may not run"))
        #expect(unlike.sentences[1] == "a restart loses the tenant's users at target b:2: ACL SAVE: ERR disk")
        #expect([UnsavedUsers]().sentences.isEmpty)
    }
}
