import Foundation
import Glibc
import Synchronization

/// A way to a server on which a test can act at the right moment: it sees what clients send before the server does.
package final class ServerProxy: Sendable {
    /// What becomes of the bytes that a trap was set for.
    package enum Passage: Sendable {
        case pass
        /// The server gets them, and the client's connection ends without an answer.
        case passAndCut
        /// The server gets them at once, the client its answer after so many microseconds.
        case passAndHold(UInt32)
    }

    private struct Trap: Sendable {
        var words: [Bytes]
        let action: @Sendable () -> Passage
    }

    package let port: Int
    private let listener: Int32
    private let server: Endpoint
    private let trap: Mutex<Trap?>
    private let isStopped = Atomic<Bool>(false)

    package init(to server: RedisServer) throws {
        self.server = Endpoint(port: server.port)
        (listener, port) = try TCPConnection.listen()
        trap = Mutex(nil)
        let listener = listener
        Thread.detachNewThread { [weak self] in
            while true {
                let client = accept(listener, nil, nil)
                guard client >= 0 else { return }
                guard let self else {
                    close(client)
                    return
                }
                Thread.detachNewThread { self.serve(client) }
            }
        }
    }

    deinit { stop() }

    /// Ends every connection, and takes no new ones.
    package func stop() {
        guard !isStopped.exchange(true, ordering: .sequentiallyConsistent) else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }

    /// Calls `action`, once, before the server gets what a client sends with the last of `words` in it, after others
    /// with each word before it.
    package func before(_ words: [String], action: @escaping @Sendable () -> Passage) {
        trap.withLock { $0 = Trap(words: words.map { Bytes($0.utf8) }, action: action) }
    }

    private func serve(_ client: Int32) {
        defer { close(client) }
        guard let upstream = try? TCPConnection.open(server, timeout: 0) else { return }
        defer { close(upstream) }
        var buffer = Bytes(repeating: 0, count: 1 << 16)
        var isHalfClosed = false
        while !isStopped.load(ordering: .relaxed) {
            var ends = [pollfd(fd: isHalfClosed ? -1 : client, events: Int16(POLLIN), revents: 0)]
            ends.append(pollfd(fd: upstream, events: Int16(POLLIN), revents: 0))
            guard poll(&ends, 2, 50) >= 0 || errno == EINTR else { return }
            if ends[0].revents != 0 {
                let count = recv(client, &buffer, buffer.count, 0)
                if count > 0 {
                    guard pass(buffer[..<count], to: upstream) else { return }
                } else {
                    // The server may still have answers to give, and says itself when it has done everything.
                    isHalfClosed = true
                    shutdown(upstream, Int32(SHUT_WR))
                }
            }
            if ends[1].revents != 0 {
                let count = recv(upstream, &buffer, buffer.count, 0)
                guard count > 0 else { return }
                guard Self.sendAll(client, buffer[..<count]) || isHalfClosed else { return }
            }
        }
    }

    /// False where the connection ends.
    private func pass(_ bytes: ArraySlice<UInt8>, to upstream: Int32) -> Bool {
        let passage = spring(bytes)
        guard Self.sendAll(upstream, bytes) else { return false }
        switch passage {
        case .pass: return true
        case .passAndCut: return false
        case .passAndHold(let time):
            usleep(time)
            return true
        }
    }

    private func spring(_ bytes: ArraySlice<UInt8>) -> Passage {
        let sprung = trap.withLock { trap -> Trap? in
            guard let word = trap?.words.first, bytes.contains(word) else { return nil }
            trap?.words.removeFirst()
            guard let set = trap, set.words.isEmpty else { return nil }
            trap = nil
            return set
        }
        return sprung?.action() ?? .pass
    }

    private static func sendAll(_ descriptor: Int32, _ bytes: ArraySlice<UInt8>) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}

extension ArraySlice<UInt8> {
    fileprivate func contains(_ word: Bytes) -> Bool {
        guard count >= word.count else { return false }
        return (startIndex...(endIndex - word.count)).contains { self[$0..<($0 + word.count)].elementsEqual(word) }
    }
}
