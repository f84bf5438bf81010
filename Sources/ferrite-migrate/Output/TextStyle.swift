/// Whether there is colour: what was asked for, whatever standard output is.
enum ColorChoice: String, CaseIterable {
    /// On a terminal that has colours, unless `NO_COLOR` is set.
    case auto
    case always
    case never
}

/// Colour, where the terminal and the operator want it.
struct TextStyle: Equatable {
    enum Colour: Int {
        case bold = 1
        case dim = 2
        case red = 31
        case green = 32
        case yellow = 33
        case cyan = 36
    }

    static let plain = TextStyle(isColoured: false)

    let isColoured: Bool

    /// The one place that decides. Whoever names a choice wins over `NO_COLOR` (no-color.org) and over what standard
    /// output is.
    init(_ choice: ColorChoice = .auto, isTerminal: Bool, environment: Environment) {
        isColoured =
            switch choice {
            case .auto: isTerminal && environment["NO_COLOR"] == nil && environment["TERM"] != "dumb"
            case .always: true
            case .never: false
            }
    }

    init(isColoured: Bool) {
        self.isColoured = isColoured
    }

    func paint(_ text: String, _ colour: Colour?) -> String {
        guard isColoured, let colour else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }

    /// The colour of a word that says how something stands.
    static func colour(ofState word: String) -> Colour? {
        switch word.prefix(while: { $0 != " " }) {
        case "ok", "completed", "verified", "true": .green
        case "warning", "warnings", "paused", "cutover": .yellow
        case "fail", "failed", "errors", "different", "cancelled", "false": .red
        case "live_sync", "initial_sync", "syncing", "preparing", "cleanup": .cyan
        case "unknown": .dim
        default: nil
        }
    }
}
