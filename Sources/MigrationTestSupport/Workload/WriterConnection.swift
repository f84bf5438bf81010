import Glibc
import Synchronization

/// One connection of a `LiveWriter` and the thread that uses it.
final class WriterConnection: Sendable {
    struct State: Sendable {
        var statistics = WriterStatistics()
        var model = WorkloadModel()
        var violations: [String] = []
        /// A write is under way, or about to be.
        var isBusy = false
    }

    /// Where to write: shared by all connections.
    struct Course: Sendable {
        var endpoint: Endpoint
        /// In automatic mode the place to try when `endpoint` refuses.
        var alternative: Endpoint?
        var isStopped = false
        /// No write begins.
        var isHeld = false
    }

    let state = Mutex(State())

    /// Writes until the course says stop. `interval` is seconds from one write to the next.
    func run(
        _ course: borrowing Mutex<Course>,
        _ chooser: WriteChooser,
        interval: Double,
        timeout: Double
    ) {
        var chooser = chooser
        var sockets = SocketPair(timeout: timeout)
        var due = MonotonicClock.seconds
        while !course.withLock({ $0.isStopped }) {
            let write = state.withLock { chooser.next($0.model) }
            if perform(write, course, &sockets) == .uncertain { chooser.retire(write.keys) }
            due += interval
            let wait = due - MonotonicClock.seconds
            if wait > 0 { usleep(UInt32(wait * 1e6)) }
            // Far behind: go on from here instead of catching up in a burst.
            if wait < -0.1 { due = MonotonicClock.seconds }
        }
    }

    private enum Outcome { case acknowledged, uncertain, abandoned }

    /// Tries one write until a server has done it, or it got no answer.
    private func perform(_ write: Write, _ course: borrowing Mutex<Course>, _ sockets: inout SocketPair) -> Outcome {
        let began = MonotonicClock.seconds
        defer { state.withLock { $0.isBusy = false } }
        while true {
            // Said before it is looked whether writes are held: so whoever holds them sees one or the other.
            state.withLock { $0.isBusy = true }
            let now = course.withLock { $0 }
            if now.isStopped { return .abandoned }
            if now.isHeld {
                state.withLock { $0.isBusy = false }
                usleep(1000)
                continue
            }
            guard let socket = sockets.current(now) else {
                state.withLock { $0.statistics.failedLogins += 1 }
                sockets.turn(now)
                usleep(500)
                continue
            }
            let sent = WallClock.milliseconds
            guard let reply = try? sockets.exchange(write, socket) else {
                sockets.drop()
                return noteUnanswered(write, sent...max(sent, WallClock.milliseconds))
            }
            let window = sent...max(sent, WallClock.milliseconds)
            if Self.isRefusal(reply) {
                noteRefusal(reply)
                sockets.turn(now)
                usleep(200)
                continue
            }
            return noteAnswer(write, reply, window, began)
        }
    }

    private func noteUnanswered(_ write: Write, _ window: ClosedRange<Int>) -> Outcome {
        state.withLock {
            $0.statistics.unanswered += 1
            $0.model.applyUnanswered(write, window)
        }
        return .uncertain
    }

    private func noteRefusal(_ reply: Reply) {
        state.withLock {
            $0.statistics.refused += 1
            $0.statistics.lastRefusal = reply.errorText ?? ""
        }
    }

    private func noteAnswer(_ write: Write, _ reply: Reply, _ window: ClosedRange<Int>, _ began: Double) -> Outcome {
        state.withLock {
            $0.statistics.noteAcknowledged(began: began, ended: MonotonicClock.seconds)
            guard let violation = $0.model.apply(write, reply, window) else { return .acknowledged }
            if $0.violations.count < 100 { $0.violations.append(violation) }
            return .uncertain
        }
    }

    /// The server has not done the write, and says so.
    private static func isRefusal(_ reply: Reply) -> Bool {
        // A transaction whose every command was refused at EXEC.
        if case .array(let replies) = reply, !replies.isEmpty { return replies.allSatisfy(isRefusal) }
        guard case .error(let text) = reply else { return false }
        let codes = ["NOPERM", "NOAUTH", "EXECABORT", "OOM", "LOADING", "READONLY", "MISCONF", "BUSY", "TRYAGAIN"]
        if codes.contains(where: { text.hasPrefix($0 + " ") }) { return true }
        // Within a script: 7.0 and 6.2.
        return text.contains("ACL failure in script") || text.contains("The user executing the script")
    }
}

/// The sockets of one connection to the two places where it may write.
private struct SocketPair {
    private let timeout: Double
    private var sockets: [Endpoint: RESPSocket] = [:]
    private var databases: [Endpoint: Int] = [:]
    private var endpoint: Endpoint?
    private var course: Endpoint?

    init(timeout: Double) { self.timeout = timeout }

    /// The socket to use now; nil when there is no login.
    mutating func current(_ now: WriterConnection.Course) -> RESPSocket? {
        // A new course (`moveTo`) takes effect at once.
        if course != now.endpoint {
            course = now.endpoint
            endpoint = now.endpoint
        }
        guard let endpoint else { return nil }
        if sockets[endpoint] == nil {
            sockets[endpoint] = try? RESPSocket(endpoint, timeout: timeout)
            databases[endpoint] = 0
        }
        return sockets[endpoint]
    }

    /// Goes to the other place, in automatic mode.
    mutating func turn(_ now: WriterConnection.Course) {
        guard let alternative = now.alternative else { return }
        endpoint = endpoint == now.endpoint ? alternative : now.endpoint
    }

    mutating func drop() {
        if let endpoint { sockets[endpoint] = nil }
    }

    /// Sends the write, in its database, and returns its answer.
    mutating func exchange(_ write: Write, _ socket: RESPSocket) throws -> Reply {
        var request = RequestBuffer()
        let changes = databases[socket.endpoint] != write.database
        if changes { request.append("SELECT", write.database) }
        write.append(to: &request)
        let replies = try socket.pipeline(request)
        // Never write on when SELECT failed: the write went to another database.
        if changes, let error = replies[0].errorText { throw RESPSocketError.server(error) }
        databases[socket.endpoint] = write.database
        guard let reply = replies.last else { throw RESPSocketError.closed }
        return reply
    }
}
