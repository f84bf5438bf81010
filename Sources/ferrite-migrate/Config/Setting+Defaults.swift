import MigrationCore

extension Setting {
    private static let transfer = try? TransferOptions()
    private static let cutover = try? CutoverOptions()

    /// What holds where nothing is given, read from where it is used; nil where that is nothing, or where it depends on
    /// the machine.
    var defaultValue: SettingValue? {
        switch self {
        case .source: .text(Settings.defaultSource)
        case .enabled, .verifyConnectivity, .verifyCapacity, .verifyVersion: .flag(true)
        case .sourceInsecure, .targetInsecure: .flag(false)
        case .sourceTLSMin, .targetTLSMin: .text(TLSPlan.defaultMinimum.rawValue)
        case .maxConcurrent: .number(MigrateCommand.defaultMaxConcurrent)
        case .mode: .text(MigrationPlan.defaultMode.rawValue)
        case .timeout: Self.transfer.map { .number($0.timeoutSeconds) }
        case .parallel: Self.transfer.map { .number($0.parallel) }
        case .batchSize: Self.transfer.map { .number($0.batchSize) }
        case .dirtyLimit: Self.transfer.map { .number($0.dirtyBytes) }
        case .bigValue: Self.transfer.map { .number($0.bigValueBytes) }
        case .copyACL: .text(MigrationPlan.defaultUserCopy.rawValue)
        case .feed: .text(MigrationPlan.defaultFeed.rawValue)
        case .keyPrefixFormat: .text(TenantScope.defaultFormat)
        case .maxLag: Self.cutover.map { .number($0.maxLag) }
        case .maxPause: Self.cutover.map { .number($0.maxPauseMilliseconds) }
        case .fence: Self.cutover.map { .text($0.fence.rawValue) }
        case .verify: Self.cutover.map { .text($0.verify.rawValue) }
        case .color: .text(ColorChoice.auto.rawValue)
        case .logFormat: .text(LogFormat.text.rawValue)
        case .window: .number(CutoverSchedule.defaultWindowSeconds)
        case .hookTimeout: .number(WorkerOptions.defaultHookTimeout)
        case .lagHigh: .number(LagAlarm.defaultThreshold)
        case .target, .sourceUser, .targetUser, .sourcePasswordFile, .targetPasswordFile, .sourcePassword,
            .targetPassword, .growBacklog, .acceptSkew, .databases, .journal, .format, .redirectMode, .redirectTimeout,
            .metricsListen, .metricsFile, .hooks, .maxRate, .maxBandwidth, .sourceCACert, .targetCACert, .sourceCert,
            .targetCert, .sourceKey, .targetKey, .sourceKeyPassphraseFile, .targetKeyPassphraseFile,
            .sourceKeyPassphrase, .targetKeyPassphrase, .sourceSNI, .targetSNI, .sourcePasswordCommand,
            .targetPasswordCommand:
            nil
        }
    }

    /// The default in words for help and manual; nil where there is none.
    var defaultText: String? {
        switch self {
        case .databases: "all"
        case .format: "pretty on a terminal, else raw"
        default: defaultValue?.text
        }
    }

    /// `(default: 4)`.
    var defaultNote: String { "(default: \(defaultText ?? "none"))" }
}
