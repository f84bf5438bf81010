import MigrationCore
import RESP
import RedisClient

/// What a server keeps its users in beyond a restart. `ACL SETUSER` changes its memory only; `ACL SAVE` writes them to
/// the file that the setting `aclfile` names (Redis ACL documentation, "Use an external ACL file"). Where the users stand
/// in redis.conf only `CONFIG REWRITE` would keep them, which rewrites every other setting too: that is the operator's.
struct UserStore: Sendable {
    static let command = RedisCommand("ACL", "SAVE")

    private let connection: RedisConnection

    init(_ connection: RedisConnection) {
        self.connection = connection
    }

    /// Saves all users as they are now. Returns why they are not kept, nil where they are.
    func save() async throws(MigrationFailure) -> UnsavedUsers.Reason? {
        let reply: RESPValue
        do {
            reply = try await connection.pipeline([Self.command])[0]
        } catch {
            throw MigrationFailure(error, while: "saving the users")
        }
        guard let line = reply.errorLine else { return nil }
        if line.hasPrefix("NOPERM") { return .mayNotSave }
        return line.contains("ACL file") ? .noFile : .other("ACL SAVE: \(line)")
    }

    /// Why `save()` would not keep them, nil where it would. Changes nothing: a command inside MULTI is looked at for
    /// permission when it is queued (Redis server.c, processCommand), and DISCARD throws it away.
    func obstacle() async throws(RedisClientError) -> UnsavedUsers.Reason? {
        if let obstacle = try await fileObstacle() { return obstacle }
        // Refused, MULTI would queue nothing, and the users would be saved.
        guard try await connection.pipeline([RedisCommand("MULTI")])[0].isOK else { return nil }
        let replies = try await connection.pipeline([Self.command, RedisCommand("DISCARD")])
        return replies[0].isPermissionDenied ? .mayNotSave : nil
    }

    /// The same as far as reading tells.
    func fileObstacle() async throws(RedisClientError) -> UnsavedUsers.Reason? {
        let setting = try await connection.pipeline([RedisCommand("CONFIG", "GET", "aclfile")])[0]
        guard setting.errorLine == nil, let file = setting["aclfile"] else { return .notTold }
        return file.text?.isEmpty == false ? nil : .noFile
    }
}
