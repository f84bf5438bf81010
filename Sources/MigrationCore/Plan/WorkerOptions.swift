/// What a migration's worker does beside the migration. It travels with the plan, and a `resume` may give another.
package struct WorkerOptions: Codable, Equatable, Sendable {
    package enum CodingKeys: String, CodingKey {
        case metricsListen = "metrics_listen"
        case metricsFile = "metrics_file"
        case hooks
        case hookTimeoutSeconds = "hook_timeout_s"
        case lagHighKeys = "lag_high_keys"
    }

    package static let hookTimeoutRange = 1...3600
    package static let defaultHookTimeout = 30

    /// Where `/metrics` and `/healthz` are answered, in the form of `ListenAddress`.
    package var metricsListen: String?
    /// An absolute path, `{tenant}` and `{id}` in it not replaced yet.
    package var metricsFile: String?
    /// The folder with the operator's programs, an absolute path.
    package var hooks: String?
    /// How long one of them may take; nil for the default.
    package var hookTimeoutSeconds: Int?
    /// From where on `lag-high` is run; nil for the default.
    package var lagHighKeys: Int?

    package init(
        metricsListen: String? = nil,
        metricsFile: String? = nil,
        hooks: String? = nil,
        hookTimeoutSeconds: Int? = nil,
        lagHighKeys: Int? = nil
    ) throws(PlanError) {
        if let metricsListen, ListenAddress(parsing: metricsListen) == nil {
            throw .outOfRange(option: "metrics-listen", value: metricsListen, allowed: ListenAddress.allowed)
        }
        for (option, path) in [("metrics-file", metricsFile), ("hooks", hooks)] {
            guard let path, !path.hasPrefix("/") else { continue }
            throw .outOfRange(option: option, value: path, allowed: "an absolute path")
        }
        self.metricsListen = metricsListen
        self.metricsFile = metricsFile
        self.hooks = hooks
        self.hookTimeoutSeconds = hookTimeoutSeconds
        self.lagHighKeys = lagHighKeys
    }

    package var isEmpty: Bool {
        metricsListen == nil && metricsFile == nil && hooks == nil && hookTimeoutSeconds == nil && lagHighKeys == nil
    }

    package var listenAddress: ListenAddress? { metricsListen.flatMap { ListenAddress(parsing: $0) } }

    /// The file of one migration.
    package func metricsPath(tenant: String, id: String) -> String? {
        metricsFile?.replacing("{tenant}", with: Self.fileName(tenant)).replacing("{id}", with: id)
    }

    /// A tenant's name as part of a file's: no two become the same, and none leads to another folder.
    private static func fileName(_ tenant: String) -> String {
        var name = ""
        for byte in tenant.utf8 {
            let scalar = Unicode.Scalar(byte)
            let isPlain = byte < 0x80 && (scalar.properties.isAlphabetic || (0x30...0x39).contains(byte))
            if isPlain || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                || (byte == UInt8(ascii: ".") && !name.isEmpty)
            {
                name.unicodeScalars.append(scalar)
            } else {
                name += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return name
    }
}
