import MigrationCore

/// Lets the tenant's clients work at the target. It touches no data.
package protocol TrafficSwitch: Sendable {
    /// From its return on, the tenant's clients can write at the target.
    func switchTraffic() async throws(MigrationFailure)

    /// Takes the write access at the target away again, for a switch that did not end.
    func revert() async throws(MigrationFailure)
}

/// `--no-copy-acl`: who may write at the target is the operator's own affair.
package struct NoSwitch: TrafficSwitch {
    package init() {}
    package func switchTraffic() async throws(MigrationFailure) {}
    package func revert() async throws(MigrationFailure) {}
}
