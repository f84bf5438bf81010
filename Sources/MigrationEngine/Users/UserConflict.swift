import MigrationCore
import RESP

/// A user that exists at the target and is not this migration's to change.
package struct UserConflict: Equatable, Sendable {
    package let name: ByteString
    /// The mark of the migration that has left it there; nil where it is the operator's.
    package let mark: UserMark?
    /// It also has keys of others there.
    package let isShared: Bool

    package init(name: ByteString, mark: UserMark? = nil, isShared: Bool = false) {
        self.name = name
        self.mark = mark
        self.isShared = isShared
    }
}

extension MigrationFailure {
    init(_ conflicts: [UserConflict], server: String) {
        var words = conflicts.compactMap { conflict -> String? in
            switch conflict.mark {
            case .copy(let migration):
                "\(server) has \(conflict.name) as a read-only copy that migration \(migration) has left: cancel "
                    + "\(migration), delete the user there, or take it over with --replace"
            case .fence(let migration, let rules) where conflict.isShared:
                "\(server) has \(conflict.name) as migration \(migration) has fenced it, and the user also has keys of others "
                    + "there, so it is not written over: give it back what it had (ACL SETUSER \(conflict.name) resetkeys "
                    + "clearselectors \(rules.map { "\($0)" }.joined(separator: " "))) and use --no-copy-acl"
            case .fence(let migration, _):
                "\(server) has \(conflict.name) as migration \(migration) has fenced it, with other rules or another "
                    + "password than the tenant's user of that name: delete it there, or take it over with --replace"
            case nil: nil
            }
        }
        let names = conflicts.filter { $0.mark == nil }.map { "\($0.name)" }
        if !names.isEmpty {
            words.append(
                "\(server) already has \(names.joined(separator: ", ")) with other rules or another password than the "
                    + "tenant's \(names.count == 1 ? "user" : "users") of that name; nothing is overwritten: delete it "
                    + "there, make it equal, or use --no-copy-acl"
            )
        }
        self.init(.refused, words.joined(separator: "; "))
    }
}
