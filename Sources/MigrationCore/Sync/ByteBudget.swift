/// How many bytes may be under way at once: as many as are allowed, and fewer where a connection was closed over them.
package struct ByteBudget: Equatable, Sendable {
    /// With less a copy would hardly come forward; a value that is larger goes alone.
    package static let least = 16 << 10

    package private(set) var bytes: Int
    /// Never again more than this.
    private var most: Int
    /// A connection was closed over what was under way.
    package private(set) var hasFailed = false
    private var moved = 0
    /// Several connections may break over one limit at the same time.
    private var hasLearnt = false

    package init(_ bytes: Int) {
        (self.bytes, most) = (bytes, bytes)
    }

    /// Connections are opened anew.
    ///
    /// - Parameter limit: What the server allows; nil where it sets no limit, or does not tell it.
    package mutating func begin(limit: Int?) {
        hasLearnt = false
        guard let limit else { return }
        most = max(Self.least, min(most, limit))
        bytes = min(bytes, most)
    }

    /// The server has closed a connection with so many bytes under way.
    package mutating func closed(over count: Int) {
        guard count > 0, !hasLearnt else { return }
        (hasLearnt, hasFailed, moved) = (true, true, 0)
        let failed = min(bytes, max(count, Self.least))
        most = max(Self.least, min(most, failed / 4 * 3))
        bytes = max(Self.least, min(most, failed / 2))
    }

    /// So many bytes have arrived. What goes well for long is tried a little further.
    package mutating func arrived(_ count: Int) {
        guard bytes < most else { return }
        moved += count
        guard moved > 32 * bytes else { return }
        moved = 0
        bytes = min(most, bytes + bytes / 4)
    }
}
