/// One metric with all its series, as Prometheus' text format 0.0.4 has them.
package struct MetricFamily: Equatable, Sendable {
    package enum Kind: String, Sendable {
        case gauge
        case counter
    }

    package var name: String
    package var kind: Kind
    package var help: String
    package var samples: [MetricSample]
}

package struct MetricSample: Equatable, Sendable {
    package var labels: [MetricLabel]
    package var value: Double
}

package struct MetricLabel: Equatable, Sendable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

extension [MetricFamily] {
    /// The text format; a metric without series is left out.
    package var text: String { lazy.filter { !$0.samples.isEmpty }.map(\.text).joined() }
}

extension MetricFamily {
    fileprivate var text: String {
        let head = "# HELP \(name) \(Self.escaped(help, quote: false))\n# TYPE \(name) \(kind.rawValue)\n"
        return head + samples.map { "\(name)\(Self.labels($0.labels)) \(Self.number($0.value))\n" }.joined()
    }

    private static func labels(_ labels: [MetricLabel]) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.map { "\($0.name)=\"\(escaped($0.value, quote: true))\"" }
        return "{\(pairs.joined(separator: ", "))}"
    }

    private static func escaped(_ text: String, quote: Bool) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result.append(contentsOf: "\\\\".unicodeScalars)
            case "\n": result.append(contentsOf: "\\n".unicodeScalars)
            case "\"" where quote: result.append(contentsOf: "\\\"".unicodeScalars)
            default: result.append(scalar)
            }
        }
        return String(result)
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int(exactly: value).map(String.init) ?? "\(value)"
    }
}
