import ArgumentParser
import FoundationEssentials
import MigrationCore

/// Where a worker tells its metrics.
struct MetricsArguments: ParsableArguments, SettingArguments {
    @Option(
        help: ArgumentHelp(
            "Answer /metrics and /healthz there while the worker lives; port 0 is any free one (default: nowhere).",
            valueName: "addr:port"
        )
    )
    var metricsListen: String?

    @Option(
        help: ArgumentHelp(
            """
            Write the metrics to this file every few seconds and at the end, for node_exporter; {tenant} and {id} are \
            replaced, and in a folder it is ferrite_migrate_{tenant}.prom (default: nowhere).
            """,
            valueName: "path"
        ),
        completion: .file()
    )
    var metricsFile: String?

    var given: [Setting: String] {
        var given: [Setting: String] = [:]
        given[.metricsListen] = metricsListen
        given[.metricsFile] = metricsFile
        return given
    }
}
