import MigrationCore
import MigrationEngine

/// A checked plan with the passwords and passphrases that belong to it.
struct PreparedPlan {
    let plan: MigrationPlan
    let sourcePassword: String?
    let targetPassword: String?
    let sourcePasswordCommand: String?
    let targetPasswordCommand: String?
    let sourceKeyPassphrase: String?
    let targetKeyPassphrase: String?

    var endpoints: MigrationEndpoints { MigrationEndpoints(plan: plan, secrets: secrets) }
}

extension Settings {
    /// The tenant as its keys name it.
    func scope(tenant: String) throws(CommandFailure) -> TenantScope {
        do {
            return try TenantScope(tenant: tenant, format: text(.keyPrefixFormat) ?? TenantScope.defaultFormat)
        } catch {
            throw CommandFailure(error)
        }
    }

    func transferOptions() throws(CommandFailure) -> TransferOptions {
        do {
            var options = try TransferOptions()
            options.apply(try transferUpdate())
            if let bytes = number(.bigValue) { options.bigValueBytes = bytes }
            if let timeout = number(.timeout) { options.timeoutSeconds = timeout }
            if let bytes = number(.dirtyLimit) { options.dirtyBytes = bytes }
            return options
        } catch {
            throw CommandFailure(error)
        }
    }

    /// What can be changed while a migration runs.
    func transferUpdate() throws(PlanError) -> TransferUpdate {
        try TransferUpdate(
            parallel: number(.parallel),
            batchSize: number(.batchSize),
            maxKeysPerSecond: number(.maxRate),
            maxBytesPerSecond: number(.maxBandwidth),
            acceptedSkewSeconds: number(.acceptSkew)
        )
    }

    /// - Parameter last: Options that count where no setting was given.
    func cutoverOptions(
        force: Bool,
        beginningWith last: CutoverOptions? = nil
    ) throws(CommandFailure) -> CutoverOptions {
        do throws(PlanError) {
            var options = try CutoverOptions()
            if let last { options = last }
            options.force = options.force || force
            if let maxLag = number(.maxLag) { options.maxLag = maxLag }
            if let maxPause = number(.maxPause) { options.maxPauseMilliseconds = maxPause }
            if let fence = choice(.fence, as: FenceKind.self) { options.fence = fence }
            if let verify = choice(.verify, as: VerifyExtent.self) { options.verify = verify }
            return options
        } catch {
            throw CommandFailure(error)
        }
    }

    /// Everything that was asked for, checked.
    func plan(tenant: String, replace: Bool, warn: (String) -> Void) throws(CommandFailure) -> PreparedPlan {
        guard isOn(.enabled) else {
            throw CommandFailure(.configuration, "migrations are switched off: enabled = false in [tenancy.migration]")
        }
        let scope = try scope(tenant: tenant)
        let target = try target(warn: warn)
        let source = try source(warn: warn)
        let transfer = try transferOptions()
        let worker = try workerOptions()
        try worker.checkHooks(warn: warn)
        do {
            let plan = try MigrationPlan(
                scope: scope,
                source: source.plan,
                target: target.plan,
                mode: choice(.mode) ?? MigrationPlan.defaultMode,
                databases: numbers(.databases).map { Array(Set($0)).sorted() },
                transfer: transfer,
                replace: replace,
                userCopy: choice(.copyACL) ?? MigrationPlan.defaultUserCopy,
                feed: choice(.feed) ?? MigrationPlan.defaultFeed,
                backlogBytes: number(.growBacklog),
                worker: worker.isEmpty ? nil : worker
            )
            plan.insecureRemarks.forEach(warn)
            return PreparedPlan(
                plan: plan,
                sourcePassword: source.password,
                targetPassword: target.password,
                // They stand in the plan.
                sourcePasswordCommand: nil,
                targetPasswordCommand: nil,
                sourceKeyPassphrase: source.keyPassphrase,
                targetKeyPassphrase: target.keyPassphrase
            )
        } catch {
            throw CommandFailure(error, status: error.isMode ? origin(.mode)?.status ?? .usage : .usage)
        }
    }
}

extension PlanError {
    fileprivate var isMode: Bool {
        if case .unsupported = self { true } else { false }
    }
}
