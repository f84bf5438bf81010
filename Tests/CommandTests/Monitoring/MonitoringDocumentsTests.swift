import Foundation
import MigrationCore
import MigrationTestSupport
import Testing

@testable import ferrite_migrate

/// docs/monitoring: alerts that fire when they should and only then, and queries of metrics that are there.
@Suite struct MonitoringDocumentsTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "docs/monitoring").path

    private static func text(_ name: String) throws -> String {
        try String(contentsOfFile: folder + "/" + name, encoding: .utf8)
    }

    private static func promtool(_ line: String, environment: [String: String] = [:]) throws -> ProgramRun {
        let line = "cd \"\(folder)\" && \(line)"
        return try ProgramRun(path: "/bin/sh", arguments: ["-c", line], environment: environment, timeout: 60)
    }

    /// All names of metrics of this program in a text.
    private static func names(in text: String) -> Set<String> {
        Set(text.matches(of: /ferrite_tenant_migration_[a-z_]+/).map { String($0.output) })
    }

    @Test func alertsFireWhenTheyShould() throws {
        let check = try Self.promtool("promtool check rules alerts.yml && promtool test rules alerts_test.yml")
        #expect(check.code == 0, "\(check.output)\(check.errors)")
        let alerts = try Self.text("alerts.yml").matches(of: /alert: (\w+)/).map { String($0.output.1) }
        let tests = try Self.text("alerts_test.yml")
        for alert in alerts {
            let cases = tests.components(separatedBy: "alertname: \(alert)\n").dropFirst()
            #expect(cases.contains { $0.hasPrefix("        exp_alerts:\n") }, "\(alert) never fires in a test")
        }
        #expect(alerts.count == 9)
    }

    /// The seed's rule, as a proof that the cases tell a right rule from a wrong one.
    @Test func theCasesFindAWrongRule() throws {
        let folder = try TemporaryFolder()
        let rule = "expr: rate(ferrite_tenant_migration_progress[5m]) == 0"
        let alerts = try Self.text("alerts.yml")
        let start = try #require(alerts.range(of: "expr: |"))
        let end = try #require(alerts.range(of: "        for: 5m"))
        let wrong = alerts.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: rule + "\n")
        try Data(wrong.utf8).write(to: URL(filePath: folder.file("alerts.yml")))
        try Data(Self.text("alerts_test.yml").utf8).write(to: URL(filePath: folder.file("alerts_test.yml")))
        let check = try Self.promtool("cd \"\(folder.path)\" && promtool test rules alerts_test.yml")
        let said = check.output + check.errors
        #expect(check.code != 0 && said.contains("progress stands still at 100 %"), "\(said)")
        // The case of the finished migration is the only one of two hours.
        #expect(said.contains("expr: \"ALERTS\", time: 2h"), "\(said)")
    }

    @Test(arguments: ["alerts.yml", "alerts_test.yml", "dashboard.json", "README.md"])
    func namesAreThoseThatAreWritten(file: String) throws {
        let names = Self.names(in: try Self.text(file))
        let others = names.subtracting(MigrationMetrics.names)
        #expect(names.count > 5 && others.isEmpty, "\(others)")
    }

    @Test func everyMetricIsExplained() throws {
        let explained = Self.names(in: try Self.text("README.md"))
        #expect(explained == MigrationMetrics.names, "\(explained.symmetricDifference(MigrationMetrics.names))")
    }

    /// Each as a recording rule, with the dashboard's variables replaced as Grafana would.
    @Test func theDashboardAsksWhatCanBeAsked() throws {
        let json = try JSONSerialization.jsonObject(with: Data(Self.text("dashboard.json").utf8))
        let panels = try #require((json as? [String: Any])?["panels"] as? [[String: Any]])
        let queries = panels.flatMap { $0["targets"] as? [[String: Any]] ?? [] }.compactMap { $0["expr"] as? String }
        #expect(queries.count >= panels.count && panels.count > 10)
        var rules = "groups:\n  - name: dashboard\n    rules:\n"
        for (index, query) in queries.enumerated() {
            let query = query.replacing("$tenant", with: ".*").replacing("$__rate_interval", with: "1m")
            #expect(!query.contains("$"), "\(query)")
            rules += "      - record: query:\(index)\n        expr: |\n          \(query)\n"
        }
        let folder = try TemporaryFolder()
        try Data(rules.utf8).write(to: URL(filePath: folder.file("rules.yml")))
        let check = try Self.promtool("promtool check rules \"\(folder.file("rules.yml"))\"")
        let isWhole = check.output.contains("\(queries.count) rules found")
        #expect(check.code == 0 && isWhole, "\(check.output)\(check.errors)")
    }

    /// Everything that can be written, in the judgement of Prometheus' own reader.
    @Test func promtoolFindsNothingWrong() throws {
        var statuses: [MigrationStatus] = []
        for phase in MigrationPhase.allCases {
            var status = try StatusOutputTests.sample()
            status.migrationID = "mig_\(phase.rawValue)"
            status.tenant = #"a"\"# + phase.rawValue + "\n"
            var measured = MigrationMeasurements()
            (measured.lastSuccess, measured.backlogEnd) = (status.startedAt, status.startedAt + 60)
            (measured.sourceLatency, measured.targetLatency) = (1e-7, 2.5)
            (status.phase, status.measured) = (phase, measured)
            (status.downtimeMilliseconds, status.stragglers, status.writesRefusedSince) = (3.2, 1, status.startedAt)
            statuses.append(status)
        }
        statuses[1].verification = VerificationReport(
            keysSource: 1,
            keysTarget: 1,
            checksumSource: "0a",
            checksumTarget: "0b",
            sampleVerified: 0,
            sampleSize: 1,
            differenceCount: 1,
            differences: []
        )
        let metrics = MigrationMetrics(
            statuses.map { MigrationMetrics.Migration($0, isRunning: true) },
            unreadable: 1,
            at: statuses[0].startedAt + 1
        )
        let written = metrics.families.filter { !$0.samples.isEmpty }.map(\.name)
        #expect(Set(written) == MigrationMetrics.names)
        let folder = try TemporaryFolder()
        try Data(metrics.text.utf8).write(to: URL(filePath: folder.file("metrics")))
        let check = try Self.promtool("promtool check metrics < \"\(folder.file("metrics"))\"")
        #expect(check.code == 0 && check.output.isEmpty && check.errors.isEmpty, "\(check.output)\(check.errors)")
    }
}
