/// Passwords in URLs of the command line, wherever they were given by mistake, kept out of what is said about it.
enum ArgumentSecrets {
    /// The message without what stands before the `@` of any argument that holds `user:password@`.
    static func scrubbed(_ message: String, of arguments: [String]) -> String {
        arguments.compactMap(login).reduce(message) { text, login in
            text.replacing(login, with: "…").replacing(CommandFailure.printable(login), with: "…")
        }
    }

    /// Whether the argument holds `user:password@`.
    static func holdsLogin(_ argument: String) -> Bool { login(argument) != nil }

    /// `user:password` of an argument, of an option's value behind `=` too; nil where it has none. A password may hold
    /// every character, also `@`.
    private static func login(_ argument: String) -> String? {
        guard let end = argument.lastIndex(of: "@") else { return nil }
        var text = argument[..<end]
        if text.hasPrefix("--"), let equals = text.firstIndex(of: "=") { text = text[text.index(after: equals)...] }
        if let scheme = text.firstRange(of: "://") { text = text[scheme.upperBound...] }
        guard let colon = text.firstIndex(of: ":"), text.index(after: colon) < text.endIndex else { return nil }
        return String(text)
    }
}
