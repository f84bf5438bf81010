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
    func save() async throws(MigrationFailure) -> String? {
        let reply: RESPValue
        do {
            reply = try await connection.pipeline([Self.command])[0]
        } catch {
            throw MigrationFailure(error, while: "saving the users")
        }
        guard let line = reply.errorLine else { return nil }
        return line.hasPrefix("NOPERM") ? refused : line.contains("ACL file") ? noFile : "ACL SAVE: \(line)"
    }

    /// Why `save()` would not keep them, nil where it would. Changes nothing: a command inside MULTI is looked at for
    /// permission when it is queued (Redis server.c, processCommand), and DISCARD throws it away.
    func obstacle() async throws(RedisClientError) -> String? {
        if let obstacle = try await fileObstacle() { return obstacle }
        // Refused, MULTI would queue nothing, and the users would be saved.
        guard try await connection.pipeline([RedisCommand("MULTI")])[0].isOK else { return nil }
        let replies = try await connection.pipeline([Self.command, RedisCommand("DISCARD")])
        return replies[0].isPermissionDenied ? refused : nil
    }

    /// The same as far as reading tells.
    func fileObstacle() async throws(RedisClientError) -> String? {
        let setting = try await connection.pipeline([RedisCommand("CONFIG", "GET", "aclfile")])[0]
        guard setting.errorLine == nil, let file = setting["aclfile"] else {
            return "it does not tell whether it has an aclfile (CONFIG GET): see to it that ACL changes are saved there"
        }
        return file.text?.isEmpty == false ? nil : noFile
    }

    private var noFile: String {
        "it has no aclfile: write its users into its configuration file (CONFIG REWRITE does), or give it an aclfile"
    }

    private var refused: String {
        "the tool's user may not run ACL SAVE there: grant it +acl|save, or run ACL SAVE yourself"
    }
}
