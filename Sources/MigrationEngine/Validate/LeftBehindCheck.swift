import MigrationCore
import RESP
import RedisClient

/// Functions and search indexes: does the source have any that the target lacks? Where it may not be asked, nothing is
/// known and nothing fails.
struct LeftBehindCheck {
    private static let functions = RedisCommand("FUNCTION", "LIST", "WITHCODE")
    private static let indexes = RedisCommand("FT._LIST")

    let context: ValidationContext

    private struct NotAsked: Error {
        let reason: String
    }

    func run() async -> ValidationCheck {
        do {
            let here = try await libraries(context.source)
            let there = here.isEmpty ? [] : try await libraries(context.target)
            let found = LeftBehind(source: here, target: there, indexes: try await searchIndexes())
            let words = found.sentences(source: context.source.name, target: context.target.name)
            if !words.isEmpty { return .warning(.leftBehind, words.joined(separator: "; ")) }
            guard !here.isEmpty else { return .ok(.leftBehind, "no functions, no search indexes") }
            return .ok(.leftBehind, "\(context.target.name) has the functions, too")
        } catch let error as NotAsked {
            return .unknown(.leftBehind, error.reason)
        } catch let error as RedisClientError {
            return context.unknown(.leftBehind, error)
        } catch {
            return .unknown(.leftBehind, "\(error)")
        }
    }

    /// A server that knows no functions has none.
    private func libraries(_ server: ValidatedServer) async throws -> [LeftBehind.Library] {
        guard let reply = try await answer(Self.functions, server, right: "function|list") else { return [] }
        guard let libraries = LeftBehind.Library.list(reply) else {
            throw NotAsked(reason: "\(server.name) does not say which functions it has")
        }
        return libraries
    }

    private func searchIndexes() async throws -> [String] {
        let reply = try await answer(Self.indexes, context.source, right: "ft._list")
        return (reply?.elements ?? []).compactMap(\.text)
    }

    /// Nil where the server does not know the command.
    private func answer(
        _ command: RedisCommand,
        _ server: ValidatedServer,
        right: String
    ) async throws -> RESPValue? {
        let reply = try await server.connection.pipeline([command])[0]
        guard let line = reply.errorLine else { return reply }
        if reply.isUnknownCommand { return nil }
        let next = reply.isPermissionDenied ? "grant user \(server.endpoint.username ?? "default") +\(right)" : line
        throw NotAsked(
            reason: "whether functions or search indexes of \(server.name) stay behind is not known: \(next)"
        )
    }
}
