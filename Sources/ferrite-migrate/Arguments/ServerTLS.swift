import MigrationCore

/// The settings of one side's TLS.
struct TLSSide {
    /// `source` or `target`.
    let name: String
    let authorities: Setting
    let certificate: Setting
    let key: Setting
    let passphraseFile: Setting
    let passphrase: Setting
    let serverName: Setting
    let insecure: Setting
    let minimum: Setting

    static let source = TLSSide(
        name: "source",
        authorities: .sourceCACert,
        certificate: .sourceCert,
        key: .sourceKey,
        passphraseFile: .sourceKeyPassphraseFile,
        passphrase: .sourceKeyPassphrase,
        serverName: .sourceSNI,
        insecure: .sourceInsecure,
        minimum: .sourceTLSMin
    )
    static let target = TLSSide(
        name: "target",
        authorities: .targetCACert,
        certificate: .targetCert,
        key: .targetKey,
        passphraseFile: .targetKeyPassphraseFile,
        passphrase: .targetKeyPassphrase,
        serverName: .targetSNI,
        insecure: .targetInsecure,
        minimum: .targetTLSMin
    )

    fileprivate var all: [Setting] {
        [authorities, certificate, key, passphraseFile, passphrase, serverName, insecure, minimum]
    }
}

extension Settings {
    /// Nil where the address is not rediss://; then settings of TLS are refused, so that nobody believes in it.
    func tls(
        _ side: TLSSide,
        isEncrypted: Bool,
        warn: (String) -> Void
    ) throws(CommandFailure) -> (plan: TLSPlan, passphrase: String?)? {
        guard isEncrypted else {
            try refuseTLS(side)
            return nil
        }
        let secret = try passphrase(side, warn: warn)
        let plan = TLSPlan(
            authorities: text(side.authorities).map(AbsolutePath.of),
            certificate: text(side.certificate).map(AbsolutePath.of),
            key: text(side.key).map(AbsolutePath.of),
            keyPassphrase: secret?.reference,
            serverName: text(side.serverName),
            isInsecure: isOn(side.insecure),
            minimum: choice(side.minimum) ?? TLSPlan.defaultMinimum
        )
        do throws(PlanError) {
            try plan.check(side: side.name)
        } catch {
            let origins = [side.certificate, side.key, side.passphraseFile, side.passphrase].compactMap { origin($0) }
            let isOption = origins.contains { $0 == .option }
            throw CommandFailure(error, status: isOption ? .usage : .configuration)
        }
        return (plan, secret?.password)
    }

    private func refuseTLS(_ side: TLSSide) throws(CommandFailure) {
        for setting in side.all {
            guard let origin = origin(setting), value(setting) != .flag(false) else { continue }
            throw CommandFailure(
                origin.status,
                "\(setting.place(origin)) is for TLS, and the \(side.name)'s address asks for none: write rediss:// before it"
            )
        }
    }

    /// The passphrase of a plan that is in the journal.
    func passphrase(
        _ side: TLSSide,
        of plan: ServerPlan,
        warn: (String) -> Void
    ) throws(CommandFailure) -> String? {
        guard let reference = plan.tls?.keyPassphrase else { return nil }
        if let secret = try passphrase(side, warn: warn) { return secret.password }
        if case .file(let path) = reference { return try Secret.read(path, as: "passphrase", warn: warn).password }
        throw CommandFailure(
            .usage,
            "the passphrase of the key for \(plan.address) is not written down anywhere; give it again with "
                + "--\(side.passphraseFile.option ?? "") or \(side.passphrase.variable)"
        )
    }

    /// Of both the one that was given last in the order of the settings; on one level the file.
    private func passphrase(_ side: TLSSide, warn: (String) -> Void) throws(CommandFailure) -> Secret? {
        let fileRank = origin(side.passphraseFile)?.rank ?? -1
        let variableRank = origin(side.passphrase)?.rank ?? -1
        if fileRank >= variableRank, let path = text(side.passphraseFile) {
            return try Secret.read(path, as: "passphrase", warn: warn)
        }
        return text(side.passphrase).map {
            Secret(reference: .environment(side.passphrase.variable), password: $0)
        }
    }
}
