import Testing

@testable import MigrationCore

@Suite struct ValidationReportTests {
    @Test func linesReadAsInTheMission() {
        #expect(ValidationCheck.ok(.connectivity).text == "ok")
        #expect(ValidationCheck.ok(.capacity, "2GB free, need 1GB").text == "ok (2GB free, need 1GB)")
        #expect(ValidationCheck.ok(.networkLatency, value: "5ms").text == "5ms")
        #expect(ValidationCheck.unknown(.capacity, "why").text == "unknown (why)")
        #expect(ValidationCheck.fail(.users, MigrationFailure(.refused, "no")).text == "fail (no)")
    }

    @Test func checksComeInTheirOrderAndOneFailureIsEnough() {
        let report = ValidationReport([
            .ok(.users), .fail(.capacity, MigrationFailure(.failed, "small")), .ok(.connectivity),
            .unknown(.fence, "x"),
        ])
        #expect(report.checks.map(\.name) == [.connectivity, .capacity, .users, .fence])
        #expect(!report.canStart)
        #expect(ValidationReport([.warning(.fence, "x"), .unknown(.users, "y")]).canStart)
    }

    @Test func theCauseDecidesTheExitCode() {
        let report = ValidationReport([
            .fail(.capacity, MigrationFailure(.failed, "small")),
            .fail(.permissions, MigrationFailure(.refused, "no")),
        ])
        #expect(report.failure == MigrationFailure(.refused, "no"))
        #expect(ValidationReport([.ok(.users)]).failure == nil)
    }

    @Test(arguments: [
        (0, "0B"), (512, "512B"), (1536, "1.5KB"), (2 << 30, "2GB"), (1 << 20, "1MB"), ((1 << 20) - 1, "1MB"),
        (100 << 20, "100MB"), (-5, "0B"),
    ])
    func bytes(count: Int, text: String) {
        #expect(Quantity.bytes(count) == text)
    }

    @Test(arguments: [
        (0.0, "1 second"), (0.2, "1 second"), (1.2, "2 seconds"), (90, "90 seconds"), (600, "10 minutes"),
        (91, "2 minutes"), (5400, "90 minutes"), (7200, "2 hours"), (.infinity, "8889 hours"),
    ])
    func durations(seconds: Double, text: String) {
        #expect(Quantity.duration(seconds: seconds) == text)
    }

    @Test(arguments: [(0.04, "0ms"), (0.25, "0.3ms"), (5, "5ms"), (9.96, "10ms"), (123.4, "123ms")])
    func milliseconds(value: Double, text: String) {
        #expect(Quantity.milliseconds(value) == text)
    }

    @Test func readsInfo() {
        let info = ServerInfo(
            "# Server\r\nredis_version:7.0.15\r\nx:a:b\r\n\r\n# Keyspace\r\ndb10:keys=2,expires=1\r\ndb0:keys=7\r\n"
        )
        #expect(info["redis_version"] == "7.0.15")
        #expect(info["x"] == "a:b")
        #expect(info.databases.map(\.number) == [0, 10])
        #expect(info.databases.map(\.keys) == [7, 2])
    }
}
