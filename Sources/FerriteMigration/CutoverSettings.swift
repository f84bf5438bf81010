import MigrationCore

/// What is asked of one cutover.
public struct CutoverSettings: Sendable {
    /// What keeps the tenant's writes away from the source while traffic is switched.
    public enum Fence: Sendable {
        /// The tenant's ACL users become read-only within the prefix; nobody else feels it.
        case users
        /// `CLIENT PAUSE … WRITE`: stops the writes of every tenant of the source.
        case pause
        /// The writers are stopped by other means; it is only proved that they are.
        case none
    }

    /// How much of the data is compared across the switch.
    public enum Verification: Sendable {
        case full
        case sample
        case none
    }

    /// Go ahead although more keys than `maxLag` are not at the target yet.
    public var force: Bool
    /// Keys.
    public var maxLag: Int
    /// The time in milliseconds, 10 to 600 000, after which the fence is lowered and live sync goes on.
    public var maxPauseMilliseconds: Int
    public var fence: Fence
    public var verification: Verification

    public init(
        force: Bool = false,
        maxLag: Int = 1000,
        maxPauseMilliseconds: Int = 5000,
        fence: Fence = .users,
        verification: Verification = .full
    ) {
        self.force = force
        self.maxLag = maxLag
        self.maxPauseMilliseconds = maxPauseMilliseconds
        self.fence = fence
        self.verification = verification
    }

    func options() throws(PlanError) -> CutoverOptions {
        let fence: FenceKind =
            switch self.fence {
            case .users: .acl
            case .pause: .pause
            case .none: .none
            }
        let extent: VerifyExtent =
            switch verification {
            case .full: .full
            case .sample: .sample
            case .none: .none
            }
        return try CutoverOptions(
            force: force,
            maxLag: maxLag,
            maxPauseMilliseconds: maxPauseMilliseconds,
            fence: fence,
            verify: extent
        )
    }
}

/// A cutover that has happened.
public struct CutoverResult: Sendable, Equatable {
    /// From the fence's first change until the target was writable.
    public let downtimeMilliseconds: Double
    /// The tenant's keys, the same number at both sides at the switch.
    public let keysMigrated: Int
    /// What is left for the operator to do, in a sentence; nil where nothing is. See docs/cutover.md, "After the switch".
    public let note: String?
}
