import MigrationCore
import Testing

@testable import MigrationEngine

@Suite struct FeedChoiceTests {
    private static let setting = NotificationSetting(original: "Ex", raised: "AEK")

    private func choice(
        _ preference: FeedPreference,
        _ replication: FeedFindings.Replication,
        _ notifications: FeedFindings.Notifications = .notAsked
    ) throws -> FeedChoice {
        try FeedChoice.make(preference, FeedFindings(replication: replication, notifications: notifications))
    }

    @Test(arguments: [FeedPreference.auto, .replication])
    func replicationWhereItIsAllowed(preference: FeedPreference) throws {
        let made = try choice(preference, .possible("how"), .possible(nil))
        #expect(made == FeedChoice(kind: .replication, reason: "how", isFallback: false))
    }

    @Test func elseNotificationsWithTheReason() throws {
        let made = try choice(.auto, .refused("may not run PSYNC"), .possible(Self.setting))
        #expect(made.kind == .notifications && made.isFallback)
        for words in ["may not run PSYNC", "lag_bytes is unknown", "a new scan", "from 'Ex' to 'AEK'", "put back"] {
            #expect(made.reason.contains(words), "\(made.reason)")
        }
    }

    @Test func notificationsAreTakenWhereTheyAreAskedFor() throws {
        let made = try choice(.notifications, .possible("how"), .possible(nil))
        #expect(made.kind == .notifications && !made.isFallback && !made.reason.contains("from '"))
    }

    @Test(arguments: [
        (FeedPreference.replication, FeedFindings.Notifications.possible(nil), "no PSYNC"),
        (.auto, .refused("no CONFIG"), "no PSYNC; or let keyspace notifications do: no CONFIG"),
        (.notifications, .refused("no CONFIG"), "no CONFIG"), (.auto, .notAsked, "no PSYNC"),
    ])
    func whereNothingIsAllowed(preference: FeedPreference, notifications: FeedFindings.Notifications, words: String) {
        let failure = #expect(throws: MigrationFailure.self) {
            try choice(preference, .refused("no PSYNC"), notifications)
        }
        #expect(failure?.kind == .refused && failure?.message == words)
    }
}
