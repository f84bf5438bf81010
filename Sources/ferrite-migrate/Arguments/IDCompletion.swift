import ArgumentParser
import MigrationEngine

extension CompletionKind {
    /// The ids in the journal that the line so far names, for the shells; nothing where it cannot be read.
    static let migrationID = CompletionKind.custom { words, _, prefix in
        migrationIDs(words, .process).filter { $0.hasPrefix(prefix) }
    }

    private static func migrationIDs(_ words: [String], _ environment: Environment) -> [String] {
        let file = try? ConfigFile.load(option("config", words) ?? environment[Environment.prefix + "CONFIG"])
        let settings = Settings(layers: [file?.settings ?? [:], (try? environment.settings()) ?? [:]])
        let explicit = option("journal", words) ?? settings.text(.journal)
        let journal = JournalRoot.location(explicit: explicit, environment: environment.variables)
        return (try? journal.migrations()) ?? []
    }

    /// `--name value` or `--name=value`; the last one counts.
    private static func option(_ name: String, _ words: [String]) -> String? {
        var value: String?
        for (index, word) in words.enumerated() {
            if word == "--\(name)", index + 1 < words.count { value = words[index + 1] }
            if word.hasPrefix("--\(name)=") { value = String(word.dropFirst(name.count + 3)) }
        }
        return value
    }
}
