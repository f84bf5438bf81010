import RESP

/// A write to the tenant's keys that reached the source although the fence was up.
package struct LeakReport: Codable, Equatable, Sendable {
    /// -1 where it was every one of them.
    package var database: Int
    /// Nil where a database was emptied or exchanged as a whole.
    package var key: ByteString?
    /// The command in the stream: `SET`, `DEL`.
    package var command: String
    /// Connections that may have done it: address, user and last command of each.
    package var suspects: [String]

    package init(database: Int, key: ByteString?, command: String, suspects: [String]) {
        self.database = database
        self.key = key
        self.command = command
        self.suspects = suspects
    }
}
