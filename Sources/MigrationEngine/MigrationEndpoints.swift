import MigrationCore
import RedisClient
import Synchronization

/// Both ends of a migration with their secrets: the plan and the secrets meet here, in memory only. Copies share
/// which of several addresses the source is at now.
package struct MigrationEndpoints: Sendable {
    private final class Choice: Sendable {
        let index = Atomic<Int>(0)
        /// What the settings of the source and of the target allow a client, as they were last asked.
        let limits = Mutex((source: ClientLimits(), target: ClientLimits()))
    }

    /// Where the source may be: one address, or several where it may fail over.
    let sources: [RedisEndpoint]
    package let target: RedisEndpoint
    private let choice = Choice()

    /// - Parameter secrets: Passwords, and the passphrases of keys.
    package init(plan: MigrationPlan, secrets: WorkerSecrets) {
        let sourceTLS = plan.source.tls.map { TLSTransport($0, side: "source", secrets.sourceKeyPassphrase) }
        let targetTLS = plan.target.tls.map { TLSTransport($0, side: "target", secrets.targetKeyPassphrase) }
        let sourceLogin = Login(plan.source, password: secrets.sourcePassword, command: secrets.sourcePasswordCommand)
        let targetLogin = Login(plan.target, password: secrets.targetPassword, command: secrets.targetPasswordCommand)
        sources = ([plan.source.address] + plan.source.alternatives).map {
            RedisEndpoint($0, sourceLogin, tls: sourceTLS)
        }
        target = RedisEndpoint(plan.target.address, targetLogin, tls: targetTLS)
    }

    package init(plan: MigrationPlan, sourcePassword: String?, targetPassword: String?) {
        let secrets = WorkerSecrets(sourcePassword: sourcePassword, targetPassword: targetPassword)
        self.init(plan: plan, secrets: secrets)
    }

    /// Where the source is, as far as it is known.
    package var source: RedisEndpoint { sources[choice.index.load(ordering: .relaxed)] }

    var limits: (source: ClientLimits, target: ClientLimits) { choice.limits.withLock(\.self) }

    /// How often connections must say something follows from it.
    func note(source: ClientLimits, target: ClientLimits) {
        choice.limits.withLock { $0 = (source, target) }
        self.source.pulse.note(idleSeconds: source.idleSeconds)
        self.target.pulse.note(idleSeconds: target.idleSeconds)
    }

    /// What an operator may look at where `server` ended a connection; empty where it has no setting that does.
    func closingHint(_ server: String) -> String {
        let limits = server == target.description ? limits.target : limits.source
        guard limits.areKnown else {
            return "; it does not tell its settings (CONFIG GET): look at its timeout, client-output-buffer-limit, "
                + "client-query-buffer-limit, maxmemory-clients and maxclients"
        }
        return limits.words.map { "; its settings that end connections: \($0)" } ?? ""
    }

    /// The source has failed over to this one of `sources`.
    func choose(source index: Int) {
        choice.index.store(index, ordering: .relaxed)
    }
}

extension RedisEndpoint {
    package init(_ address: ServerAddress, password: String?, tls: TLSTransport? = nil) {
        self.init(host: address.host, port: address.port, username: address.username, password: password, tls: tls)
    }
}

/// A password, or the command that gives one: what was given now before what the plan says.
private struct Login {
    let password: String?
    let source: RedisEndpoint.PasswordSource?

    init(_ plan: ServerPlan, password: String?, command given: String?) {
        self.password = password
        var command = given
        if command == nil, case .command(let line) = plan.secret { command = line }
        guard password == nil, let command else {
            source = nil
            return
        }
        let asked = PasswordCommand(line: command)
        source = { () async throws(RedisEndpoint.PasswordFault) -> String in try await asked.run() }
    }
}

extension RedisEndpoint {
    fileprivate init(_ address: ServerAddress, _ login: Login, tls: TLSTransport?) {
        self.init(
            host: address.host,
            port: address.port,
            username: address.username,
            password: login.password,
            passwordSource: login.source,
            tls: tls
        )
    }
}

extension TLSTransport {
    fileprivate convenience init(_ plan: TLSPlan, side: String, _ passphrase: String?) {
        let settings = TLSSettings(
            side: side,
            authorities: plan.authorities,
            certificate: plan.certificate,
            key: plan.key,
            passphrase: passphrase,
            serverName: plan.serverName,
            isInsecure: plan.isInsecure,
            minimum: plan.minimum == .tls13 ? .tls13 : .tls12
        )
        self.init(settings)
    }
}
