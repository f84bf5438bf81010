/// A key's logical value, as its clients see it, in digests: two values are equal when their summaries are, however
/// the servers store them.
package struct ValueSummary: Equatable, Sendable {
    package struct Part: Equatable, Sendable {
        /// For people: `elements`, `last id`, `group g: pending entries`.
        package var name: String
        /// A length, or an id; never a value of the tenant's. Nil where there is nothing to show.
        package var shown: String?
        package var digest: Digest128
        /// Older servers do not keep it: compared where both sides have it.
        package var isOptional: Bool

        package init(_ name: String, shown: String? = nil, digest: Digest128 = .zero, isOptional: Bool = false) {
            self.name = name
            self.shown = shown
            self.digest = digest
            self.isOptional = isOptional
        }
    }

    package static let gone = ValueSummary(type: "none", parts: [])

    /// As `TYPE` tells it; `none` for a key that has gone.
    package var type: String
    package var parts: [Part]
    /// The value could not be read, and its payload is not the same for equal values.
    package var isOpaque: Bool

    package init(type: String, parts: [Part], isOpaque: Bool = false) {
        self.type = type
        self.parts = parts
        self.isOpaque = isOpaque
    }

    package var isGone: Bool { type == "none" }

    /// This summary without what the other side's server does not keep.
    package func reduced(to other: ValueSummary) -> ValueSummary {
        guard parts.contains(where: \.isOptional) else { return self }
        let known = Set(other.parts.map(\.name))
        return ValueSummary(type: type, parts: parts.filter { !$0.isOptional || known.contains($0.name) })
    }

    /// Where the values differ, in words; nil where they are equal. `self` is the source's.
    package func difference(to target: ValueSummary) -> String? {
        let (ours, theirs) = (reduced(to: target), target.reduced(to: self))
        if ours == theirs { return nil }
        let known = Dictionary(theirs.parts.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for part in ours.parts {
            guard let other = known[part.name] else { return "\(part.name) only at the source" }
            if let words = Self.difference(part, other) { return words }
        }
        let names = Set(ours.parts.map(\.name))
        if let extra = theirs.parts.first(where: { !names.contains($0.name) }) {
            return "\(extra.name) only at the target"
        }
        return "the order of its parts"
    }

    private static func difference(_ source: Part, _ target: Part) -> String? {
        guard source.shown != target.shown || source.digest != target.digest else { return nil }
        guard let left = source.shown, let right = target.shown, left != right else { return "\(source.name) differ" }
        return "\(source.name): \(left) at the source, \(right) at the target"
    }
}
