import MigrationCore
import RESP
import RedisClient

/// Does the target understand what the source dumps? Tried with real keys, one of each type, under a name of the
/// tool's own that expires by itself and is removed at once.
struct VersionCheck {
    private static let lifeMilliseconds = 10_000

    let context: ValidationContext
    let samples: [KeySample]

    func run() async -> ValidationCheck {
        do {
            let dumps = try await dumps()
            guard !dumps.isEmpty else { return .unknown(.versionCompatible, "there is no key to try it with") }
            var refused: [(type: String, reply: RESPValue)] = []
            for dump in dumps {
                let reply = try await restore(dump.payload)
                if reply.errorLine != nil { refused.append((dump.type, reply)) }
            }
            return verdict(refused)
        } catch {
            return context.unknown(.versionCompatible, error)
        }
    }

    private func dumps() async throws(RedisClientError) -> [(type: String, payload: ByteString)] {
        var dumps: [(type: String, payload: ByteString)] = []
        let connection = context.source.connection
        for sample in samples {
            for key in sample.keys where !dumps.contains(where: { $0.type == key.type }) {
                let most = min(SizeChecks.dumpedBytes, context.source.answerBytes)
                guard (key.bytes ?? 0) <= most else { continue }
                let commands = [RedisCommand("SELECT", ByteString(sample.database)), RedisCommand("DUMP", key.name)]
                let reply = try await connection.pipeline(commands)[1]
                if case .string(let payload) = reply { dumps.append((key.type, payload)) }
            }
        }
        try await connection.call("SELECT", "0")
        return dumps
    }

    private func restore(_ payload: ByteString) async throws(RedisClientError) -> RESPValue {
        let random = String(UInt64.random(in: 0...(.max)), radix: 16)
        let name = ByteString("__ferrite_migrate:probe:\(random)")
        let commands = [
            RedisCommand("RESTORE", name, ByteString(Self.lifeMilliseconds), payload), RedisCommand("UNLINK", name),
        ]
        return try await context.target.connection.pipeline(commands)[0]
    }

    private func verdict(_ refused: [(type: String, reply: RESPValue)]) -> ValidationCheck {
        let (source, target) = (context.source, context.target)
        guard let first = refused.first, let line = first.reply.errorLine else { return .ok(.versionCompatible) }
        if first.reply.isPermissionDenied {
            return .unknown(.versionCompatible, "the target's user may not write a key __ferrite_migrate:probe:*")
        }
        let types = refused.map(\.type).joined(separator: ", ")
        if line.contains("payload") || line.contains("Bad data format") {
            return .fail(
                .versionCompatible,
                MigrationFailure(
                    .configuration,
                    "\(target.name) (\(target.product)) cannot read what \(source.name) (\(source.product)) dumps "
                        + "(\(types)); choose a target of the source's version or newer"
                )
            )
        }
        let error = RedisClientError.refused(server: target.connection.server, command: "RESTORE", reply: line)
        return .fail(.versionCompatible, MigrationFailure(error, while: "trying a key of the source"))
    }
}
