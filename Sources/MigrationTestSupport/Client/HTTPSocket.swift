import Foundation
import Glibc

/// A connection for HTTP as it stands on the wire, so that requests can be as broken as a test wants them.
package final class HTTPSocket: Sendable {
    private let descriptor: Int32

    package init(_ address: String, timeout: Double = 15) throws {
        let colon = address.lastIndex(of: ":") ?? address.startIndex
        let host = String(address[..<colon].trimmingCharacters(in: CharacterSet(charactersIn: "[]")))
        let port = Int(address[address.index(after: colon)...]) ?? 0
        descriptor = try TCPConnection.open(Endpoint(host: host, port: port), timeout: timeout)
    }

    deinit { close(descriptor) }

    /// Whether all was taken.
    @discardableResult
    package func send(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// No more is sent; what was sent is still answered.
    package func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// All that comes until the other side closes; nil where it does not within the timeout.
    package func rest() -> String? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            if count < 0, errno == EAGAIN || errno == EWOULDBLOCK { return nil }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    /// Whether the other side has closed already.
    package var isClosed: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
    }

    /// One request on a connection of its own: the status line, the headers and the body.
    package static func ask(_ address: String, _ request: String) throws -> (head: String, body: String) {
        let socket = try HTTPSocket(address)
        socket.send("\(request) HTTP/1.1\r\nHost: \(address)\r\nConnection: close\r\n\r\n")
        guard let answer = socket.rest(), let end = answer.range(of: "\r\n\r\n") else {
            throw ToolError("\(request) was not answered")
        }
        return (String(answer[..<end.lowerBound]), String(answer[end.upperBound...]))
    }
}
