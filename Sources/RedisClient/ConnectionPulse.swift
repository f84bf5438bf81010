import NIOCore
import Synchronization

/// How often a connection that nobody uses says something, so that neither its server nor the network on the way ends
/// it for being idle. All connections to one server share what is known of it.
package final class ConnectionPulse: Sendable {
    /// Short of what firewalls and address translators forget.
    private static let usual = TimeAmount.seconds(20)
    /// The least that servers can be set to is a second.
    private static let least = TimeAmount.milliseconds(300)
    private let nanoseconds = Atomic<Int64>(ConnectionPulse.usual.nanoseconds)

    private let answers = Atomic<Bool>(false)

    package init() {}

    /// Whether a connection could be used once: then what is between both sides is set right.
    var hasAnswered: Bool { answers.load(ordering: .relaxed) }

    func noteAnswer() { answers.store(true, ordering: .relaxed) }

    package var interval: TimeAmount { .nanoseconds(nanoseconds.load(ordering: .relaxed)) }

    /// The server ends whoever is silent for so many seconds; nil where it does not, or does not say.
    package func note(idleSeconds: Int?) {
        let limit = idleSeconds.map { TimeAmount.milliseconds(Int64($0) * 1000 / 3) } ?? Self.usual
        let interval = max(Self.least, min(Self.usual, limit))
        nanoseconds.store(interval.nanoseconds, ordering: .relaxed)
    }
}
