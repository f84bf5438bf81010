/// What goes wrong on the way between the tool and a server, and where.
package struct Fault: Codable, Equatable, Sendable {
    package enum Direction: String, Codable, CaseIterable, Sendable {
        case toServer, toTool
    }

    /// What is changed in a server's answer, or in its replication stream. RESP has no checksums: another byte within
    /// a value or an integer is another honest answer, and nobody can notice. So only that is changed which must be
    /// noticed; and nothing on the way *to* a server, where it would be an honest write of wrong data.
    package enum Corruption: String, Codable, CaseIterable, Sendable {
        /// The first byte of an answer becomes one that opens none.
        case type
        /// The length of a bulk string or an array is off by one.
        case length
        /// A byte of a DUMP payload, whose checksum the target compares.
        case payload
    }

    package enum Kind: Codable, Equatable, Sendable {
        /// The connection is closed at both ends.
        case cut
        /// Nothing passes any more in this direction, and the connection is closed after so many milliseconds.
        case halfCut(milliseconds: Int)
        /// Nothing passes for so many milliseconds.
        case stall(milliseconds: Int, bothWays: Bool)
        /// Only a few bytes pass at once, for so many milliseconds.
        case drip(bytes: Int, every: Int, milliseconds: Int)
        /// What comes within so many milliseconds comes later by some.
        case delay(by: Int, milliseconds: Int)
        /// Connections are closed, and new ones at once, for so many milliseconds.
        case refuse(milliseconds: Int)
        case corrupt(Corruption)
    }

    package var kind: Kind
    /// The bytes of this direction are counted. A corruption is always on the way to the tool.
    package var direction: Direction
    /// How many bytes pass before it happens, from when the proxy was told of it. A corruption happens at the first
    /// place that is fit for it from there on.
    package var after: Int
    /// All connections suffer, not only the one at hand.
    package var isWide: Bool

    package init(_ kind: Kind, _ direction: Direction = .toTool, after: Int = 0, isWide: Bool = false) {
        self.kind = kind
        if case .corrupt = kind { self.direction = .toTool } else { self.direction = direction }
        self.after = after
        self.isWide = isWide
    }
}

extension Fault: CustomStringConvertible {
    package var description: String {
        "\(kind.words) \(direction == .toTool ? "towards the tool" : "towards the server") after \(after) bytes"
            + (isWide ? ", all connections" : "")
    }
}

extension Fault.Kind {
    fileprivate var words: String {
        switch self {
        case .cut: "cut"
        case .halfCut(let time): "half-cut for \(time) ms"
        case .stall(let time, let bothWays): "stall of \(time) ms\(bothWays ? " both ways" : "")"
        case .drip(let bytes, let every, let time): "drip of \(bytes) bytes every \(every) ms for \(time) ms"
        case .delay(let by, let time): "delay by \(by) ms for \(time) ms"
        case .refuse(let time): "refusal of connections for \(time) ms"
        case .corrupt(let what): "corrupt \(what.rawValue)"
        }
    }
}
