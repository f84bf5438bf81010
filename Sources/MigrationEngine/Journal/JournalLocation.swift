import Glibc

extension JournalRoot {
    /// Where the journal is: `--journal`, FERRITE_MIGRATE_JOURNAL, `$XDG_STATE_HOME/ferrite-migrate`, as root
    /// /var/lib/ferrite-migrate, else ~/.local/state/ferrite-migrate. An empty variable counts as none, and so does
    /// an XDG_STATE_HOME that is not absolute (XDG Base Directory Specification).
    package static func location(
        explicit: String? = nil,
        environment: [String: String],
        isRoot: Bool = geteuid() == 0
    ) -> JournalRoot {
        func variable(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        if let path = explicit ?? variable("FERRITE_MIGRATE_JOURNAL") { return JournalRoot(path: path) }
        if let state = variable("XDG_STATE_HOME"), state.hasPrefix("/") {
            return JournalRoot(path: state + "/ferrite-migrate")
        }
        if isRoot { return JournalRoot(path: "/var/lib/ferrite-migrate") }
        return JournalRoot(path: (variable("HOME") ?? accountHome) + "/.local/state/ferrite-migrate")
    }

    private static var accountHome: String {
        guard let account = getpwuid(geteuid()), let home = account.pointee.pw_dir else { return "/" }
        return String(cString: home)
    }

    /// The same folder for a worker whatever its working directory will be; without a slash at the end.
    static func absolute(_ path: String) -> String {
        var path = path
        while path.count > 1 && path.hasSuffix("/") { path.removeLast() }
        guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        return String(cString: current) + "/" + path
    }
}
