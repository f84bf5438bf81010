import NIOCore
import RedisClient

/// Keeps one connection of a lane from being ended for idleness: asks for life while nothing else is under way, and takes
/// the answers away before the lane's machine sees what follows them.
struct LanePulse {
    private static let ping = ByteBuffer(string: "*1\r\n$4\r\nPING\r\n")

    private let pulse: ConnectionPulse
    private var owed = 0
    private var lastUse = NIODeadline.now()

    init(_ pulse: ConnectionPulse) { self.pulse = pulse }

    var interval: TimeAmount { pulse.interval }

    /// What to send now; nil where the connection is in use, was so just now, or owes an answer to the last question.
    mutating func question(isIdle: Bool, at now: NIODeadline) -> ByteBuffer? {
        if !isIdle { lastUse = now }
        guard isIdle, owed == 0, now - lastUse >= pulse.interval else { return nil }
        (owed, lastUse) = (1, now)
        return Self.ping
    }

    /// Takes off what answers a question: one line, also where it says that the user may not ask.
    mutating func strip(_ bytes: inout ByteBuffer) {
        while owed > 0, bytes.readableBytes > 0 {
            guard let end = bytes.readableBytesView.firstIndex(of: 0x0A) else {
                bytes.moveReaderIndex(to: bytes.writerIndex)
                return
            }
            bytes.moveReaderIndex(to: end + 1)
            owed -= 1
        }
    }
}
