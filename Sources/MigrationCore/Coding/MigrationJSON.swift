import FoundationEssentials

/// The one JSON form of the project's values: journal, control socket and `--format json` are written and read with
/// these, so that an instant or a name looks the same everywhere.
package enum MigrationJSON {
    /// One line, keys in alphabetical order, instants in RFC 3339.
    package static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(RFC3339.string(from: date))
        }
        return encoder
    }

    package static func decoder() -> JSONDecoder {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            guard let date = RFC3339.date(from: try container.decode(String.self)) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not an RFC 3339 instant")
            }
            return date
        }
        return decoder
    }

    /// In a few words what a decoder found wrong: the path of the value and why.
    package static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, let context): "\(place(context)) has no \(key.stringValue)"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            "\(place(context)) is of another type"
        case DecodingError.dataCorrupted(let context):
            context.codingPath.isEmpty ? "it is not JSON" : "\(place(context)): \(context.debugDescription)"
        default: "it cannot be read"
        }
    }

    private static func place(_ context: DecodingError.Context) -> String {
        context.codingPath.isEmpty ? "it" : context.codingPath.map(\.stringValue).joined(separator: ".")
    }
}

/// Instants as `2026-09-21T14:13:20.000Z`: UTC, milliseconds.
package enum RFC3339 {
    private static let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)

    package static func string(from date: Date) -> String {
        // The style cuts the fraction off where it should round: half a millisecond more, and cutting is rounding.
        (date + 0.0005).formatted(style)
    }

    package static func date(from text: String) -> Date? {
        try? style.parse(text)
    }
}
