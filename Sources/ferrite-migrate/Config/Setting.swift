import MigrationCore

/// Every setting, once: its name in the file (the raw value), in the environment and as an option, and what it may be.
enum Setting: String, CaseIterable {
    case source
    case target
    case sourceUser = "source_user"
    case targetUser = "target_user"
    case sourcePasswordFile = "source_password_file"
    case targetPasswordFile = "target_password_file"
    case sourcePasswordCommand = "source_password_command"
    case targetPasswordCommand = "target_password_command"
    case sourcePassword = "source_password"
    case targetPassword = "target_password"
    case sourceCACert = "source_cacert"
    case targetCACert = "target_cacert"
    case sourceCert = "source_cert"
    case targetCert = "target_cert"
    case sourceKey = "source_key"
    case targetKey = "target_key"
    case sourceKeyPassphraseFile = "source_key_passphrase_file"
    case targetKeyPassphraseFile = "target_key_passphrase_file"
    case sourceKeyPassphrase = "source_key_passphrase"
    case targetKeyPassphrase = "target_key_passphrase"
    case sourceSNI = "source_sni"
    case targetSNI = "target_sni"
    case sourceInsecure = "source_insecure"
    case targetInsecure = "target_insecure"
    case sourceTLSMin = "source_tls_min"
    case targetTLSMin = "target_tls_min"
    case enabled
    case maxConcurrent = "max_concurrent"
    case mode = "default_mode"
    case timeout = "sync_timeout_secs"
    case parallel = "parallel_sync"
    case batchSize = "batch_size"
    case dirtyLimit = "dirty_limit_bytes"
    case growBacklog = "grow_backlog_bytes"
    case bigValue = "big_value_bytes"
    case acceptSkew = "accept_skew_secs"
    case databases
    case copyACL = "copy_acl"
    case feed
    case keyPrefixFormat = "key_prefix_format"
    case journal
    case format
    case maxLag = "cutover_max_lag"
    case maxPause = "cutover_max_pause_ms"
    case fence = "cutover_fence"
    case verify = "cutover_verify"
    case verifyConnectivity = "verify_connectivity"
    case verifyCapacity = "verify_capacity"
    case verifyVersion = "verify_version"
    case redirectMode = "redirect_mode"
    case redirectTimeout = "redirect_timeout_ms"
    case metricsListen = "metrics_listen"
    case metricsFile = "metrics_file"
    case hooks
    case hookTimeout = "hook_timeout_secs"
    case lagHigh = "lag_high_keys"
    case window = "cutover_window_secs"
    case maxRate = "max_rate"
    case maxBandwidth = "max_bandwidth_bytes"
    case color
    case logFormat = "log_format"

    /// The tables of the file that belong to this program; all others are the server's own.
    enum Table: String, CaseIterable {
        case migration = "tenancy.migration"
        case targetValidation = "tenancy.migration.target_validation"
        case clientHandling = "tenancy.migration.client_handling"
    }

    enum Kind: Equatable {
        case text
        /// Never read from a file.
        case secret
        case flag
        case number(ClosedRange<Int>)
        /// A number, also as `64mb`.
        case bytes(ClosedRange<Int>)
        case numbers(ClosedRange<Int>)
        /// Seconds, also as `90s`, `30m` or `2h`.
        case duration(ClosedRange<Int>)
        case choice([String])
        /// An address and a port of this machine, or `none`.
        case listenAddress
    }
}

extension Setting {
    var table: Table {
        switch self {
        case .verifyConnectivity, .verifyCapacity, .verifyVersion: .targetValidation
        case .redirectMode, .redirectTimeout: .clientHandling
        default: .migration
        }
    }

    var kind: Kind {
        switch self {
        case .source, .target, .sourceUser, .targetUser, .sourcePasswordFile, .targetPasswordFile, .keyPrefixFormat,
            .journal, .metricsFile, .sourceCACert, .targetCACert, .sourceCert, .targetCert, .sourceKey, .targetKey,
            .sourceKeyPassphraseFile, .targetKeyPassphraseFile, .sourceSNI, .targetSNI, .sourcePasswordCommand,
            .targetPasswordCommand:
            .text
        case .sourcePassword, .targetPassword, .sourceKeyPassphrase, .targetKeyPassphrase: .secret
        case .sourceTLSMin, .targetTLSMin: .choice(TLSPlan.Version.allCases.map(\.rawValue))
        case .sourceInsecure, .targetInsecure: .flag
        case .enabled, .verifyConnectivity, .verifyCapacity, .verifyVersion: .flag
        case .maxConcurrent: .number(1...1000)
        case .timeout: .number(TransferOptions.timeoutRange)
        case .parallel: .number(TransferOptions.parallelRange)
        case .batchSize: .number(TransferOptions.batchSizeRange)
        case .dirtyLimit: .bytes(TransferOptions.dirtyBytesRange)
        case .growBacklog: .bytes(MigrationPlan.backlogRange)
        case .bigValue: .bytes(TransferOptions.bigValueRange)
        case .acceptSkew: .duration(TransferOptions.acceptedSkewRange)
        case .databases: .numbers(0...Int(Int32.max))
        case .maxLag: .number(0...Int(Int32.max))
        case .maxPause: .number(CutoverOptions.maxPauseRange)
        case .redirectTimeout: .number(0...3_600_000)
        case .mode: .choice(MigrationMode.allCases.map(\.rawValue))
        case .copyACL: .choice(UserCopy.allCases.map(\.rawValue))
        case .feed: .choice(FeedPreference.allCases.map(\.rawValue))
        case .format: .choice(OutputFormat.allCases.map(\.rawValue))
        case .fence: .choice(FenceKind.allCases.map(\.rawValue))
        case .verify: .choice(VerifyExtent.allCases.map(\.rawValue))
        case .redirectMode: .choice(["automatic", "none"])
        case .metricsListen: .listenAddress
        case .hooks: .text
        case .hookTimeout: .number(WorkerOptions.hookTimeoutRange)
        case .lagHigh: .number(LagAlarm.thresholdRange)
        case .window: .duration(CutoverSchedule.windowRange)
        case .maxRate: .number(TransferOptions.maxKeysRange)
        case .maxBandwidth: .bytes(TransferOptions.maxBytesRange)
        case .color: .choice(ColorChoice.allCases.map(\.rawValue))
        case .logFormat: .choice(LogFormat.allCases.map(\.rawValue))
        }
    }

    /// The name on the command line, without the dashes; nil where there is no option.
    var option: String? {
        switch self {
        case .source, .target, .journal, .format, .feed, .color: rawValue
        case .fence: "fence"
        case .verify: "verify"
        case .sourceUser, .targetUser, .sourcePasswordFile, .targetPasswordFile, .sourceCACert, .targetCACert,
            .sourceCert, .targetCert, .sourceKey, .targetKey, .sourceKeyPassphraseFile, .targetKeyPassphraseFile,
            .sourceSNI, .targetSNI, .sourceInsecure, .targetInsecure, .sourceTLSMin, .targetTLSMin,
            .sourcePasswordCommand, .targetPasswordCommand:
            rawValue.replacing("_", with: "-")
        case .mode: "mode"
        case .timeout: "timeout"
        case .parallel: "parallel"
        case .batchSize: "batch-size"
        case .dirtyLimit: "dirty-limit"
        case .growBacklog: "grow-backlog"
        case .bigValue: "big-value"
        case .acceptSkew: "accept-skew"
        case .databases: "db"
        case .copyACL: "copy-acl"
        case .maxLag: "max-lag"
        case .maxPause: "max-pause"
        case .metricsListen: "metrics-listen"
        case .metricsFile: "metrics-file"
        case .hooks: "hooks"
        case .hookTimeout: "hook-timeout"
        case .lagHigh: "lag-high"
        case .window: "window"
        case .logFormat: "log-format"
        case .sourcePassword, .targetPassword, .sourceKeyPassphrase, .targetKeyPassphrase, .enabled, .maxConcurrent,
            .keyPrefixFormat, .verifyConnectivity, .verifyCapacity, .verifyVersion, .redirectMode, .redirectTimeout:
            nil
        case .maxRate: "max-rate"
        case .maxBandwidth: "max-bandwidth"
        }
    }

    /// `FERRITE_MIGRATE_` and the option's name; settings without an option take their name in the file.
    var variable: String {
        Environment.prefix + (option ?? rawValue).uppercased().replacing("-", with: "_")
    }
}
