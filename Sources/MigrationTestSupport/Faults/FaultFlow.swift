import Foundation
import Glibc

/// How bytes of one direction pass at present. Times are those of `MonotonicClock`.
struct FlowCondition {
    var stalledUntil = 0.0
    private var drip: (bytes: Int, interval: Double, until: Double, next: Double)?
    private var delay: (by: Double, until: Double)?

    /// Takes on what lasts for a while; other faults change nothing here.
    mutating func take(_ kind: Fault.Kind, at now: Double) {
        switch kind {
        case .stall(let time, _), .halfCut(let time): stalledUntil = max(stalledUntil, now + Double(time) / 1000)
        case .drip(let bytes, let every, let time):
            drip = (max(1, bytes), Double(every) / 1000, now + Double(time) / 1000, now)
        case .delay(let by, let time): delay = (Double(by) / 1000, now + Double(time) / 1000)
        case .cut, .refuse, .corrupt: break
        }
    }

    /// How many bytes may pass now.
    func allowance(at now: Double) -> Int {
        if now < stalledUntil { return 0 }
        guard let drip, now < drip.until else { return .max }
        return now < drip.next ? 0 : drip.bytes
    }

    mutating func notePassed(at now: Double) {
        guard let interval = drip?.interval else { return }
        drip?.next = now + interval
    }

    func latency(at now: Double) -> Double {
        guard let delay, now < delay.until else { return 0 }
        return delay.by
    }
}

/// One direction of a connection through a `FaultProxy`.
struct FaultFlow {
    static let room = 1 << 16

    let direction: Fault.Direction
    let from: Int32
    let to: Int32
    var condition = FlowCondition()
    var tracker = ReplyTracker()
    private(set) var waiting = Bytes()
    private var heldUntil = 0.0
    private(set) var hasEnded = false
    private(set) var hasPassedEnd = false
    /// Nobody takes what comes any more.
    private var isDiscarding = false

    init(_ direction: Fault.Direction, from: Int32, to: Int32) {
        self.direction = direction
        self.from = from
        self.to = to
    }

    var wantsRead: Bool { !hasEnded && waiting.count < Self.room }

    func allowance(_ all: FlowCondition, at now: Double) -> Int {
        guard now >= heldUntil else { return 0 }
        return min(condition.allowance(at: now), all.allowance(at: now), waiting.count)
    }

    mutating func append(_ bytes: ArraySlice<UInt8>, latency: Double, at now: Double) {
        guard !isDiscarding else { return }
        if waiting.isEmpty { heldUntil = now + latency }
        waiting += bytes
    }

    mutating func end() { hasEnded = true }

    /// Sends what may pass. False where the other end is gone.
    mutating func send(_ count: Int) -> Bool {
        guard count > 0 else { return true }
        let sent = waiting.withUnsafeBytes {
            Glibc.send(to, $0.baseAddress, count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
        if sent > 0 { waiting.removeFirst(sent) }
        return sent > 0 || errno == EAGAIN || errno == EINTR
    }

    /// The bytes before a fault get through before it happens, if the other end takes them soon.
    mutating func flush() {
        for _ in 0..<20 where !waiting.isEmpty {
            var end = pollfd(fd: to, events: Int16(POLLOUT), revents: 0)
            guard poll(&end, 1, 5) >= 0, send(waiting.count) else { return }
        }
    }

    mutating func discard() {
        isDiscarding = true
        waiting = []
    }

    /// Tells the other end that no more comes, once all has passed.
    mutating func passEnd() {
        guard hasEnded, waiting.isEmpty, !hasPassedEnd else { return }
        hasPassedEnd = true
        shutdown(to, Int32(SHUT_WR))
    }
}

/// A connection through a `FaultProxy`.
struct FaultLink {
    var toServer: FaultFlow
    var toTool: FaultFlow
    /// When it is closed, whatever happens.
    var closesAt = Double.infinity
    var isClosed = false
    /// Whether the tool reads DUMPs here, and nothing else that is answered by a bulk string.
    private var asksDump = false
    private var asksOther = false
    private var seen = 0

    init(tool: Int32, server: Int32) {
        toServer = FaultFlow(.toServer, from: tool, to: server)
        toTool = FaultFlow(.toTool, from: server, to: tool)
    }

    subscript(_ direction: Fault.Direction) -> FaultFlow {
        get { direction == .toServer ? toServer : toTool }
        _modify { if direction == .toServer { yield &toServer } else { yield &toTool } }
    }

    var takesPayloadCorruption: Bool { asksDump && !asksOther }

    mutating func noteRequest(_ bytes: ArraySlice<UInt8>) {
        guard seen < 1 << 18, !asksOther else { return }
        seen += bytes.count
        let data = Data(bytes)
        if data.range(of: Data("DUMP\r\n".utf8)) != nil { asksDump = true }
        asksOther = ["INFO\r\n", "ACL\r\n", "\nGET\r\n"].contains { data.range(of: Data($0.utf8)) != nil }
    }
}
