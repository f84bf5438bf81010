/// How much is asked of the source and sent to the target at once, in bytes: within what their settings allow, and within
/// what connections that they have closed have taught.
package struct TransferBounds: Equatable, Sendable {
    /// Of answers that wait at the source for one connection.
    package private(set) var answers = ByteBudget(32 << 20)
    /// Of a value in one command to the target.
    package private(set) var payloads = ByteBudget(.max)
    private var isLimited = false
    /// Connections break for many reasons: where a server tells that it sets no limit, they teach nothing.
    private var learnsFromSource = true
    private var learnsFromTarget = true

    /// A batch of values holds so much at most, where values are not larger by themselves.
    private static let mostChunkBytes = 1 << 20
    /// Less is no reason for a server to close a connection: the limits that matter for a command are 1 MB at least.
    private static let leastAnswers = 64 << 10
    private static let leastPayload = 1 << 20
    /// Where nothing is known of a server.
    private static let cautious = 4 << 20

    package init() {}

    /// Connections are opened anew.
    package mutating func begin(source: ClientLimits, target: ClientLimits, connections: Int) {
        let told = source.areKnown ? source.answerBytes(connections: connections) : Self.cautious
        answers.begin(limit: told)
        isLimited = source.areKnown && told != nil
        (learnsFromSource, learnsFromTarget) = (!source.areKnown || told != nil, !target.areKnown)
        payloads.begin(limit: target.payloadBytes(connections: connections))
    }

    /// The source has closed a connection for which so many bytes waited.
    package mutating func sourceClosed(over bytes: Int) {
        if learnsFromSource, bytes >= Self.leastAnswers { answers.closed(over: bytes) }
    }

    /// The target has closed a connection, or refused a command, with a value of so many bytes.
    package mutating func targetRefused(_ bytes: Int) {
        if learnsFromTarget, bytes >= Self.leastPayload { payloads.closed(over: bytes) }
    }

    package mutating func arrived(_ bytes: Int) { answers.arrived(bytes) }

    /// Every value is asked for its size before it is read: no guess is good enough.
    package var asksEverySize: Bool { isLimited || answers.hasFailed || payloads.hasFailed }

    /// Where sizes are not known, and for what is asked for beside values.
    package var chunkBytes: Int { max(1, min(Self.mostChunkBytes, answers.bytes / 4)) }

    /// A value that takes more memory moves in pieces.
    package func bigValueBytes(_ wanted: Int) -> Int {
        min(wanted, payloads.bytes, asksEverySize ? answers.bytes : .max)
    }

    /// A piece of such a value.
    package var pieceBytes: Int { min(chunkBytes, payloads.bytes) }
}
