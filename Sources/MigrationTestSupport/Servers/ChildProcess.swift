import Foundation
import Glibc
import Synchronization

/// A program could not be started; the value is an `errno`.
package struct SpawnError: Error {
    package let path: String
    package let code: Int32
}

/// How a child ended and what it used.
package struct ProcessExit: Sendable {
    /// The exit code, or 128 + the signal that ended it, as a shell says it.
    package let code: Int
    package let userSeconds: Double
    package let systemSeconds: Double
    package let peakBytes: Int
}

/// A child process that is killed by the kernel when this process ends, however it ends.
package final class ChildProcess: Sendable {
    package let pid: pid_t
    private let exit = Mutex<ProcessExit?>(nil)

    /// Starts `path` with standard output and error appended to the given files (`/dev/null` when nil).
    package init(
        path: String,
        arguments: [String],
        environment: [String: String]? = nil,
        output: String? = nil,
        errors: String? = nil,
        diesWithParent: Bool = true
    ) throws {
        let guarded = diesWithParent ? ["/usr/bin/setpriv", "--pdeathsig", "KILL", "--", path] : [path]
        let argv = guarded + arguments
        let env = (environment ?? ProcessInfo.processInfo.environment).map { "\($0.key)=\($0.value)" }
        let result = StartResult()
        Spawner.shared.run { result.set(Self.spawn(argv, env, output ?? "/dev/null", errors ?? "/dev/null")) }
        let (code, pid) = result.get()
        guard code == 0 else { throw SpawnError(path: path, code: code) }
        self.pid = pid
    }

    deinit {
        if poll() == nil {
            Glibc.kill(pid, SIGKILL)
            wait()
        }
    }

    package func kill(_ signal: Int32) {
        exit.withLock { if $0 == nil { Glibc.kill(pid, signal) } }
    }

    package var isRunning: Bool { poll() == nil }

    /// How the child ended, nil while it runs.
    @discardableResult
    package func poll() -> ProcessExit? { exit.withLock { Self.reap(pid, WNOHANG, &$0) } }

    /// Waits for the child's end, blocking the thread.
    @discardableResult
    package func wait() -> ProcessExit {
        while true {
            if let ended = poll() { return ended }
            usleep(500)
        }
    }

    private static func reap(_ pid: pid_t, _ options: Int32, _ exit: inout ProcessExit?) -> ProcessExit? {
        if let exit { return exit }
        var status: Int32 = 0
        var usage = rusage()
        let ended = wait4(pid, &status, options, &usage)
        guard ended == pid || (ended < 0 && errno == ECHILD) else { return nil }
        exit = ProcessExit(
            code: status & 0x7f == 0 ? Int(status >> 8 & 0xff) : 128 + Int(status & 0x7f),
            userSeconds: Double(usage.ru_utime.tv_sec) + Double(usage.ru_utime.tv_usec) / 1e6,
            systemSeconds: Double(usage.ru_stime.tv_sec) + Double(usage.ru_stime.tv_usec) / 1e6,
            peakBytes: usage.ru_maxrss * 1024
        )
        return exit
    }

    private static func spawn(
        _ arguments: [String],
        _ environment: [String],
        _ output: String,
        _ errors: String
    ) -> (code: Int32, pid: pid_t) {
        var files = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&files)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&files)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&files, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_addopen(&files, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { for text in argv + envp { free(text) } }
        var pid: pid_t = 0
        let code = posix_spawn(&pid, arguments[0], &files, &attributes, argv, envp)
        return (code, pid)
    }
}

/// Carries the answer of `posix_spawn` from the spawner's thread to the caller.
private final class StartResult: Sendable {
    private let value = Mutex<(code: Int32, pid: pid_t)>((EAGAIN, 0))

    func set(_ new: (code: Int32, pid: pid_t)) { value.withLock { $0 = new } }
    func get() -> (code: Int32, pid: pid_t) { value.withLock { $0 } }
}
