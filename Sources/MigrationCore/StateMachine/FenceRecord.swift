import RESP

/// What the fence changes at the source, written down before it is changed, so that whoever comes later can put it
/// back. It holds rules of access and never a password or its hash.
package struct FenceRecord: Codable, Equatable, Sendable {
    package struct User: Codable, Equatable, Sendable {
        package var name: ByteString
        /// `ACL SETUSER <name>` followed by these makes the user read-only within the prefix.
        package var raised: [ByteString]
        /// The same for the rules that the user had.
        package var lowered: [ByteString]

        package init(name: ByteString, raised: [ByteString], lowered: [ByteString]) {
            self.name = name
            self.raised = raised
            self.lowered = lowered
        }
    }

    package var kind: FenceKind
    package var users: [User]
    /// Users at the target that the switch will make writable.
    package var switches: [ByteString]

    package init(kind: FenceKind, users: [User], switches: [ByteString] = []) {
        self.kind = kind
        self.users = users
        self.switches = switches
    }
}
