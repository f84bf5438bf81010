import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Reads and changes `notify-keyspace-events` of one server.
///
/// Several migrations from one server need the setting at the same time. Each listens to a channel whose name says what
/// the setting was before the first of them changed it, so the last one to leave can put it back.
package struct NotificationSwitch: Sendable {
    static let question = RedisCommand("CONFIG", "GET", "notify-keyspace-events")
    private static let channelStart = "__ferrite_migrate:notifications:"

    private let control: RedisConnection

    package init(control: RedisConnection) {
        self.control = control
    }

    /// The setting in an answer to `question`; nil where the user may not ask or the server does not know it.
    static func answer(_ reply: RESPValue) -> String? { reply["notify-keyspace-events"]?.text }

    /// Nil where it cannot be read.
    func current() async throws(RedisClientError) -> String? {
        Self.answer(try await control.pipeline([Self.question])[0])
    }

    /// The error line where the server refuses.
    func set(_ text: String) async throws(RedisClientError) -> String? {
        let command = RedisCommand("CONFIG", "SET", "notify-keyspace-events", ByteString(text))
        return try await control.pipeline([command])[0].errorLine
    }

    // MARK: Others

    /// The channel by which others see that a feed needs the setting.
    static func channel(session: UInt64, original: String) -> ByteString {
        "\(channelStart)\(String(session, radix: 16)):\(original)"
    }

    /// What the setting was before the first of the feeds that listen now; nil where nobody else does.
    func originalOfOthers(than session: UInt64) async throws(RedisClientError) -> String? {
        let command = RedisCommand("PUBSUB", "CHANNELS", ByteString(Self.channelStart + "*"))
        let names = try await control.pipeline([command])[0].elements ?? []
        let others = names.compactMap { Self.parse($0.text ?? "") }.filter { $0.session != session }
        return others.first?.original
    }

    private static func parse(_ channel: String) -> (session: UInt64, original: String)? {
        guard channel.hasPrefix(channelStart) else { return nil }
        let rest = channel.dropFirst(channelStart.count)
        let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let session = UInt64(parts[0], radix: 16) else { return nil }
        return (session, String(parts[1]))
    }

    // MARK: Putting it back

    /// The same on a connection of its own: for whoever finds the record of a feed that is gone.
    package static func restore(
        _ setting: NotificationSetting,
        at endpoint: RedisEndpoint,
        session: UInt64 = 0,
        on group: any EventLoopGroup
    ) async throws(MigrationFailure) {
        let step = "putting notify-keyspace-events back to '\(setting.original)'"
        try await endpoint.withConnection(on: group, while: step) { control in
            try await NotificationSwitch(control: control).restore(setting, session: session)
        }
    }

    /// Takes away what was added, unless other feeds still need it: the last of them does it.
    ///
    /// - Parameter session: The feed's own, which may still be seen for a moment.
    package func restore(_ setting: NotificationSetting, session: UInt64 = 0) async throws(MigrationFailure) {
        do throws(RedisClientError) {
            guard try await originalOfOthers(than: session) == nil, let now = try await current(),
                let restored = setting.restored(from: now)
            else { return }
            guard let line = try await set(restored) else { return }
            throw RedisClientError.refused(server: control.server, command: "CONFIG SET", reply: line)
        } catch {
            throw MigrationFailure(error, while: "putting notify-keyspace-events back to '\(setting.original)'")
        }
    }
}
