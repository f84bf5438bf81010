import Foundation
import MigrationTestSupport

/// The least that a server can be made to do: prebuilt commands are sent as fast as it takes them, and its answers are
/// thrown away unread, so that only the server's own work is in the time.
struct Blast {
    private let socket: SharedSocket
    private let mark = "the end of the answers, which no value looks like"

    init(_ endpoint: Endpoint) throws { socket = SharedSocket(value: try RESPSocket(endpoint, timeout: 120)) }

    /// Returns the seconds from the first byte sent to the last answer.
    func run(_ commands: Bytes) throws -> Double {
        var end = RequestBuffer()
        end.append("ECHO", mark)
        let closing = end.bytes
        let began = MonotonicClock.seconds
        Sender(socket: socket, parts: [commands, closing]).start()
        try socket.value.drain(until: Bytes("$\(mark.utf8.count)\r\n\(mark)\r\n".utf8))
        return MonotonicClock.seconds - began
    }

    /// One thread only sends, the other only receives: they share nothing but the descriptor.
    fileprivate struct SharedSocket: @unchecked Sendable {
        let value: RESPSocket
    }

    private struct Sender: Sendable {
        let socket: SharedSocket
        let parts: [Bytes]

        func start() {
            Thread.detachNewThread {
                // A connection that breaks is noticed by the receiving side.
                for part in parts { try? socket.value.send(part) }
            }
        }
    }
}
