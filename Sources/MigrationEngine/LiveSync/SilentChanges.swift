import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Asks a server again and again for what no notification tells: FLUSHALL, FLUSHDB, SWAPDB, the commands that change
/// consumer groups, those of modules and vector sets; and whether notifications still tell everything.
///
/// One look at a time: one that is asked for while another is under way comes after it, so that at its end everything
/// until its beginning has been told.
actor SilentChanges {
    static let interval = Duration.milliseconds(200)
    /// Between two times that streams are read again, unless somebody waits for it.
    private static let groupsInterval = Duration.seconds(1)
    /// How many times as long as the last search for unusual keys has taken nobody searches again.
    private static let restFactor = 10

    private let control: RedisConnection
    private let endpoint: RedisEndpoint
    private let loop: any EventLoop
    private let scope: TenantScope
    private let databases: [Int]?
    private let groups: ConsumerGroups
    /// Whether CONFIG GET is allowed.
    private let readsSetting: Bool
    private let tell: @Sendable (SilentChange) async -> Void

    private var watch = CommandWatch()
    /// Whose data it holds: its role, and its replication id.
    private var history: [String]?
    /// Streams with consumer groups; nil while nobody needs to know them.
    private var known: Set<KeyName>?
    private var owesGroups = false
    private var groupsReadAt = ContinuousClock.now - SilentChanges.groupsInterval
    /// Keys of unusual types; nil before they were first asked for.
    private var unusual: Set<KeyName>?
    /// The command that may have changed them.
    private var owedSilent: String?
    private var unusualRestUntil = ContinuousClock.now
    private var isTableKnown = false
    private var finder: RedisConnection?
    private var last: Task<Result<Void, MigrationFailure>, Never>?

    init(
        control: RedisConnection,
        endpoint: RedisEndpoint,
        loop: any EventLoop,
        scope: TenantScope,
        databases: [Int]?,
        groups: ConsumerGroups,
        readsSetting: Bool,
        tell: @escaping @Sendable (SilentChange) async -> Void
    ) {
        self.control = control
        self.endpoint = endpoint
        self.loop = loop
        self.scope = scope
        self.databases = databases
        self.groups = groups
        self.readsSetting = readsSetting
        self.tell = tell
    }

    /// - Parameter isExact: Everything until now must have been told at the end, also what takes its time.
    func look(isExact: Bool) async throws(MigrationFailure) {
        let before = last
        let look = Task {
            _ = await before?.value
            return await self.lookOnce(isExact)
        }
        last = look
        try await look.value.get()
    }

    func close() async {
        await finder?.close()
    }

    private func lookOnce(_ isExact: Bool) async -> Result<Void, MigrationFailure> {
        do {
            let finding = try await findings()
            if let command = finding.clearing {
                // Streams may have changed places as well, and groups be used before they are found again.
                owesGroups = owesGroups || known != nil
                known = nil
                await tell(.cleared(command))
            }
            owesGroups = owesGroups || finding.usedGroups
            if known != nil { try await learnGroups() }
            if owesGroups, isExact || ContinuousClock.now - groupsReadAt > Self.groupsInterval {
                try await tellGroups()
            }
            owedSilent = finding.silent ?? owedSilent
            if let command = owedSilent, isExact || ContinuousClock.now >= unusualRestUntil {
                try await tellUnusual(command)
            }
            return .success(())
        } catch let failure as MigrationFailure {
            return .failure(failure)
        } catch let error as RedisClientError {
            return .failure(MigrationFailure(error, while: "following the changes"))
        } catch {
            return .failure(MigrationFailure(.failed, "following the changes of \(endpoint): \(error)"))
        }
    }

    private func findings() async throws -> CommandWatch.Finding {
        var commands = ["commandstats", "stats", "replication"].map { RedisCommand("INFO", $0) }
        if readsSetting { commands.append(NotificationSwitch.question) }
        let replies = try await control.pipeline(commands)
        let sections = try replies.prefix(3).map { reply in
            guard let text = reply.text else {
                throw RedisClientError.unexpectedReply(server: control.server, command: "INFO")
            }
            return ServerInfo(text)
        }
        if readsSetting { try check(setting: NotificationSwitch.answer(replies[3])) }
        try check(history: ["role", "master_replid"].map { sections[2][$0] ?? "" })
        if !isTableKnown {
            isTableKnown = true
            watch.known = KnownCommands(table: try await control.pipeline([RedisCommand("COMMAND")])[0])
        }
        return watch.observe(commands: sections[0], stats: sections[1])
    }

    private func check(setting: String?) throws(MigrationFailure) {
        guard let setting, NotificationFlags(setting).isSufficient else {
            throw MigrationFailure(
                .unreachable,
                "notify-keyspace-events of \(endpoint) was changed to '\(setting ?? "")' by somebody else, so changes may "
                    + "have been missed; leave it as it is while a migration runs"
            )
        }
    }

    /// A server that becomes a replica loads another's data, and tells nobody.
    private func check(history now: [String]) throws(MigrationFailure) {
        defer { history = now }
        guard let history, history != now else { return }
        throw MigrationFailure(
            .unreachable,
            "\(endpoint) has taken part in a failover, so changes may have been missed"
        )
    }

    private func tellGroups() async throws {
        let finder = try await groupFinder()
        // Before anything is asked: what happens meanwhile is noted, or counted by the next look.
        groups.beginTracking()
        if known == nil { known = try await finder.all() }
        let grouped = try await finder.grouped((known ?? []).union(groups.takeFresh()))
        known = grouped
        owesGroups = false
        groupsReadAt = .now
        if !grouped.isEmpty { await tell(.doubted(by: "XREADGROUP", Array(grouped))) }
    }

    /// Which key it was is told by nobody, so all of such types count, and those that were there before and are gone. The
    /// first time nobody knows which were.
    private func tellUnusual(_ command: String) async throws {
        // What happens meanwhile is counted by the next look.
        owedSilent = nil
        let start = ContinuousClock.now
        let finder = UnusualKeyFinder(connection: try await connection(), scope: scope, databases: databases)
        let found = try await finder.all()
        if let before = unusual {
            let names = found.union(before)
            if !names.isEmpty { await tell(.doubted(by: command, Array(names))) }
        } else {
            await tell(.allDoubted(by: command))
        }
        unusual = found
        unusualRestUntil = .now + max(Self.groupsInterval, (ContinuousClock.now - start) * Self.restFactor)
    }

    /// Keeps only those of the noted keys that count, so that they stay few.
    private func learnGroups() async throws {
        let fresh = groups.takeFresh()
        guard !fresh.isEmpty else { return }
        let grouped = try await groupFinder().grouped(fresh)
        known?.formUnion(grouped)
    }

    private func groupFinder() async throws(RedisClientError) -> GroupFinder {
        GroupFinder(connection: try await connection(), scope: scope, databases: databases)
    }

    private func connection() async throws(RedisClientError) -> RedisConnection {
        if let finder { return finder }
        let connection = try await RedisConnection.connect(to: endpoint, on: loop)
        finder = connection
        return connection
    }
}
