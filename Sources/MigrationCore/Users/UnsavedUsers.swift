/// What a server's restart would lose, because it keeps its users in its memory only: one fact for each server.
package struct UnsavedUsers: Equatable, Sendable {
    /// Why they are not kept. Two servers with the same reason are named in one sentence.
    package enum Reason: Equatable, Sendable {
        case noFile
        /// The tool's user may not save them.
        case mayNotSave
        /// The tool's user may not read the setting.
        case notTold
        /// What ACL SAVE has answered, or why it was not answered.
        case other(String)
    }

    /// `the fence at source 127.0.0.1:6379`.
    package let what: String
    package let reason: Reason

    package init(_ what: String, _ reason: Reason) {
        (self.what, self.reason) = (what, reason)
    }

    package static func fence(at server: String, _ reason: Reason) -> UnsavedUsers {
        UnsavedUsers("the fence at source \(server)", reason)
    }

    package static func copies(at server: String, _ reason: Reason) -> UnsavedUsers {
        UnsavedUsers("the tenant's users at target \(server)", reason)
    }
}

extension [UnsavedUsers] {
    /// A sentence for each reason, with what mends it.
    package var sentences: [String] {
        var rest = self
        var sentences: [String] = []
        while let reason = rest.first?.reason {
            let alike = rest.filter { $0.reason == reason }
            rest.removeAll { $0.reason == reason }
            let whats = alike.map(\.what).joined(separator: " and ")
            sentences.append("a restart loses \(whats): \(reason.words(ofSeveral: alike.count > 1))")
        }
        return sentences
    }
}

extension UnsavedUsers.Reason {
    fileprivate func words(ofSeveral: Bool) -> String {
        switch self {
        case .noFile:
            ofSeveral
                ? "they have no aclfile: run CONFIG REWRITE at each, which writes users into the configuration file, or give "
                    + "them one"
                : "it has no aclfile: run CONFIG REWRITE there, which writes users into the configuration file, or give it "
                    + "one"
        case .mayNotSave: "the tool's user may not run ACL SAVE there: grant it +acl|save, or run ACL SAVE yourself"
        case .notTold:
            "whether \(ofSeveral ? "they have" : "it has") an aclfile is not told (CONFIG GET): see to it that ACL changes "
                + "are saved there"
        case .other(let words): words
        }
    }
}
