import Foundation
import Testing

@testable import MigrationCore

@Suite struct InstantTextTests {
    /// A compiled zone that has nothing but its rule for every year.
    private static func zone(_ rule: String) throws -> ZoneRules {
        var bytes: [UInt8] = []
        for _ in 0..<2 {
            bytes += Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
            for count in [0, 0, 0, 0, 1, 4] as [UInt8] { bytes += [0, 0, 0, count] }
            bytes += [0, 0, 0, 0, 0, 0] + Array("UTC\0".utf8)
        }
        return try #require(ZoneRules(tzif: bytes + Array("\n\(rule)\n".utf8)))
    }

    private static func read(_ text: String) throws -> Date {
        let rules = [
            "Europe/Berlin": "CET-1CEST,M3.5.0,M10.5.0/3", "America/New_York": "EST5EDT,M3.2.0,M11.1.0",
            "Australia/Lord_Howe": "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "Asia/Kolkata": "IST-5:30",
            "Europe/Dublin": "IST-1GMT0,M10.5.0,M3.5.0/1",
        ]
        return try InstantText.instant(text) { name throws(PlanError) in
            guard let rule = rules[name], let zone = try? zone(rule) else {
                throw .impossibleTime(name, "unknown zone")
            }
            return zone
        }
    }

    @Test(arguments: [
        ("2026-12-01T02:00:00Z", "2026-12-01T02:00:00.000Z"), ("2026-12-01t02:00:00z", "2026-12-01T02:00:00.000Z"),
        ("2026-12-01 02:00:00Z", "2026-12-01T02:00:00.000Z"), ("2026-12-01T02:00Z", "2026-12-01T02:00:00.000Z"),
        ("2026-12-01T02:00:00.125Z", "2026-12-01T02:00:00.125Z"),
        ("2026-12-01T02:00:00+01:00", "2026-12-01T01:00:00.000Z"),
        ("2026-12-01T02:00:00-03:30", "2026-12-01T05:30:00.000Z"),
        ("2026-12-01 02:00 +01:00", "2026-12-01T01:00:00.000Z"), ("2028-02-29T23:59:59Z", "2028-02-29T23:59:59.000Z"),
        ("2026-12-01 02:00 Europe/Berlin", "2026-12-01T01:00:00.000Z"),
        ("2026-12-01T02:00:00[Europe/Berlin]", "2026-12-01T01:00:00.000Z"),
        ("2026-07-01T02:00 [Europe/Berlin]", "2026-07-01T00:00:00.000Z"),
        ("2026-12-01 02:00 Asia/Kolkata", "2026-11-30T20:30:00.000Z"),
        ("2026-12-01 02:00 America/New_York", "2026-12-01T07:00:00.000Z"),
        ("2026-12-01 02:00 Australia/Lord_Howe", "2026-11-30T15:00:00.000Z"),
        ("2026-07-01 02:00 Australia/Lord_Howe", "2026-06-30T15:30:00.000Z"),
        ("2026-07-01 02:00 Europe/Dublin", "2026-07-01T01:00:00.000Z"),
        ("2026-12-01 02:00 Europe/Dublin", "2026-12-01T02:00:00.000Z"),
        // The last instants before and the first after a change of the clocks.
        ("2027-03-28 01:59:59 Europe/Berlin", "2027-03-28T00:59:59.000Z"),
        ("2027-03-28 03:00 Europe/Berlin", "2027-03-28T01:00:00.000Z"),
        ("2027-10-31 01:59:59 Europe/Berlin", "2027-10-30T23:59:59.000Z"),
        ("2027-10-31 03:00 Europe/Berlin", "2027-10-31T02:00:00.000Z"),
    ])
    func whatIsMeant(text: String, instant: String) throws {
        #expect(RFC3339.string(from: try Self.read(text)) == instant)
    }

    @Test(arguments: [
        "", " ", "tomorrow", "2026-12-01", "2026-12-01T", "2026-12-01T02", "02:00", "2026-12-01T2:00Z",
        "26-12-01T02:00Z",
        "2026-12-01T02:00:00+0100", "2026-12-01T02:00:00+1", "2026-12-01T02:00:00.Z",
        "2026-12-01T02:00:00Europe/Berlin",
        "2026-12-01T02:00:00+01:00[Europe/Berlin]", "2026-12-01T02:00:00Z ", "2026-12-01  02:00Z", "1733018400",
        "2026-12-01T02:00:00.1234567891Z", "２026-12-01T02:00:00Z",
    ])
    func whatIsNoTime(text: String) throws {
        #expect(throws: PlanError.self) { try Self.read(text) }
    }

    @Test(arguments: [
        ("2026-02-29T02:00:00Z", "no such day"), ("2026-13-01T02:00:00Z", "no such day"),
        ("2026-00-10T02:00:00Z", "no such day"), ("2026-12-00T02:00:00Z", "no such day"),
        ("2026-12-01T24:00:00Z", "no such time of day"), ("2026-12-01T02:60:00Z", "no such time of day"),
        ("2026-12-01T02:00:60Z", "no such time of day"), ("2026-12-01T02:00:00+24:00", "no such offset"),
        ("2026-12-01T02:00:00", "does not say where"), ("2026-12-01 02:00", "does not say where"),
        ("2026-12-01 02:00 ", "does not say where"), ("2026-12-01 02:00 Europe/Bern", "unknown zone"),
        (
            "2027-03-28 02:30 Europe/Berlin",
            "does not exist there; say which you mean: 2027-03-28T02:30+02:00 or 2027-03-28T02:30+01:00"
        ),
        (
            "2027-10-31T02:30:00[Europe/Berlin]",
            "comes twice there; say which you mean: 2027-10-31T02:30:00+02:00 or 2027-10-31T02:30:00+01:00"
        ),
        ("2027-03-28 02:00 Europe/Berlin", "does not exist"), ("2027-10-31 02:00 Europe/Berlin", "comes twice"),
        ("2027-04-04 01:45 Australia/Lord_Howe", "2027-04-04T01:45+11:00 or 2027-04-04T01:45+10:30"),
        ("2027-11-07 01:30 America/New_York", "2027-11-07T01:30-04:00 or 2027-11-07T01:30-05:00"),
    ])
    func whatCannotBe(text: String, words: String) throws {
        let error = #expect(throws: PlanError.self) { try Self.read(text) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    /// The readings that an error offers are taken.
    @Test func theOfferedReadings() throws {
        let first = try Self.read("2027-10-31T02:30+02:00")
        #expect(try Self.read("2027-10-31T02:30+01:00").timeIntervalSince(first) == 3600)
    }

    private static let folder = "/usr/share/zoneinfo"

    /// Foundation reads the same zones in its own way: years with transitions in the file, and years behind the last.
    @Test(
        .enabled(if: FileManager.default.fileExists(atPath: folder)),
        arguments: [
            "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/St_Johns",
            "Pacific/Chatham", "Europe/Dublin", "Asia/Tehran", "UTC", "America/Santiago", "Europe/London",
        ]
    )
    func theMachinesOwnZones(name: String) throws {
        let bytes = try Data(contentsOf: URL(filePath: "\(Self.folder)/\(name)"))
        let rules = try #require(ZoneRules(tzif: Array(bytes)))
        let zone = try #require(TimeZone(identifier: name))
        // Twice a day, from 2024 to 2060.
        for instant in stride(from: 1_704_067_200, to: 2_840_140_800, by: 43_200) {
            let expected = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant)))
            try #require(rules.offset(at: instant) == expected, "\(name) at \(instant)")
        }
    }

    @Test func bytesThatAreNoZone() throws {
        let whole = try Data(contentsOf: URL(filePath: "\(Self.folder)/Europe/Berlin"))
        #expect(ZoneRules(tzif: []) == nil)
        #expect(ZoneRules(tzif: Array("TZif2".utf8)) == nil)
        #expect(ZoneRules(tzif: Array("tzdata".utf8) + [UInt8](repeating: 0, count: 100)) == nil)
        // Cut off anywhere it is none, or has lost only its rule.
        for length in stride(from: 0, to: whole.count - 60, by: 7) {
            #expect(ZoneRules(tzif: Array(whole.prefix(length))) == nil, "\(length)")
        }
        for rule in ["C-1", "CET", "CET-1CEST", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.0", "CET-1,", "CET-999"] {
            #expect(PosixZone(rule) == nil, "\(rule)")
        }
        #expect(PosixZone("A1B2,J60,J300/-1:30") == nil)
        // J60 is the 1st of March in every year, 59 is so in those without a leap day.
        let julian = try #require(PosixZone("AAA0BBB,J60/0,J300/0"))
        let counted = try #require(PosixZone("AAA0BBB,59/0,300/0"))
        let march = CivilTime.days(2028, 3, 1) * 86_400
        #expect(julian.offset(at: march - 1) == 0 && julian.offset(at: march) == 3600)
        #expect(counted.offset(at: march - 86_401) == 0 && counted.offset(at: march - 86_400) == 3600)
    }
}
