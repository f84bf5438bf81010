import MigrationCore

extension TenantHome {
    /// Why the migration may touch neither side; nil where it may.
    func failure(_ id: String, _ endpoints: MigrationEndpoints) -> MigrationFailure? {
        switch self {
        case .source: nil
        case .held(let other):
            MigrationFailure(
                .notNow,
                "the tenant's users at \(endpoints.source) are fenced by \(other): \(id) waits for what becomes of that "
                    + "cutover; if the tenant was moved elsewhere, cancel \(id)"
            )
        case .moved(let other):
            MigrationFailure(
                .superseded,
                "\(id) is no longer the tenant's: its users can write at \(endpoints.target) by the switch of "
                    + "\(other ?? "another migration, which is not known here"); \(id) touches nothing more at either "
                    + "side"
            )
        case .takenOver(let other):
            MigrationFailure(
                .superseded,
                "\(id) is no longer the tenant's: the copy at \(endpoints.target) waits for the switch of \(other); \(id) "
                    + "touches nothing more at either side"
            )
        case .open:
            MigrationFailure(
                .failed,
                "the tenant's users can write at \(endpoints.target), and \(id) has not let them: if the tenant lives "
                    + "there, leave \(id) as it is; if not, take that access away (ACL SETUSER) and run resume or cancel "
                    + "\(id) again"
            )
        }
    }

    var isMoved: Bool { if case .moved = self { true } else { false } }

    var isHeld: Bool { if case .held = self { true } else { false } }

    /// The migration that has the tenant, where that is known.
    var other: String? {
        switch self {
        case .source, .open: nil
        case .held(let other), .takenOver(let other): other
        case .moved(let other): other
        }
    }
}
