import FoundationEssentials
import Glibc
import MigrationCore

/// The passwords, and the passphrases of keys, on their way from the command that knows them to the worker: one JSON line
/// through a pipe. They stand in no argument, no environment and no file.
package struct WorkerSecrets: Codable, Equatable, Sendable {
    package enum CodingKeys: String, CodingKey {
        case sourcePassword = "source_password"
        case targetPassword = "target_password"
        case sourcePasswordCommand = "source_password_command"
        case targetPasswordCommand = "target_password_command"
        case sourceKeyPassphrase = "source_key_passphrase"
        case targetKeyPassphrase = "target_key_passphrase"
        case earlier
    }

    package var sourcePassword: String?
    package var targetPassword: String?
    /// In the place of a password, and of the command in the plan.
    package var sourcePasswordCommand: String?
    package var targetPasswordCommand: String?
    package var sourceKeyPassphrase: String?
    package var targetKeyPassphrase: String?
    /// By id those of the migrations that have moved the tenant before: their targets may have it still.
    package var earlier: [String: WorkerSecrets]

    package init(
        sourcePassword: String? = nil,
        targetPassword: String? = nil,
        sourcePasswordCommand: String? = nil,
        targetPasswordCommand: String? = nil,
        sourceKeyPassphrase: String? = nil,
        targetKeyPassphrase: String? = nil,
        earlier: [String: WorkerSecrets] = [:]
    ) {
        self.sourcePassword = sourcePassword
        self.targetPassword = targetPassword
        self.sourcePasswordCommand = sourcePasswordCommand
        self.targetPasswordCommand = targetPasswordCommand
        self.sourceKeyPassphrase = sourceKeyPassphrase
        self.targetKeyPassphrase = targetKeyPassphrase
        self.earlier = earlier
    }

    package func endpoints(_ plan: MigrationPlan) -> MigrationEndpoints {
        MigrationEndpoints(plan: plan, secrets: self)
    }

    /// Reads to the end of the worker's standard input.
    package static func read(from descriptor: Int32 = STDIN_FILENO) throws(WorkerError) -> WorkerSecrets {
        guard let bytes = try? JournalFile.read(descriptor, "standard input"),
            let secrets = try? MigrationJSON.decoder().decode(WorkerSecrets.self, from: Data(bytes))
        else { throw .noSecrets }
        return secrets
    }

    /// The reading end of a pipe that already holds the line and its end, so that nobody waits for the other.
    func pipe() throws(WorkerError) -> Int32 {
        guard let line = try? MigrationJSON.encoder().encode(self) else { throw .secretsTooLong }
        var ends: (read: Int32, write: Int32) = (-1, -1)
        let made = withUnsafeMutablePointer(to: &ends) {
            $0.withMemoryRebound(to: Int32.self, capacity: 2) { Glibc.pipe($0) }
        }
        guard made == 0 else { throw .cannotStart(what: "a pipe", code: errno) }
        for end in [ends.read, ends.write] { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A full pipe must be an error: nobody reads yet.
        _ = fcntl(ends.write, F_SETFL, O_NONBLOCK)
        let bytes = Array(line) + [UInt8(ascii: "\n")]
        let count = write(ends.write, bytes, bytes.count)
        close(ends.write)
        guard count == bytes.count else {
            close(ends.read)
            throw .secretsTooLong
        }
        return ends.read
    }
}

/// Why no worker could be started, or could start. No case holds a password.
package enum WorkerError: Error, Equatable, Sendable {
    case cannotStart(what: String, code: Int32)
    /// The passwords do not fit into a pipe, 64 KiB on Linux.
    case secretsTooLong
    /// Standard input has no line of secrets: the worker was not started by a command of this version.
    case noSecrets

    /// One line for people, with the next step.
    package var failure: MigrationFailure {
        switch self {
        case .cannotStart(let what, let code):
            MigrationFailure(
                .failed,
                "the worker cannot be started: \(what): \(String(cString: strerror(code))); "
                    + (code == ENOSPC ? "the journal's disk is full: free some space there" : "try --foreground")
            )
        case .secretsTooLong:
            MigrationFailure(.configuration, "the passwords are too long to be handed to the worker: 64 KiB at most")
        case .noSecrets:
            MigrationFailure(.configuration, "the worker verb is started by migrate: use 'ferrite-migrate migrate'")
        }
    }
}
