import Glibc
import MigrationCore

/// The folder with the operator's programs, one for each name of `HookName`.
package struct HookFolder: Equatable, Sendable {
    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    /// The program for a hook; nil where there is none.
    ///
    /// - Throws: Where there is one that must not be run, or cannot be.
    func program(for name: HookName) throws(MigrationFailure) -> String? {
        let file = "\(path)/\(name.rawValue)"
        var information = stat()
        // A link that leads nowhere is a hook that is missing, and not one that nobody wanted.
        guard lstat(file, &information) == 0 else {
            guard errno == ENOENT else { throw Self.unusable(file, String(cString: strerror(errno))) }
            // Nor is a folder that has gone.
            try checkFolder()
            return nil
        }
        guard stat(file, &information) == 0 else { throw Self.unusable(file, String(cString: strerror(errno))) }
        guard information.st_mode & S_IFMT == S_IFREG else { throw Self.unusable(file, "it is no file") }
        guard information.st_mode & S_IWOTH == 0 else {
            throw Self.unusable(file, "everybody may write to it; chmod o-w it")
        }
        guard access(file, X_OK) == 0 else { throw Self.unusable(file, "it is not executable; chmod +x it") }
        return file
    }

    /// Looks at the whole folder before a migration begins.
    ///
    /// - Returns: The names of files that are no hook's.
    /// - Throws: Where the folder or a hook in it cannot be used.
    package func check() throws(MigrationFailure) -> [String] {
        try checkFolder()
        for name in HookName.allCases {
            if let file = try program(for: name) { try checkBeginning(of: file) }
        }
        return try names().filter { HookName(rawValue: $0) == nil && !$0.hasPrefix(".") }.sorted()
    }

    /// Whether the cutover's own hooks could be run now.
    package func checkGuards() throws(MigrationFailure) {
        for name in HookName.allCases where name.isGuard { _ = try program(for: name) }
    }

    private func checkFolder() throws(MigrationFailure) {
        var information = stat()
        guard stat(path, &information) == 0 else { throw Self.unusable(path, String(cString: strerror(errno))) }
        guard information.st_mode & S_IFMT == S_IFDIR else { throw Self.unusable(path, "it is no folder") }
        guard information.st_mode & S_IWOTH == 0 else {
            throw Self.unusable(path, "everybody may write to it; chmod o-w it")
        }
    }

    /// What the system would refuse to start, found before it is needed. A program may be run by who cannot read it.
    private func checkBeginning(of file: String) throws(MigrationFailure) {
        guard let opened = fopen(file, "r") else { return }
        defer { fclose(opened) }
        var bytes = [UInt8](repeating: 0, count: 256)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, opened))
        if bytes.starts(with: "\u{7F}ELF".utf8) { return }
        guard bytes.starts(with: "#!".utf8) else {
            throw Self.unusable(file, "it is no program, and no script with a first line such as #!/bin/sh")
        }
        let line = String(decoding: bytes.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        let interpreter = line.split { $0 == " " || $0 == "\t" }.first.map(String.init) ?? ""
        guard access(interpreter, X_OK) == 0 else {
            throw Self.unusable(file, "its first line names '\(interpreter)', which cannot be run here")
        }
    }

    private func names() throws(MigrationFailure) -> [String] {
        guard let folder = opendir(path) else { throw Self.unusable(path, String(cString: strerror(errno))) }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
            )
        }
        return names
    }

    private static func unusable(_ path: String, _ reason: String) -> MigrationFailure {
        MigrationFailure(.configuration, "the hook \(path) cannot be used: \(reason)")
    }
}
