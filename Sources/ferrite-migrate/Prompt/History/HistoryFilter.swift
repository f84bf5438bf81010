/// Which lines the prompt's history keeps.
enum HistoryFilter {
    /// Not an empty one, none that would move a terminal's cursor, and none that holds or names a password.
    ///
    /// - Parameter words: Nil where the line has none: then what may be a password is taken for one.
    static func keeps(_ line: String, _ words: [LineWord]?) -> Bool {
        guard line.contains(where: { !$0.isWhitespace }), !line.unicodeScalars.contains(where: isControl) else {
            return false
        }
        guard !namesPassword(line), !(words ?? []).contains(where: { namesPassword($0.text) }) else { return false }
        guard let words else { return !ArgumentSecrets.holdsLogin(line) }
        return !words.contains { ArgumentSecrets.holdsLogin($0.text) }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool { scalar.value < 0x20 && scalar != "\t" }

    private static func namesPassword(_ text: String) -> Bool { text.lowercased().contains("password") }
}
