/// What this is, for people and for metrics.
package enum Release {
    package static let version = "0.1.0"
}
