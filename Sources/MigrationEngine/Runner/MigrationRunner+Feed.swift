import Logging
import MigrationCore

extension MigrationRunner {
    /// Which feed it is, for the status, and what an operator should know about it, for the log.
    func noteFeed() {
        progress.feed = synchronizer.feeds.first?.kind
        for remark in synchronizer.feeds.compactMap(\.remark) {
            logger.notice("change feed", metadata: ["remark": "\(remark)"])
        }
    }
}
