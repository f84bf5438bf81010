import FoundationEssentials
import Glibc
import MigrationCore

/// The time zones that this machine knows.
struct TimeZones {
    /// Where the C library looks (tzset(3)).
    static let standardFolder = "/usr/share/zoneinfo"
    /// More than any compiled zone has.
    private static let mostBytes = 1 << 20

    let folder: String

    init(folder: String? = nil) {
        self.folder = folder ?? getenv("TZDIR").map { String(cString: $0) } ?? Self.standardFolder
    }

    /// The instant that an operator wrote, still to come.
    func instant(_ text: String, now: Date) throws(PlanError) -> Date {
        let instant = try InstantText.instant(text) { name throws(PlanError) in try rules(of: name) }
        try CutoverSchedule.check(instant, now: now)
        return instant
    }

    func rules(of name: String) throws(PlanError) -> ZoneRules {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard name.utf8.count <= 64, parts.allSatisfy(Self.isName) else { throw unknown(name) }
        guard FileManager.default.fileExists(atPath: folder) else {
            throw .impossibleTime(
                name,
                "this machine has no time zones at \(folder); install tzdata, or give an offset such as +01:00"
            )
        }
        let file = URL(filePath: folder + "/" + name)
        guard let bytes = try? Data(contentsOf: file), bytes.count <= Self.mostBytes,
            let rules = ZoneRules(tzif: Array(bytes))
        else { throw unknown(name) }
        return rules
    }

    private static func isName(_ part: Substring) -> Bool {
        guard let first = part.utf8.first, first != UInt8(ascii: ".") else { return false }
        return part.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
    }

    private func unknown(_ name: String) -> PlanError {
        .impossibleTime(name, "no time zone of this name is at \(folder); one is Europe/Berlin")
    }
}
