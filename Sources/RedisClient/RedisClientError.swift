import RESP

/// Why a server did not do what it was asked. No case holds a password or a value.
package enum RedisClientError: Error, Equatable, Sendable {
    /// No connection: unknown host, refused port, no answer in time.
    case unreachable(server: String, reason: String)
    /// There is no TLS with it.
    case tls(server: String, TLSFault)
    /// No password could be had for it. It may pass where there was one before.
    case noPassword(server: String, reason: String, mayPass: Bool)
    /// The connection was there and is gone.
    case disconnected(server: String, reason: String)
    /// The server sent something that is not RESP.
    case notRESP(server: String)
    /// The server answered the command with an error line, which is passed on as it stands.
    case refused(server: String, command: String, reply: String)
    /// The server answered, but not in the shape that the command's documentation gives.
    case unexpectedReply(server: String, command: String)
    case timedOut(server: String, command: String)

    package var server: String {
        switch self {
        case .unreachable(let server, _), .tls(let server, _), .noPassword(let server, _, _),
            .disconnected(let server, _), .notRESP(let server), .refused(let server, _, _),
            .unexpectedReply(let server, _), .timedOut(let server, _):
            server
        }
    }

    /// The server took no client, or not this one, and said so before it was asked anything.
    package static func refusedConnection(server: String, reply: String) -> RedisClientError {
        .refused(server: server, command: "the connection", reply: reply)
    }

    /// The error code of a refusal: `NOPERM`, `OOM`, `LOADING`, …
    package var code: String? {
        guard case .refused(_, _, let reply) = self else { return nil }
        return reply.split(separator: " ").first.map(String.init)
    }

    /// What a server says to a client that it does not take (Redis networking.c, acceptCommonHandler and
    /// clientAcceptHandler): no answer to anything.
    static func isOfTheConnection(_ line: String) -> Bool {
        line.hasPrefix("ERR max number of clients") || line.hasPrefix("DENIED ")
    }
}
