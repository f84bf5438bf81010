/// Where a password comes from; all of it that is ever written down.
package enum SecretReference: Hashable, Sendable {
    case environment(String)
    case file(String)
    /// Given in a URL: it lives only as long as the process, so a later resume has to be given it again.
    case url
}

extension SecretReference: Codable, CustomStringConvertible {
    package var description: String {
        switch self {
        case .environment(let name): "env:\(name)"
        case .file(let path): "file:\(path)"
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
        } else {
            return nil
        }
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = SecretReference(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not env:NAME, file:PATH or url")
        }
        self = value
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
