import Foundation
import MigrationTestSupport
import Testing

/// The committed completions in the shells themselves, with three migrations in the journal.
@Suite struct CompletionTests {
    private static let scripts = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "completions").path
    private static let ids = ["mig_0a1b2c3d4e", "mig_0a9f8e7d6c", "mig_ffffffffff"]

    private let journal: TemporaryFolder

    init() throws {
        journal = try TemporaryFolder()
        for id in Self.ids {
            try FileManager.default.createDirectory(atPath: journal.file(id), withIntermediateDirectories: true)
        }
    }

    private func shell(_ name: String, _ script: String, journal: String) throws -> String {
        let environment = [
            "PATH": "\(URL(filePath: Tool.path).deletingLastPathComponent().path):/usr/bin:/bin",
            "HOME": self.journal.path,
            "TERM": "dumb",
            "FERRITE_MIGRATE_JOURNAL": journal,
        ]
        return try ProgramRun(
            path: "/bin/\(name)",
            arguments: ["-c", script],
            environment: environment,
            timeout: 60
        ).output
    }

    /// What bash offers for a line.
    private func candidates(_ line: String, journal: String? = nil) throws -> Set<String> {
        let script = """
            . \(Self.scripts)/ferrite-migrate.bash
            COMP_LINE='\(line)' COMP_POINT=${#COMP_LINE}
            read -ra COMP_WORDS <<< "$COMP_LINE"
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _ferrite-migrate ferrite-migrate "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
            printf '%s\\n' "${COMPREPLY[@]}"
            """
        return Set(
            try shell("bash", script, journal: journal ?? self.journal.path).split(separator: "\n").map(String.init)
        )
    }

    @Test func bashCompletesIDs() throws {
        #expect(try candidates("ferrite-migrate status mig_0a") == Set(Self.ids.prefix(2)))
        #expect(try candidates("ferrite-migrate cutover mig_f") == ["mig_ffffffffff"])
        let elsewhere = "ferrite-migrate cancel --journal \(journal.path) mig_f"
        #expect(try candidates(elsewhere, journal: "/nowhere") == ["mig_ffffffffff"])
        #expect(try candidates("ferrite-migrate status mig_", journal: "/nowhere").isEmpty)
    }

    @Test func bashCompletesVerbsAndOptions() throws {
        #expect(try candidates("ferrite-migrate canc") == ["cancel"])
        #expect(try candidates("ferrite-migrate migrate acme --hook") == ["--hooks", "--hook-timeout"])
    }

    /// On a terminal of its own: zsh completes nowhere else.
    @Test func zshCompletesAnID() throws {
        let script = """
            zmodload zsh/zpty
            zpty z zsh -f -i
            zpty -w z "PS1='> '; fpath=(\(Self.scripts) \\$fpath); autoload -U compinit; compinit -u -D; echo REA''DY"
            zpty -r -m z text '*READY*'
            zpty -w -n z $'ferrite-migrate status mig_f\\t'
            for turn in {1..100}; do
                while zpty -r -t z more; do text+=$more; done
                [[ $text == *mig_ffffffffff* ]] && break
                sleep 0.1
            done
            print -r -- "$text"
            """
        #expect(try shell("zsh", script, journal: journal.path).contains("mig_ffffffffff"))
    }
}
