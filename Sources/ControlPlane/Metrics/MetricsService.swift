/// What a worker tells a monitoring system. A call costs no server a round trip.
package protocol MetricsService: Sendable {
    /// The Prometheus text format, version 0.0.4.
    func metrics() async -> String
    /// Why the worker is not well, in one line; nil where it is.
    func ailment() async -> String?
}

/// An answer before it is known how it is sent.
struct MetricsAnswer: Sendable, Equatable {
    static let text = "text/plain; charset=utf-8"

    var status: Int
    var type = text
    var body: String
    /// The methods that are allowed, where another was asked for.
    var allow: String?

    /// The answer to `method` at `uri`, whose query counts for nothing.
    static func to(_ method: String, _ uri: String, by service: any MetricsService) async -> MetricsAnswer {
        let path = uri.prefix { $0 != "?" }
        guard path == "/metrics" || path == "/healthz" else {
            return MetricsAnswer(status: 404, body: "there is /metrics and /healthz\n")
        }
        guard method == "GET" || method == "HEAD" else {
            return MetricsAnswer(status: 405, body: "only GET and HEAD\n", allow: "GET, HEAD")
        }
        if path == "/metrics" {
            let type = "text/plain; version=0.0.4; charset=utf-8"
            return MetricsAnswer(status: 200, type: type, body: await service.metrics())
        }
        let ailment = await service.ailment()
        return MetricsAnswer(status: ailment == nil ? 200 : 503, body: (ailment ?? "ok") + "\n")
    }
}
