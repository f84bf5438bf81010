import MigrationCore

/// One end as it was asked for: its plan and, apart from it, its secrets.
struct ServerLogin {
    let plan: ServerPlan
    let password: String?
    let keyPassphrase: String?
}

/// The settings that make up one end.
private struct ServerSettings {
    let url: Setting
    let user: Setting
    let passwordCommand: Setting
    let passwordFile: Setting
    let password: Setting
    let tls: TLSSide

    static let source = ServerSettings(
        url: .source,
        user: .sourceUser,
        passwordCommand: .sourcePasswordCommand,
        passwordFile: .sourcePasswordFile,
        password: .sourcePassword,
        tls: .source
    )
    static let target = ServerSettings(
        url: .target,
        user: .targetUser,
        passwordCommand: .targetPasswordCommand,
        passwordFile: .targetPasswordFile,
        password: .targetPassword,
        tls: .target
    )
}

extension Settings {
    static let defaultSource = "127.0.0.1:6379"

    func source(warn: (String) -> Void) throws(CommandFailure) -> ServerLogin {
        try login(.source, url: text(.source) ?? Self.defaultSource, warn: warn)
    }

    func target(warn: (String) -> Void) throws(CommandFailure) -> ServerLogin {
        guard let url = text(.target) else {
            let variable = Setting.target.variable
            throw CommandFailure(.usage, "no target was given; add --target host:port or set \(variable)")
        }
        return try login(.target, url: url, warn: warn)
    }

    private func login(
        _ settings: ServerSettings,
        url text: String,
        warn: (String) -> Void
    ) throws(CommandFailure) -> ServerLogin {
        let urls: [ServerURL]
        do throws(PlanError) {
            urls = try Self.urls(text, severalAllowed: settings.url == .source)
        } catch {
            throw CommandFailure(error, status: origin(settings.url)?.status ?? .usage)
        }
        let url = urls[0]
        var address = url.address
        if let user = self.text(settings.user) { address.username = user }
        let secret = try secret(settings, url: url, warn: warn)
        if address.username != nil, secret == nil {
            throw CommandFailure(
                .usage,
                "no password was given for user \(address.username ?? "") of \(address); "
                    + "add --\(settings.passwordFile.option ?? "") or set \(settings.password.variable)"
            )
        }
        let alternatives = urls.dropFirst().map { url in
            var other = url.address
            other.username = address.username
            return other
        }
        let tls = try tls(settings.tls, isEncrypted: url.isEncrypted ?? false, warn: warn)
        let plan = ServerPlan(
            address: address,
            secret: secret?.reference,
            alternatives: alternatives,
            tls: tls?.plan
        )
        return ServerLogin(plan: plan, password: secret?.password, keyPassphrase: tls?.passphrase)
    }

    /// A source that may fail over is given as several addresses; the first has the user, the password and the db.
    static func urls(_ text: String, severalAllowed: Bool) throws(PlanError) -> [ServerURL] {
        guard severalAllowed else { return [try ServerURL(text)] }
        return try ServerURL.list(text)
    }

    /// The passwords and passphrases of a plan that is in the journal: those that are given now, else from where the plan
    /// says.
    func passwords(for plan: MigrationPlan, warn: (String) -> Void) throws(CommandFailure) -> PreparedPlan {
        let source = try password(.source, of: plan.source, warn: warn)
        let target = try password(.target, of: plan.target, warn: warn)
        return PreparedPlan(
            plan: plan,
            sourcePassword: source?.password,
            targetPassword: target?.password,
            sourcePasswordCommand: source?.command,
            targetPasswordCommand: target?.command,
            sourceKeyPassphrase: try passphrase(.source, of: plan.source, warn: warn),
            targetKeyPassphrase: try passphrase(.target, of: plan.target, warn: warn)
        )
    }

    private func password(
        _ settings: ServerSettings,
        of plan: ServerPlan,
        warn: (String) -> Void
    ) throws(CommandFailure) -> Secret? {
        if let secret = try secret(settings, url: nil, warn: warn) { return secret }
        switch plan.secret {
        case nil: return nil
        case .file(let path): return try Secret.read(path, warn: warn)
        case .command(let line): return Secret(reference: .command(line), password: nil)
        case .environment, .url:
            throw CommandFailure(
                .usage,
                "the password of \(plan.address) is not written down anywhere; give it again with "
                    + "--\(settings.passwordFile.option ?? "") or \(settings.password.variable)"
            )
        }
    }

    /// Of several passwords the one that was given last in the order of the settings; on one level a command before a file
    /// before a variable before a URL.
    private func secret(
        _ settings: ServerSettings,
        url: ServerURL?,
        warn: (String) -> Void
    ) throws(CommandFailure) -> Secret? {
        let commandRank = origin(settings.passwordCommand)?.rank
        let fileRank = origin(settings.passwordFile)?.rank
        let variableRank = origin(settings.password)?.rank
        let urlRank = url?.password == nil ? nil : (origin(settings.url)?.rank ?? 0)
        guard let best = [commandRank, fileRank, variableRank, urlRank].compactMap({ $0 }).max() else { return nil }
        if commandRank == best, let line = text(settings.passwordCommand) {
            return Secret(reference: .command(line), password: nil)
        }
        if fileRank == best, let path = text(settings.passwordFile) { return try Secret.read(path, warn: warn) }
        if variableRank == best, let password = text(settings.password) {
            return Secret(reference: .environment(settings.password.variable), password: password)
        }
        return url?.password.map { Secret(reference: .url, password: $0) }
    }
}
