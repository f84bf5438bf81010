import MigrationCore
import NIOCore
import RESP
import RedisClient

/// One side of a verification: a connection for payloads' fingerprints and one for everything else.
struct VerifiedServer: Sendable {
    /// A DUMP of a huge value, or a saving disk, may keep a server busy for seconds.
    static let timeout = TimeAmount.seconds(60)
    private static let scanCount = 1000
    private static let nameBytes = 256
    /// Of a verification and of the migration that it may run beside.
    private static let connections = 10

    /// `source` or `target`.
    let role: String
    let control: RedisConnection
    private let payloads: FingerprintConnection
    /// False for servers before 7.0.
    let hasExpireTime: Bool
    let hidesLimits: Bool
    /// Of answers that may wait at the server at once; nil where it sets no limit, or does not tell it.
    let answerBytes: Int?
    private let fieldExpiries: FieldExpiries

    static func open(
        _ role: String,
        _ endpoint: RedisEndpoint,
        probing key: ByteString,
        on group: any EventLoopGroup,
        assuming bytes: Int? = nil
    ) async throws(MigrationFailure) -> VerifiedServer {
        do throws(RedisClientError) {
            let control = try await RedisConnection.connect(to: endpoint, on: group, timeout: timeout)
            do throws(RedisClientError) {
                return try await open(role, endpoint, control, probing: key, on: group, assuming: bytes)
            } catch {
                await control.close()
                throw error
            }
        } catch {
            throw MigrationFailure(verifying: role, error)
        }
    }

    private static func open(
        _ role: String,
        _ endpoint: RedisEndpoint,
        _ control: RedisConnection,
        probing key: ByteString,
        on group: any EventLoopGroup,
        assuming bytes: Int?
    ) async throws(RedisClientError) -> VerifiedServer {
        let reply = try await control.pipeline([RedisCommand("PEXPIRETIME", key)])[0]
        var hasExpireTime = true
        if case .error(let line) = reply {
            guard line.lowercased().contains("unknown command") else {
                throw .refused(server: control.server, command: "PEXPIRETIME", reply: line)
            }
            hasExpireTime = false
        }
        let limits = try await control.clientLimits()
        endpoint.pulse.note(idleSeconds: limits.idleSeconds)
        let payloads = try await FingerprintConnection.connect(
            to: endpoint,
            on: group,
            expiryCommand: hasExpireTime ? "PEXPIRETIME" : "PTTL",
            timeout: timeout
        )
        do throws(RedisClientError) {
            return VerifiedServer(
                role: role,
                control: control,
                payloads: payloads,
                hasExpireTime: hasExpireTime,
                hidesLimits: !limits.areKnown,
                answerBytes: limits.areKnown ? limits.answerBytes(connections: connections) : bytes,
                fieldExpiries: try await FieldExpiries.ask(control, probing: key)
            )
        } catch {
            await payloads.close()
            throw error
        }
    }

    func close() async {
        await payloads.close()
        await control.close()
    }

    func select(_ database: Int) async throws(MigrationFailure) {
        do {
            try await control.call("SELECT", ByteString(database))
            try await payloads.select(database)
        } catch {
            throw MigrationFailure(verifying: role, error)
        }
    }

    /// The databases that hold any key.
    func databases() async throws(MigrationFailure) -> [Int] {
        let info = try await ask("INFO", "keyspace").text ?? ""
        return info.split(whereSeparator: \.isNewline).compactMap { line in
            line.hasPrefix("db") ? line.dropFirst(2).split(separator: ":").first.flatMap { Int($0) } : nil
        }
    }

    /// One page of the tenant's names, and the cursor of the next, `0` at the end.
    func scan(
        _ scope: TenantScope,
        from cursor: ByteString
    ) async throws(MigrationFailure) -> (names: [ByteString], next: ByteString) {
        let count = min(Self.scanCount, (answerBytes ?? .max) / Self.nameBytes)
        let reply = try await ask("SCAN", cursor, "MATCH", scope.pattern, "COUNT", ByteString(count))
        guard let parts = reply.elements, parts.count == 2, let next = parts[0].bytes, let names = parts[1].elements
        else { throw unexpected("SCAN") }
        return (names.compactMap(\.bytes).filter(scope.contains), next)
    }

    /// Unix time in milliseconds.
    func clock() async throws(MigrationFailure) -> Int {
        guard let clock = try await ask("TIME").milliseconds else { throw unexpected("TIME") }
        return clock
    }

    /// Sends the questions at once; `fingerprints(of:asked:)` awaits the answers.
    func ask(_ keys: [ByteString]) -> EventLoopFuture<[DumpFingerprint]> {
        payloads.fingerprints(of: keys)
    }

    /// The answers to `ask(keys)`.
    func fingerprints(
        of keys: [ByteString],
        asked future: EventLoopFuture<[DumpFingerprint]>
    ) async throws(MigrationFailure) -> [DumpFingerprint] {
        do {
            let answers = try await future.get()
            return hasExpireTime ? answers : try await withExpiries(answers, of: keys)
        } catch {
            throw MigrationFailure(verifying: role, payloads.clientError(error))
        }
    }

    func summaries(_ requests: [ValueReader.Request]) async throws(MigrationFailure) -> [ValueSummary] {
        guard !requests.isEmpty else { return [] }
        do {
            let reader = ValueReader(connection: control, fieldExpiries: fieldExpiries, answerBytes: answerBytes)
            return try await reader.summaries(requests)
        } catch {
            throw MigrationFailure(verifying: role, error)
        }
    }

    /// A whole value; nil where the key has become another type or has gone.
    func value(_ key: ByteString, type: String) async throws(MigrationFailure) -> RESPValue? {
        guard let command = ValueReader.command(type: type, key: key) else { return nil }
        do {
            let reply = try await control.pipeline([command])[0]
            return ValueReader.tellsOfChange(reply) ? nil : try control.checked(reply, command.name)
        } catch {
            throw MigrationFailure(verifying: role, error)
        }
    }

    @discardableResult
    private func ask(_ arguments: ByteString...) async throws(MigrationFailure) -> RESPValue {
        do {
            return try await control.call(RedisCommand(arguments))
        } catch {
            throw MigrationFailure(verifying: role, error)
        }
    }

    private func unexpected(_ command: String) -> MigrationFailure {
        MigrationFailure(verifying: role, .unexpectedReply(server: control.server, command: command))
    }
}

extension VerifiedServer {
    /// Turns what PTTL told into moments. PTTL is taken again between two TIMEs: where both are in the same
    /// millisecond, the moment is exact; where they are not, the key is asked again.
    func withExpiries(
        _ fingerprints: [DumpFingerprint],
        of keys: [ByteString]
    ) async throws(RedisClientError) -> [DumpFingerprint] {
        var fingerprints = fingerprints
        var open = fingerprints.indices.filter { fingerprints[$0].expiry >= 0 }
        while !open.isEmpty {
            var commands = [RedisCommand.time]
            for index in open { commands += [RedisCommand("PTTL", keys[index]), .time] }
            let replies = try await control.pipeline(commands)
            var again: [Int] = []
            for (place, index) in open.enumerated() {
                let ttl = try control.checked(replies[2 * place + 1], "PTTL")
                guard let before = replies[2 * place].milliseconds, let after = replies[2 * place + 2].milliseconds,
                    let left = ttl.integer
                else { throw .unexpectedReply(server: control.server, command: "PTTL") }
                if left < 0 {
                    fingerprints[index].expiry = left
                } else if before == after {
                    fingerprints[index].expiry = after + left
                } else {
                    again.append(index)
                }
            }
            open = again
        }
        return fingerprints
    }
}
