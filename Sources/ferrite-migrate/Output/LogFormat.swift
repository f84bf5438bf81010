import ArgumentParser

/// How a worker writes its log.
enum LogFormat: String, CaseIterable, ExpressibleByArgument {
    /// `2026-11-25T02:10:00.123Z info message key=value`.
    case text
    /// One object a line: time, level, message, and the metadata as fields.
    case json
}
