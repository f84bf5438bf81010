/// How results are written to standard output.
enum OutputFormat: String, CaseIterable {
    /// `key: value` lines; the default when standard output is not a terminal.
    case raw
    /// Aligned, with a little colour; the default on a terminal.
    case pretty
    /// One object; numbers are numbers, dates RFC 3339.
    case json
}
