import RESP

/// What belongs to a server and to no tenant, and so does not travel, although the tenant's clients may need it.
package struct LeftBehind: Equatable, Sendable {
    /// A library of functions, as FUNCTION LIST WITHCODE names it.
    package struct Library: Equatable, Sendable {
        package let name: String
        package let code: ByteString

        package init(name: String, code: ByteString) {
            self.name = name
            self.code = code
        }

        /// Nil where the reply is none of FUNCTION LIST WITHCODE.
        package static func list(_ reply: RESPValue) -> [Library]? {
            guard let entries = reply.elements else { return nil }
            return entries.compactMap { entry in
                guard let name = entry["library_name"]?.text, let code = entry["library_code"]?.bytes else {
                    return nil
                }
                return Library(name: name, code: code)
            }
        }
    }

    /// Libraries that the target does not have.
    package let missing: [String]
    /// Libraries that have other code there.
    package let different: [String]
    /// Search indexes of the source.
    package let indexes: [String]

    package init(source: [Library], target: [Library], indexes: [String]) {
        let there = Dictionary(target.map { ($0.name, $0.code) }) { first, _ in first }
        missing = source.map(\.name).filter { there[$0] == nil }.sorted()
        different = source.filter { there[$0.name] ?? $0.code != $0.code }.map(\.name).sorted()
        self.indexes = indexes.sorted()
    }

    /// What to know and what to do, a sentence each.
    package func sentences(source: String, target: String) -> [String] {
        var words: [String] = []
        let states = [
            missing.isEmpty ? nil : "lacks \(missing.joined(separator: ", "))",
            different.isEmpty ? nil : "has other code for \(different.joined(separator: ", "))",
        ]
        let found = states.compactMap(\.self)
        if !found.isEmpty {
            words.append(
                "functions are the server's and stay behind: of the libraries of \(source), \(target) "
                    + "\(found.joined(separator: " and ")), so an FCALL there fails or does something else; bring them "
                    + "there before the cutover (FUNCTION DUMP at the source, FUNCTION RESTORE … REPLACE at the target)"
            )
        }
        if !indexes.isEmpty {
            words.append(
                "search indexes are no keys and stay behind: \(indexes.joined(separator: ", ")) of \(source); make them at "
                    + "\(target) (FT.CREATE) before the cutover"
            )
        }
        return words
    }
}
