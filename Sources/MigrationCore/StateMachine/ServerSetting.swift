/// A setting of the source that a migration changes for its time, written down before it is changed.
package struct ServerSetting: Codable, Equatable, Sendable {
    /// As CONFIG SET names it.
    package var name: String
    package var original: String
    package var raised: String

    package init(name: String, original: String, raised: String) {
        self.name = name
        self.original = original
        self.raised = raised
    }
}
