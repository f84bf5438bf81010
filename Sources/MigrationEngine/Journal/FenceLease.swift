import FoundationEssentials
import Glibc
import MigrationCore

/// How long a worker may hold a fence up: its pause budget and what it takes to lower it. Read from the journal, so that
/// it also holds for a worker that answers nobody.
package struct FenceLease {
    /// For the steps that take a cutover back.
    private static let margin = 5.0

    private let folder: MigrationFolder
    private var size: Int?
    private var end: Date?

    package init(folder: MigrationFolder) {
        self.folder = folder
    }

    /// Looks at the events again only where some were written.
    package mutating func isOver(at now: Date) -> Bool {
        var information = stat()
        guard stat(folder.events, &information) == 0 else { return false }
        if size != Int(information.st_size) {
            size = Int(information.st_size)
            end = (try? JournalContents.read(folder)).flatMap(Self.end)
        }
        return end.map { now > $0 } ?? false
    }

    private static func end(_ contents: JournalContents) -> Date? {
        guard contents.state.fence != nil, let start = contents.state.cutover.announcedAt else { return nil }
        return budget(contents).map { start + Double($0) / 1000 + margin }
    }

    /// Milliseconds; nil where the fence is not the worker's own, or it has said that it cannot lower it: then it hangs
    /// nowhere and tries.
    private static func budget(_ contents: JournalContents) -> Int? {
        contents.events.reduce(nil) { budget, record in
            switch record.event {
            case .cutoverRequested(let options): options.maxPauseMilliseconds
            case .workerStarted, .cutoverUnsettled, .cutoverEnded: nil
            default: budget
            }
        }
    }
}
