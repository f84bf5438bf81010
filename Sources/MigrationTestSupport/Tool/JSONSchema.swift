import Foundation

/// A JSON Schema (draft 2020-12) of as many keywords as docs/schema uses. A keyword that is not known here is an error
/// of the schema: nothing is passed over.
package struct JSONSchema {
    private let root: [String: JSONValue]
    private let folder: URL

    /// Reads a file; `$ref` names its neighbours.
    package init(file: URL) throws {
        guard case .object(let root) = try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: file)) else {
            throw ToolError("\(file.lastPathComponent) is not an object")
        }
        self.root = root
        folder = file.deletingLastPathComponent()
    }

    package init(_ text: String) throws {
        root = try JSONValue(text).members ?? [:]
        folder = URL(filePath: "/")
    }

    /// What is wrong with `value`, a line each; empty where it fits.
    package func problems(of value: JSONValue) throws -> [String] {
        try check(value, root, at: "$")
    }

    private func check(_ value: JSONValue, _ schema: [String: JSONValue], at place: String) throws -> [String] {
        var problems: [String] = []
        for (keyword, rule) in schema {
            problems += try check(value, keyword, rule, in: schema, at: place)
        }
        return problems
    }

    private func check(
        _ value: JSONValue,
        _ keyword: String,
        _ rule: JSONValue,
        in schema: [String: JSONValue],
        at place: String
    ) throws -> [String] {
        switch keyword {
        case "$schema", "title", "description": return []
        case "$ref": return try checkReference(value, rule, at: place)
        case "type":
            let types = rule.elements ?? [rule]
            return types.contains { Self.is(value, $0.string ?? "") } ? [] : ["\(place) is no \(types)"]
        case "enum": return (rule.elements ?? []).contains(value) ? [] : ["\(place): \(value) is none of \(rule)"]
        case "const": return value == rule ? [] : ["\(place): \(value) is not \(rule)"]
        case "minimum", "maximum":
            guard let number = value.double, let limit = rule.double else { return [] }
            let fits = keyword == "minimum" ? number >= limit : number <= limit
            return fits ? [] : ["\(place): \(number) is beyond the \(keyword) \(limit)"]
        case "format", "pattern": return try checkText(value, keyword, rule, at: place)
        case "required":
            guard let members = value.members else { return [] }
            let missing = (rule.elements ?? []).compactMap(\.string).filter { members[$0] == nil }
            return missing.map { "\(place).\($0) is missing" }
        case "properties", "additionalProperties":
            return keyword == "properties" || schema["properties"] == nil
                ? try checkMembers(value, schema, at: place) : []
        case "items":
            return try (value.elements ?? []).enumerated().flatMap { index, element in
                try check(element, rule.members ?? [:], at: "\(place)[\(index)]")
            }
        default: throw ToolError("the keyword \(keyword) is not known")
        }
    }

    private func checkMembers(
        _ value: JSONValue,
        _ schema: [String: JSONValue],
        at place: String
    ) throws -> [String] {
        let known = schema["properties"]?.members ?? [:]
        return try (value.members ?? [:]).flatMap { name, member -> [String] in
            if let rule = known[name] { return try check(member, rule.members ?? [:], at: "\(place).\(name)") }
            switch schema["additionalProperties"] {
            case nil, .flag(true): return []
            case .object(let rule): return try check(member, rule, at: "\(place).\(name)")
            default: return ["\(place).\(name) is not described"]
            }
        }
    }

    /// `file.json`, a neighbour.
    private func checkReference(_ value: JSONValue, _ rule: JSONValue, at place: String) throws -> [String] {
        guard let name = rule.string else { throw ToolError("$ref is not a text") }
        let other = try JSONSchema(file: folder.appending(path: name))
        return try other.check(value, other.root, at: place)
    }

    private func checkText(
        _ value: JSONValue,
        _ keyword: String,
        _ rule: JSONValue,
        at place: String
    ) throws -> [String] {
        let rule = rule.string ?? ""
        // RFC 3339, in UTC.
        let instant = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?Z$"
        guard keyword == "pattern" || rule == "date-time" else { throw ToolError("the format \(rule) is not known") }
        guard let text = value.string else { return [] }
        let pattern = keyword == "pattern" ? rule : instant
        return text.range(of: pattern, options: .regularExpression) == nil ? ["\(place): '\(text)' is no \(rule)"] : []
    }

    private static func `is`(_ value: JSONValue, _ type: String) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .flag), ("number", .number), ("string", .text), ("array", .array),
            ("object", .object):
            true
        case ("integer", .number(let number)): number == number.rounded()
        default: false
        }
    }
}
