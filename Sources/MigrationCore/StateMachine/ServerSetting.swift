/// A setting of a server that a migration changes for its time, written down before it is changed.
package struct ServerSetting: Codable, Equatable, Sendable {
    package enum Side: String, Codable, Sendable {
        case source, target
    }

    /// As CONFIG SET names it.
    package var name: String
    package var original: String
    package var raised: String
    /// Whose it is. Nil, in journals from before the target had any: the source's.
    package var side: Side?

    package init(name: String, original: String, raised: String, side: Side = .source) {
        self.name = name
        self.original = original
        self.raised = raised
        self.side = side
    }

    /// Whether it is that setting of that server, whatever its values.
    package func isThe(_ name: String, of side: Side?) -> Bool {
        self.name == name && (self.side ?? .source) == (side ?? .source)
    }
}
