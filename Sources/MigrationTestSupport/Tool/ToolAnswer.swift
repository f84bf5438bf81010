import Foundation

/// What the tool printed with `--format json`: one object, or several lines of which the last object counts.
package struct ToolAnswer {
    private let fields: [String: Any]

    package init(_ text: String) {
        let whole = Self.object(text)
        fields =
            whole ?? text.split(separator: "\n").reversed().lazy.compactMap { Self.object(String($0)) }.first ?? [:]
    }

    private init(_ fields: [String: Any]) { self.fields = fields }

    package var isEmpty: Bool { fields.isEmpty }
    package func text(_ name: String) -> String? { fields[name] as? String }
    package func number(_ name: String) -> Double? { (fields[name] as? NSNumber)?.doubleValue }
    package func integer(_ name: String) -> Int? { (fields[name] as? NSNumber)?.intValue }
    package func object(_ name: String) -> ToolAnswer? { (fields[name] as? [String: Any]).map(ToolAnswer.init) }
    package func list(_ name: String) -> [ToolAnswer] { (fields[name] as? [[String: Any]] ?? []).map(ToolAnswer.init) }
    package func texts(_ name: String) -> [String] { fields[name] as? [String] ?? [] }
    package var names: [String] { fields.keys.sorted() }

    private static func object(_ text: String) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
    }
}
