import MigrationCore
import NIOCore
import NIOPosix
import RESP
import RedisClient

/// Finds out what a cutover would do, and does none of it: both servers are only read, with `PING`, `INFO`, `ACL LIST`,
/// `CLIENT LIST` and `CONFIG GET`.
package struct CutoverPlanner: Sendable {
    private let contents: JournalContents
    private let status: MigrationStatus
    private let endpoints: MigrationEndpoints
    private let options: CutoverOptions
    private let group: any EventLoopGroup

    private var plan: MigrationPlan { contents.plan }
    /// Whom the migration's worker runs as, whoever asks here.
    private var toolUser: ByteString { ByteString(plan.source.address.username ?? "default") }

    /// - Parameters:
    ///   - status: As the worker tells it, or else the journal.
    ///   - endpoints: As whom to ask; it need not be the user that the migration runs as.
    package init(
        contents: JournalContents,
        status: MigrationStatus,
        endpoints: MigrationEndpoints,
        options: CutoverOptions,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.contents = contents
        self.status = status
        self.endpoints = endpoints
        self.options = options
        self.group = group
        // Where it has failed over to.
        if let index = endpoints.sources.firstIndex(where: { $0.description == status.source }) {
            endpoints.choose(source: index)
        }
    }

    package func run() async throws(MigrationFailure) -> CutoverPreview {
        let step = "planning the cutover"
        return try await endpoints.source.withConnection(on: group, while: step) { source in
            try await endpoints.target.withConnection(on: group, while: step) { target in
                try await preview(source, target)
            }
        }
    }

    private func preview(
        _ source: RedisConnection,
        _ target: RedisConnection
    ) async throws -> CutoverPreview {
        var preview = CutoverPreview(options: options)
        let fence = WriteFences.make(
            options.fence,
            scope: plan.scope,
            migration: plan.id,
            shards: [source],
            maxPauseMilliseconds: options.maxPauseMilliseconds,
            toolUser: toolUser
        )
        let (record, obstacle) = try await prepare(fence, source, target)
        preview.refusal = options.obstacle(status, isLinked: status.reconnecting == nil) ?? obstacle
        // Switched: nothing would be done any more.
        guard status.phase != .cleanup else { return preview }
        let clients = ClientInfo.list(try await source.call("CLIENT", "LIST").text ?? "")
        preview.connections = connections(of: record, clients)
        preview.fencedUsers = record.users.map { .init(name: $0.name.description, loses: $0.losses(plan.scope)) }
        preview.switchedUsers = plan.userCopy == .none ? [] : contents.ownedUsers
        preview.steps = steps(fence, record, preview.switchedUsers)
        preview.warnings = try await warnings(record, clients, source, target)
        preview.prediction = try await prediction(record, clients, source, target)
        return preview
    }

    /// What the fence would change, or why there can be none.
    private func prepare(
        _ fence: any WriteFence,
        _ source: RedisConnection,
        _ target: RedisConnection
    ) async throws(MigrationFailure) -> (FenceRecord, MigrationFailure?) {
        do throws(MigrationFailure) {
            let record = try await fence.prepare()
            if plan.userCopy == .none, options.fence == .acl {
                try await OperatorsUsers(scope: plan.scope, source: source, target: target, toolUser: toolUser).check()
            }
            return (record, nil)
        } catch {
            // A right that is missing to read says nothing of a cutover.
            guard error.kind == .refused, !error.message.contains("NOPERM") else { throw error }
            return (FenceRecord(kind: options.fence, users: []), error)
        }
    }

    private func connections(of record: FenceRecord, _ clients: [ClientInfo]) -> [CutoverPreview.Connection] {
        let rights = TenantConnectionName(plan, role: .rights)
        let late = clients.filter { TenantConnectionName($0.name)?.mustEnd(before: rights) == true }
        let fenced = record.clients(among: clients)
        let waits = fenced.filter { options.fence == .acl && $0.waitsToWrite }
        return waits.map { .init($0, .unblocked) } + late.map { .init($0, .closed) }
            + fenced.filter { !waits.contains($0) }.map { .init($0, .refused) }
    }
}

// MARK: - The steps

extension CutoverPlanner {
    /// In the order of the state machine, with the commands that the fence itself would send.
    private func steps(
        _ fence: any WriteFence,
        _ record: FenceRecord,
        _ switched: [String]
    ) -> [CutoverPreview.Step] {
        let course = CutoverStateMachine.course(record).map { action in
            CutoverPreview.Step(action.code, does(action), commands: commands(action, fence, record, switched))
        }
        return course + [
            .init("settle", settles, commands: settling(record, switched)), .init("verify", verifies),
        ]
    }

    private func commands(
        _ action: CutoverAction,
        _ fence: any WriteFence,
        _ record: FenceRecord,
        _ switched: [String]
    ) -> [CutoverPreview.Command] {
        switch action {
        case .raiseFence: return fence.commands(raising: record).map { .init(.source, $0.typed) }
        case .switchTraffic:
            // A user's rules at the target have the hash of its password.
            return fence.commands(holding: record).map { .init(.source, $0.typed) }
                + switched.map { .init(.target, "ACL SETUSER \($0) …") }
        case .prepare, .readBarrier, .drain, .check, .lowerFence, .finish, .leave: return []
        }
    }

    private func does(_ action: CutoverAction) -> String {
        let (source, target) = (endpoints.source.description, endpoints.target.description)
        switch action {
        case .prepare:
            let users =
                plan.userCopy == .none ? "" : "makes the tenant's users at \(target) what they are at \(source); "
            let feed = options.verify == .none ? "" : "attaches to the stream of \(target); "
            return users + feed + "compares the names of the tenant's keys; nobody is stopped yet"
        case .raiseFence:
            switch options.fence {
            case .acl: return "the tenant's users become read-only at \(source), and whoever waits is unblocked"
            case .pause: return "every write of every tenant of \(source) waits"
            case .none: return "nothing: you have stopped the tenant's writers"
            }
        case .readBarrier: return "reads how far \(source) is: all that the tenant has written lies before that"
        case .drain: return "copies what has changed before that, now \(status.lagKeys) keys"
        case .check: return "looks for writes of the tenant behind it, and compares the number of keys"
        case .switchTraffic:
            let users = plan.userCopy == .none ? "nothing at \(target): its users are yours" : ""
            return users.isEmpty ? "the tenant's users become writable at \(target): the pause ends" : users
        case .lowerFence, .finish, .leave: return action.name
        }
    }

    private var settles: String {
        let pause = options.fence == .pause ? "ends the pause at \(endpoints.source), " : ""
        let source = options.fence == .none ? "the source is not fenced by this tool" : "the source stays fenced"
        return "\(pause)saves the users of both servers; \(source)"
    }

    private func settling(_ record: FenceRecord, _ switched: [String]) -> [CutoverPreview.Command] {
        let save = UserStore.command.typed
        var commands: [CutoverPreview.Command] = []
        if record.kind == .pause { commands.append(.init(.source, "CLIENT UNPAUSE")) }
        if !record.users.isEmpty { commands.append(.init(.source, save)) }
        if !switched.isEmpty { commands.append(.init(.target, save)) }
        return commands
    }

    private var verifies: String {
        switch options.verify {
        case .full: "compares every key of both sides"
        case .sample: "compares \(CopyVerifier.defaultSampleSize) keys of both sides"
        case .none: "nothing is compared"
        }
    }
}

// MARK: - Warnings and the prediction

extension CutoverPlanner {
    private func warnings(
        _ record: FenceRecord,
        _ clients: [ClientInfo],
        _ source: RedisConnection,
        _ target: RedisConnection
    ) async throws -> [String] {
        var words: [String] = []
        if status.phase == .cutover || contents.state.fence != nil {
            words.append("a fence may be up at \(source.server) already: run status \(plan.id)")
        }
        switch options.fence {
        case .acl: words += try await wideUsers(source, clients)
        case .pause: words.append("the writes of every tenant of \(source.server) wait for the length of the pause")
        case .none: words.append("no fence is raised: a write of the tenant's at \(source.server) stops the cutover")
        }
        var lost: [UnsavedUsers] = []
        if !record.users.isEmpty, let reason = try await UserStore(source).fileObstacle() {
            lost.append(.fence(at: source.server, reason))
        }
        if plan.userCopy != .none, let reason = try await UserStore(target).fileObstacle() {
            lost.append(.copies(at: target.server, reason))
        }
        words += lost.sentences
        let memory = try await target.info("memory")
        if let policy = memory["maxmemory_policy"], policy != "noeviction", memory.integer("maxmemory") ?? 0 > 0 {
            words.append("\(target.server) evicts keys (\(policy)): the cutover stops where it does so at that moment")
        }
        return words
    }

    /// Users that no fence can stop, as far as they are connected.
    private func wideUsers(_ source: RedisConnection, _ clients: [ClientInfo]) async throws -> [String] {
        let all = try await ACLAccess(source).users()
        let wide = TenantUsers.select(from: all, scope: plan.scope, except: toolUser).wide.map(\.name.text)
        let connected = Set(clients.map(\.user)).intersection(wide).sorted()
        return connected.map {
            "user \($0) is connected to \(source.server), may write the tenant's keys and is not fenced; a write of its "
                + "stops the cutover"
        }
    }

    /// Nil where there is lag and nothing is known of how fast it can be copied.
    private func prediction(
        _ record: FenceRecord,
        _ clients: [ClientInfo],
        _ source: RedisConnection,
        _ target: RedisConnection
    ) async throws -> PausePrediction? {
        let rate = contents.keysPerSecond
        guard rate != nil || status.lagKeys == 0 else { return nil }
        let isWaiting = record.clients(among: clients).contains(where: \.waitsToWrite)
        let trips = CutoverStateMachine.course(record)
            .map { $0.roundTrips(options.fence, waiting: isWaiting, lag: status.lagKeys > 0) }
        return PausePrediction(
            lagKeys: status.lagKeys,
            lagBytes: status.lagBytes,
            keysPerSecond: rate,
            roundTrip: (try await roundTrip(source), try await roundTrip(target)),
            roundTrips: (trips.reduce(0) { $0 + $1.source }, trips.reduce(0) { $0 + $1.target })
        )
    }

    /// Milliseconds, the median of a few.
    private func roundTrip(_ connection: RedisConnection) async throws -> Double {
        var times: [Double] = []
        for _ in 0..<5 {
            let start = ContinuousClock.now
            try await connection.call("PING")
            times.append((ContinuousClock.now - start) / .milliseconds(1))
        }
        return times.sorted()[times.count / 2]
    }
}

extension RedisCommand {
    /// As it would be typed. Not for commands that may hold a secret.
    fileprivate var typed: String { arguments.map(\.typed).joined(separator: " ") }
}
