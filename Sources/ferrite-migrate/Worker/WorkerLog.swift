import FoundationEssentials
import Logging

/// Writes each message as one line of standard error, which is worker.log: time, level, message, metadata.
struct WorkerLog: LogHandler {
    /// What a message brings by itself; metadata of the same name gets an underscore behind it.
    private static let ownNames = ["time", "level", "message"]

    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let console: Console
    private let format: LogFormat

    init(console: Console, format: LogFormat, level: Logger.Level) {
        self.console = console
        self.format = format
        logLevel = level
    }

    static func logger(_ console: Console, _ format: LogFormat, level: Logger.Level) -> Logger {
        Logger(label: "ferrite-migrate") { _ in WorkerLog(console: console, format: format, level: level) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        let pairs = values.map { (name: $0.key, text: "\($0.value)") }
        console.error(Self.line("\(event.message)", event.level, at: Date(), pairs, format) + "\n")
    }

    static func line(
        _ message: String,
        _ level: Logger.Level,
        at now: Date,
        _ pairs: [(name: String, text: String)],
        _ format: LogFormat
    ) -> String {
        let time = now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        switch format {
        case .text:
            let words = pairs.map { " \($0.name)=\(CommandFailure.printable($0.text))" }.joined()
            return "\(time) \(level) \(CommandFailure.printable(message))\(words)"
        case .json:
            let own: [OutputField] = [
                .init("time", .text(time)), .init("level", .text("\(level)")), .init("message", .text(message)),
            ]
            let fields = pairs.map { pair in
                OutputField(ownNames.contains(pair.name) ? pair.name + "_" : pair.name, .text(pair.text))
            }
            return JSONText.object(own + fields)
        }
    }
}
