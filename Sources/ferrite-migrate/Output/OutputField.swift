import FoundationEssentials

/// One value of a result, before it is known how it is written.
indirect enum OutputValue: Equatable {
    case text(String)
    /// A word that says how something stands; coloured on a terminal.
    case state(String)
    case number(Int)
    /// At most three decimals are written.
    case decimal(Double)
    /// Written with all its digits.
    case exact(Double)
    /// 0 to 100.
    case percent(Double)
    case flag(Bool)
    case date(Date)
    case array([OutputValue])
    case object([OutputField])
}

/// A named value of a result. Names are the seed's where it has one.
struct OutputField: Equatable {
    /// Which formats show the field: some values are one text for people and several numbers for programs.
    enum Audience: Equatable {
        case all
        case people
        case programs
    }

    let name: String
    let value: OutputValue
    let audience: Audience

    init(_ name: String, _ value: OutputValue, for audience: Audience = .all) {
        self.name = name
        self.value = value
        self.audience = audience
    }
}
