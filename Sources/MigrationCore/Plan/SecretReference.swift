/// Where a password comes from; all of it that is ever written down.
package enum SecretReference: Hashable, Sendable {
    case environment(String)
    case file(String)
    /// A line for the shell, which is run for every login and prints the password.
    case command(String)
    /// Given in a URL: it lives only as long as the process, so a later resume has to be given it again.
    case url
}

extension SecretReference: Codable, CustomStringConvertible {
    package var description: String {
        switch self {
        case .environment(let name): "env:\(name)"
        case .file(let path): "file:\(path)"
        case .command(let line): "command:\(line)"
        case .url: "url"
        }
    }

    package init?(_ text: String) {
        if text == "url" {
            self = .url
        } else if text.hasPrefix("env:") {
            self = .environment(String(text.dropFirst(4)))
        } else if text.hasPrefix("file:") {
            self = .file(String(text.dropFirst(5)))
        } else if text.hasPrefix("command:") {
            self = .command(String(text.dropFirst(8)))
        } else {
            return nil
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = SecretReference(try container.decode(String.self)) else {
            let reason = "not env:NAME, file:PATH, command:LINE or url"
            throw DecodingError.dataCorruptedError(in: container, debugDescription: reason)
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
