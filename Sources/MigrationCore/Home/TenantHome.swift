/// Where a tenant lives, as far as a migration that has not switched it is concerned.
package enum TenantHome: Equatable, Sendable {
    /// At the source, or nothing says otherwise.
    case source
    /// Another migration has fenced the source, and has not switched: it may go back.
    case held(by: String)
    /// Its clients write at the target, by the switch of another migration.
    case moved(by: String?)
    /// The users at the target wait for the switch of another migration.
    case takenOver(by: String)
    /// Its users can write at the target, and nobody is known to have switched them.
    case open
}

/// What a migration knows of itself when it asks whether the tenant is still where it left it.
package struct TenantClaim: Equatable, Sendable {
    package var id: String
    /// It has made users at the target, and the names that were asked for are theirs: only a switch lets them write.
    package var hasUsers: Bool
    /// Nothing was copied yet, and the target held no key of the tenant's when it was looked at just now.
    package var isHarmless: Bool
    /// The source was fenced when this migration began: it moves a tenant whose new home is gone.
    package var beganFenced: Bool
    /// It has raised a fence itself.
    package var isFencing = false

    package init(id: String, hasUsers: Bool, isHarmless: Bool = false, beganFenced: Bool = false) {
        self.id = id
        self.hasUsers = hasUsers
        self.isHarmless = isHarmless
        self.beganFenced = beganFenced
    }

    /// Whether the target's users wait for the switch of this migration and of no other.
    package func isWaited(in sighting: TenantSighting) -> Bool {
        guard hasUsers, let target = sighting.target.users else { return false }
        return !target.mayWrite && target.waitFor == [id]
    }

    /// A switch comes behind a fence and never before it. So users of this migration's that can write at the target were
    /// switched by another if those at the source cannot any more; if they can, somebody has changed rules by hand, and
    /// that may be mended. Users that others have made at the target may write there all along: then only a fence that
    /// this migration has not raised tells of a move.
    package func home(in sighting: TenantSighting) -> TenantHome {
        guard !isHarmless, let target = sighting.target.users else { return .source }
        let source = sighting.source.users
        let fencer = source?.fencedBy.subtracting([id]).min()
        let isClosed = source.map { $0.areThere && !$0.mayWrite } ?? false
        let isFencedByOther = !beganFenced && (fencer != nil || !isFencing)
        if target.mayWrite, isClosed, hasUsers || isFencedByOther { return .moved(by: fencer) }
        if target.mayWrite, hasUsers { return .open }
        // One that has yet to make its users takes those over that another has left.
        if hasUsers, let other = target.waitFor.subtracting([id]).min() { return .takenOver(by: other) }
        if let fencer, !beganFenced { return .held(by: fencer) }
        return .source
    }
}
