import MigrationCore

/// The one place where the output format is matched.
struct Renderer {
    let format: OutputFormat
    /// Of several results of one kind.
    let listFormat: OutputFormat
    let style: TextStyle
    /// Of the terminal, asked anew each time; nil where lines may be as long as they like.
    let columns: @Sendable () -> Int?

    init(
        format: OutputFormat,
        listFormat: OutputFormat? = nil,
        style: TextStyle,
        columns: @escaping @Sendable () -> Int? = { nil }
    ) {
        (self.format, self.style, self.columns) = (format, style, columns)
        self.listFormat = listFormat ?? format
    }

    /// One result.
    func report(_ fields: [OutputField]) -> String {
        switch format {
        case .raw: PlainText.lines(fields)
        case .pretty: PrettyText(style: style).lines(fields)
        case .json: JSONText.object(fields) + "\n"
        }
    }

    /// Several results of one kind: a line or row each, or one array.
    func list(_ elements: [[OutputField]]) -> String {
        switch listFormat {
        case .raw: elements.map { PlainText.line($0) + "\n" }.joined()
        case .pretty: PrettyText(style: style).table(elements, columns: columns())
        case .json: "[\(elements.map(JSONText.object).joined(separator: ","))]\n"
        }
    }

    /// Metrics: Prometheus' text format is what people read, too.
    func metrics(_ families: [MetricFamily]) -> String {
        switch format {
        case .raw, .pretty: families.text
        case .json: list(families.flatMap(\.fields))
        }
    }

    /// One result of a sequence that goes on: always one line.
    func line(_ fields: [OutputField]) -> String {
        switch format {
        case .raw, .pretty: PlainText.line(fields) + "\n"
        case .json: JSONText.object(fields) + "\n"
        }
    }
}
