import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Looks whether the tenant's users at the source have changed since they were copied. It asks for those that are known
/// alone: a list of all users is dear where they are many, and new ones can wait for the cutover. Where the tool's user
/// may not ask, the cutover sees it.
actor UserWatch {
    private let connection: KeptConnection
    /// What was answered for each name when it was last looked.
    private var seen: [ByteString: RESPValue] = [:]

    init(endpoints: MigrationEndpoints, group: any EventLoopGroup) {
        connection = KeptConnection(to: endpoints.source, on: group)
    }

    /// Whether one has changed since the last look; the first counts as a change, because nobody knows what was before.
    ///
    /// - Parameter names: As the journal has them.
    func look(at names: [String]) async -> Bool {
        let names = names.compactMap { ByteString(escaped: $0) }
        guard !names.isEmpty, let replies = await ask(names) else { return false }
        let found = Dictionary(zip(names, replies), uniquingKeysWith: { $1 })
        defer { seen = found }
        return found != seen
    }

    /// What was seen could not be brought to the target.
    func forget() { seen = [:] }

    func close() async { await connection.close() }

    private func ask(_ names: [ByteString]) async -> [RESPValue]? {
        do {
            let asked = try await connection.open()
            let replies = try await asked.pipeline(names.map { RedisCommand("ACL", "GETUSER", $0) })
            return replies.contains { $0.errorLine != nil } ? nil : replies
        } catch {
            await connection.drop()
            return nil
        }
    }
}
