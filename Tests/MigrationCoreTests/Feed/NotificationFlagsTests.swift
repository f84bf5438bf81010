import Foundation
import RESP
import Testing

@testable import MigrationCore

@Suite struct NotificationFlagsTests {
    @Test(arguments: ["AK", "AKE", "KA", "Kg$lshztxe", "KEg$lshztxedn"])
    func theseTellEverything(text: String) {
        #expect(NotificationFlags(text).isSufficient)
    }

    @Test(arguments: [
        "", "A", "AE", "KEx", "K$lshztxe", "Kglshztxe", "Kg$shztxe", "Kg$lshzxe", "Kg$lshztx", "Kg$lshzte",
    ])
    func theseLeaveSomethingOut(text: String) {
        let flags = NotificationFlags(text)
        #expect(!flags.isSufficient)
        #expect(flags.raised.isSufficient)
        #expect(Set(NotificationFlags(text).text).isSubset(of: flags.raised.text) || flags.raised.text.hasPrefix("A"))
    }

    @Test func anAddedLetterIsKept() {
        #expect(NotificationFlags("").raised.text == "AK")
        #expect(NotificationFlags("Exn").raised.text == "AEKn")
        #expect(NotificationFlags("g$").text == "$g")
    }

    @Test(arguments: [
        // original, raised, now, what is set
        ("", "AK", "AK", ""), ("Ex", "AEK", "AEK", "Ex"), ("", "AK", "KA", ""), ("Ex", "AEK", "Ex", nil),
        // Another client has changed it meanwhile: E is theirs, what else there is was ours.
        ("", "AK", "AEK", "E"), ("Ex", "AEK", "AEKm", "Emx"), ("", "AK", "", nil), ("", "AK", "E", nil),
        // Another client has taken some of it away.
        ("gx", "AK", "Kgx", "gx"), ("gx", "AK", "K", ""), ("A", "AK", "AK", "A"), ("A", "AK", "AEK", "AE"),
        ("AK", "AK", "AK", nil), ("AK", "AK", "AKE", nil), ("g$lshztxe", "AK", "AKE", "$Eeghlstxz"),
    ])
    func whatIsPutBack(original: String, raised: String, now: String, set: String?) {
        let setting = NotificationSetting(original: original, raised: raised)
        #expect(setting.restored(from: now) == set)
    }

    /// Journals of versions that knew no choice.
    @Test func aPlanWithoutAFeedLeavesItOpen() throws {
        var plan = try MachineSamples.plan()
        #expect(plan.feed == .auto)
        plan.feed = .notifications
        let data = try MigrationJSON.encoder().encode(plan)
        #expect(try MigrationJSON.decoder().decode(MigrationPlan.self, from: data).feed == .notifications)
        let old = String(decoding: data, as: UTF8.self).replacing(#""feed":"notifications","#, with: "")
        #expect(!old.contains("notifications"))
        let read = try MigrationJSON.decoder().decode(MigrationPlan.self, from: Data(old.utf8))
        #expect(read.feed == .auto && read.scope == plan.scope)
    }
}
