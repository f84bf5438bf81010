import MigrationCore
import NIOCore
import RedisClient

/// Both servers, as far as they could be reached.
struct ServerOpening: Sendable {
    /// Nil where one of them could not.
    let context: ValidationContext?
    /// Connectivity and authentication.
    let checks: [ValidationCheck]
    private let opened: [ValidatedServer]

    init(
        plan: MigrationPlan,
        endpoints: MigrationEndpoints,
        settings: ValidationSettings,
        group: any EventLoopGroup
    ) async {
        async let first = Self.open("source", endpoints.source, settings, group)
        async let second = Self.open("target", endpoints.target, settings, group)
        let (source, target) = await (first, second)
        opened = [try? source.get(), try? target.get()].compactMap(\.self)
        checks = Self.verdict([source, target], plan.insecureRemarks)
        if let source = try? source.get(), let target = try? target.get() {
            context = ValidationContext(plan: plan, settings: settings, source: source, target: target)
        } else {
            context = nil
        }
    }

    func close() async {
        for server in opened { await server.connection.close() }
    }

    private typealias Opened = Result<ValidatedServer, ValidatedServer.Obstacle>

    private static func open(
        _ role: String,
        _ endpoint: RedisEndpoint,
        _ settings: ValidationSettings,
        _ group: any EventLoopGroup
    ) async -> Opened {
        do throws(ValidatedServer.Obstacle) {
            return .success(try await ValidatedServer.open(role, endpoint, on: group, timeout: settings.timeout))
        } catch {
            return .failure(error)
        }
    }

    /// A server that asks for a password can be reached; one that cannot be reached asks for none.
    private static func verdict(_ results: [Opened], _ remarks: [String]) -> [ValidationCheck] {
        let obstacles = results.compactMap { result -> ValidatedServer.Obstacle? in
            if case .failure(let obstacle) = result { obstacle } else { nil }
        }
        return [ValidationCheck.Name.connectivity, .authentication].map { name in
            let failures = obstacles.filter { $0.check == name }.map(\.failure)
            if let first = failures.first {
                let message = failures.map(\.message).joined(separator: "; ")
                return .fail(name, MigrationFailure(first.kind, message))
            }
            if name == .authentication, !obstacles.isEmpty {
                return .unknown(name, "not asked, because a server cannot be reached")
            }
            if name == .connectivity, !remarks.isEmpty {
                return .warning(name, remarks.joined(separator: "; "))
            }
            return .ok(name)
        }
    }
}
