import Foundation

/// Metrics in Prometheus' text format: the value of each series by its name and labels as they are written.
package struct Scrape {
    package let text: String
    private let series: [String: Double]

    package init(_ text: String) {
        self.text = text
        var series: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            series[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
        self.series = series
    }

    package static func of(_ address: String) throws -> Scrape {
        let answer = try HTTPSocket.ask(address, "GET /metrics")
        guard answer.head.hasPrefix("HTTP/1.1 200 ") else { throw ToolError(answer.head) }
        return Scrape(answer.body)
    }

    package static func file(_ path: String) throws -> Scrape {
        Scrape(try String(contentsOfFile: path, encoding: .utf8))
    }

    package var isEmpty: Bool { series.isEmpty }

    /// The one series of that name whose labels hold all of `labels`; nil where there is none, or several.
    package func value(_ name: String, _ labels: String...) -> Double? {
        let found = series.filter { key, _ in
            key.prefix { $0 != "{" } == "ferrite_tenant_migration_" + name && labels.allSatisfy { key.contains($0) }
        }
        return found.count == 1 ? found.first?.value : nil
    }

    /// The phase whose series is 1.
    package func phase(_ tenant: String) -> String? {
        let name = "ferrite_tenant_migration_phase{tenant=\"\(tenant)\""
        let on = series.filter { $0.key.hasPrefix(name) && $0.value == 1 }
        guard on.count == 1, let key = on.first?.key, let label = key.range(of: "phase=\"") else { return nil }
        return String(key[label.upperBound...].prefix { $0 != "\"" })
    }
}
