import Foundation
import MigrationTestSupport
import Testing

/// The checker finds what is wrong, else the tests that use it could not fail.
@Suite struct JSONSchemaTests {
    private static let schema = """
        {"type": "object", "required": ["id"], "additionalProperties": false, "properties": {
          "id": {"type": "string", "pattern": "^mig_"}, "at": {"type": "string", "format": "date-time"},
          "count": {"type": "integer", "minimum": 0, "maximum": 9}, "word": {"enum": ["a", "b"]},
          "one": {"const": 1}, "list": {"type": "array", "items": {"type": ["integer", "null"]}},
          "free": {"type": "object", "properties": {"x": {"type": "number"}},
            "additionalProperties": {"type": "string"}}}}
        """

    @Test(arguments: [
        (#"{"id":"mig_1"}"#, true), (#"{"id":"mig_1","at":"2026-11-25T02:10:00Z"}"#, true),
        (#"{"id":"mig_1","at":"2026-11-25T02:10:00.123Z","count":9,"word":"b","one":1,"list":[1,null]}"#, true),
        (#"{"id":"mig_1","free":{"x":1.5,"y":"z"}}"#, true),
        ("{}", false), ("[]", false), (#"{"id":1}"#, false), (#"{"id":"x"}"#, false),
        (#"{"id":"mig_1","new":1}"#, false),
        (#"{"id":"mig_1","at":"2026-11-25"}"#, false), (#"{"id":"mig_1","at":"2026-11-25T02:10:00+01:00"}"#, false),
        (#"{"id":"mig_1","count":1.5}"#, false), (#"{"id":"mig_1","count":"1"}"#, false),
        (#"{"id":"mig_1","count":true}"#, false), (#"{"id":"mig_1","count":-1}"#, false),
        (#"{"id":"mig_1","count":10}"#, false), (#"{"id":"mig_1","word":"c"}"#, false),
        (#"{"id":"mig_1","one":2}"#, false), (#"{"id":"mig_1","list":[1,"x"]}"#, false),
        (#"{"id":"mig_1","free":{"x":"1"}}"#, false), (#"{"id":"mig_1","free":{"y":1}}"#, false),
        (#"{"id":"mig_1","at":null}"#, false),
    ])
    func findsWhatIsWrong(text: String, fits: Bool) throws {
        let problems = try JSONSchema(Self.schema).problems(of: JSONValue(text))
        #expect(problems.isEmpty == fits, "\(problems)")
    }

    @Test(arguments: [
        #"{"minItems": 1}"#, #"{"format": "email"}"#, #"{"properties": {"a": {"oneOf": []}}}"#, #"{"$ref": "no.json"}"#,
    ])
    func doesNotPassOverWhatItDoesNotKnow(schema: String) throws {
        let schema = try JSONSchema(schema)
        #expect(throws: (any Error).self) { try schema.problems(of: JSONValue(#"{"a": "x"}"#)) }
    }

    /// All committed schemas are closed: a field that none describes is found.
    @Test func everySchemaIsClosed() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/schema")
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        #expect(files.count == 17)
        for file in files where !["log.json", "status-list.json"].contains(file.lastPathComponent) {
            let schema = try JSONSchema(file: file)
            var value = JSONValue.object(["frobnicate": .number(1)])
            if ["config-show.json", "metrics.json"].contains(file.lastPathComponent) { value = .array([value]) }
            let problems = try schema.problems(of: value)
            #expect(problems.contains { $0.contains("frobnicate is not described") }, "\(file): \(problems)")
        }
    }
}
