/// A key of the workload.
struct ModelKey: Hashable, Sendable {
    let database: Int
    let name: Bytes
}

/// What a key must hold after the writes that were acknowledged.
struct ModelState: Equatable, Sendable {
    var value = ModelValue.absent { didSet { if value == .absent { expiry = nil } } }
    /// When the key expires, in milliseconds since 1970: within this range, as the server's clock was read between
    /// the sending of the command and its answer.
    var expiry: ClosedRange<Int>?

    static let absent = ModelState()

    /// What the key may be during `window`: itself, gone, or (around its expiry) either.
    func variants(in window: ClosedRange<Int>) -> [ModelState] {
        guard let expiry else { return [self] }
        if window.upperBound < expiry.lowerBound - Self.tolerance { return [self] }
        if window.lowerBound > expiry.upperBound + Self.tolerance { return [.absent] }
        return [self, .absent]
    }

    /// Servers read their clock once per turn, so their milliseconds may lag a little.
    static let tolerance = 2
}

enum ModelValue: Equatable, Sendable {
    case absent
    case string(Bytes)
    case list([Bytes])
    case set(Set<Bytes>)
    case hash([Bytes: Bytes])
    case sortedSet([Bytes: Double])
    case stream(ModelStream)

    var bytes: Bytes {
        get { if case .string(let bytes) = self { bytes } else { [] } }
        set { self = .string(newValue) }
    }

    var elements: [Bytes] {
        get { if case .list(let elements) = self { elements } else { [] } }
        set { self = newValue.isEmpty ? .absent : .list(newValue) }
    }

    var members: Set<Bytes> {
        get { if case .set(let members) = self { members } else { [] } }
        set { self = newValue.isEmpty ? .absent : .set(newValue) }
    }

    var fields: [Bytes: Bytes] {
        get { if case .hash(let fields) = self { fields } else { [:] } }
        set { self = newValue.isEmpty ? .absent : .hash(newValue) }
    }

    var scores: [Bytes: Double] {
        get { if case .sortedSet(let scores) = self { scores } else { [:] } }
        set { self = newValue.isEmpty ? .absent : .sortedSet(newValue) }
    }

    /// An empty stream is a key of its own, unlike an empty list.
    var stream: ModelStream {
        get { if case .stream(let stream) = self { stream } else { ModelStream() } }
        set { self = .stream(newValue) }
    }
}

/// A stream with the one group `g`.
struct ModelStream: Equatable, Sendable {
    struct Entry: Equatable, Sendable {
        let id: Bytes
        let payload: Bytes
    }

    var entries: [Entry] = []
    /// The entries that the group has not delivered yet, oldest first.
    var undelivered: [Entry] = []
    var lastDelivered = Bytes("0-0".utf8)
    /// Pending id to consumer.
    var pending: [Bytes: Bytes] = [:]
}
