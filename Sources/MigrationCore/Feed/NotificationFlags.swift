/// The value of `notify-keyspace-events`: a set of classes, each a letter (Redis notify.c,
/// keyspaceEventsStringToFlags).
package struct NotificationFlags: Equatable, Sendable {
    /// What `A` stands for: generic commands, strings, lists, sets, hashes, sorted sets, streams, expired and evicted
    /// keys, modules. Servers before 6.2 do not know `d`, and mean by `A` the others.
    private static let all = Set("g$lshztxed")
    /// Channels by key, and every class of a type that Redis itself has.
    private static let needed = Set("Kg$lshztxe")

    /// `A` written out.
    private var letters: Set<Character>

    package init(_ text: String) {
        letters = Set(text)
        if letters.remove("A") != nil { letters.formUnion(Self.all) }
    }

    private init(letters: Set<Character>) {
        self.letters = letters
    }

    /// Whether every change of every key is told.
    package var isSufficient: Bool { letters.isSuperset(of: Self.needed) }

    /// These and all that a feed needs.
    package var raised: NotificationFlags {
        NotificationFlags(letters: letters.union(Self.all).union(["K"]))
    }

    package func subtracting(_ other: NotificationFlags) -> NotificationFlags {
        NotificationFlags(letters: letters.subtracting(other.letters))
    }

    /// As CONFIG SET takes it, `A` for all classes first.
    package var text: String {
        let isAll = letters.isSuperset(of: Self.all)
        let rest = isAll ? letters.subtracting(Self.all) : letters
        return (isAll ? "A" : "") + String(rest.sorted())
    }
}

/// What a feed changed `notify-keyspace-events` from and to, so that whoever comes last can put it back.
package struct NotificationSetting: Codable, Equatable, Sendable {
    /// As the server told it before any feed of this tool changed it.
    package var original: String
    package var raised: String

    package init(original: String, raised: String) {
        self.original = original
        self.raised = raised
    }

    /// What has to be set, where the setting now is `current`, so that nothing stays of what was added: the original,
    /// or, where somebody else has changed it meanwhile, what they made of it without our part. Nil where nothing has
    /// to be done.
    package func restored(from current: String) -> String? {
        let now = NotificationFlags(current)
        let before = NotificationFlags(original)
        let added = NotificationFlags(raised).subtracting(before)
        if now == NotificationFlags(raised) { return now == before ? nil : original }
        let left = now.subtracting(added)
        return left == now ? nil : left.text
    }
}
