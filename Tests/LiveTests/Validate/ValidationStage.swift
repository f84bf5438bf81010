import Glibc
import MigrationCore
import MigrationEngine
import MigrationTestSupport
import NIOCore
import NIOPosix

/// Validates a tenant between two addresses.
struct ValidationStage {
    var tenant = "acme"
    var databases: [Int]?
    var source: ServerAddress
    var target: ServerAddress
    var sourcePassword: String?
    var targetPassword: String?
    var replace = false
    var copy = UserCopy.tenant
    var feed = FeedPreference.auto
    var skipped: Set<ValidationCheck.Name> = []
    /// Keys in each database.
    var sampleSize = 200
    /// Of silence.
    var timeout = TimeAmount.seconds(5)
    var acceptedSkewSeconds: Int?

    init(_ source: RedisServer, _ target: RedisServer) {
        self.source = ServerAddress(host: "127.0.0.1", port: source.port)
        self.target = ServerAddress(host: "127.0.0.1", port: target.port)
    }

    init(source: ServerAddress, target: ServerAddress) {
        self.source = source
        self.target = target
    }

    func report() async throws -> ValidationReport { try await validator().run() }

    /// What it warns of.
    @discardableResult
    func mustPass() async throws -> [ValidationCheck] { try await validator().mustPass() }

    private func validator() throws -> Validator {
        let plan = try MigrationPlan(
            scope: try TenantScope(tenant: tenant),
            source: ServerPlan(address: source),
            target: ServerPlan(address: target),
            databases: databases,
            transfer: try TransferOptions(acceptedSkewSeconds: acceptedSkewSeconds),
            replace: replace,
            userCopy: copy,
            feed: feed
        )
        return Validator(
            plan: plan,
            endpoints: MigrationEndpoints(plan: plan, sourcePassword: sourcePassword, targetPassword: targetPassword),
            settings: ValidationSettings(timeout: timeout, sampleSize: sampleSize, skipped: skipped)
        )
    }
}

extension RedisServer {
    /// A few keys of each type, of the tenant and of a neighbour.
    func fill() throws {
        var request = RequestBuffer()
        for prefix in ["__tenant:acme:", "__tenant:acme-corp:"] {
            for index in 0..<50 {
                request.append("SET", "\(prefix)s\(index)", String(repeating: "v", count: 100))
                request.append("HSET", "\(prefix)h\(index)", "f", "v")
                request.append("RPUSH", "\(prefix)l\(index)", "a", "b")
                request.append("XADD", "\(prefix)x\(index)", "*", "f", "v")
            }
        }
        try connect().perform(request)
    }

    /// Everything that a validation could have left: names of keys and users.
    func traces() throws -> [String] {
        let keys = try (0..<2).flatMap { try call("KEYS", "*", database: $0).array ?? [] }
        let users = try call("ACL", "USERS").array ?? []
        return (keys + users).compactMap(\.text).sorted()
    }
}

/// Something that listens and is no Redis.
final class OddServer {
    let port: Int
    private let channel: any Channel

    /// - Parameter greeting: What each connection is told; nil for silence.
    init(greeting: String?) async throws {
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Greeter(greeting: greeting))
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        port = channel.localAddress?.port ?? 0
    }

    func close() async throws { try await channel.close() }
}

private final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let greeting: String?

    init(greeting: String?) { self.greeting = greeting }

    func channelActive(context: ChannelHandlerContext) {
        guard let greeting else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: greeting)), promise: nil)
    }
}
