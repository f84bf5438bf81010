import FoundationEssentials
import Logging

/// Writes each message as one line of standard error, which is worker.log: time, level, message, metadata.
struct WorkerLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let console: Console

    init(console: Console, level: Logger.Level = .info) {
        self.console = console
        logLevel = level
    }

    static func logger(_ console: Console, level: Logger.Level = .info) -> Logger {
        Logger(label: "ferrite-migrate") { _ in WorkerLog(console: console, level: level) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let time = Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let values = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let pairs = values.map { " \($0.key)=\(CommandFailure.printable("\($0.value)"))" }.joined()
        console.error("\(time) \(event.level) \(CommandFailure.printable("\(event.message)"))\(pairs)\n")
    }
}
