import MigrationCore

/// Every code with which this program ends; scripts depend on them (sysexits.h where it has a word for it).
enum ExitReason: Int32 {
    case done = 0
    case failed = 1
    /// Source and target hold different data.
    case different = 2
    /// EX_USAGE: the command line is wrong.
    case usage = 64
    /// EX_UNAVAILABLE: a server cannot be reached.
    case unreachable = 69
    /// EX_TEMPFAIL: not now, try again.
    case notNow = 75
    /// EX_NOPERM: a server refused by authentication or permission.
    case refused = 77
    /// EX_CONFIG: a setting is wrong.
    case configuration = 78
}

extension ExitReason {
    init(_ kind: MigrationFailure.Kind) {
        switch kind {
        case .failed, .outOfMemory, .superseded: self = .failed
        case .unreachable: self = .unreachable
        case .notNow: self = .notNow
        case .refused: self = .refused
        case .configuration: self = .configuration
        }
    }
}
