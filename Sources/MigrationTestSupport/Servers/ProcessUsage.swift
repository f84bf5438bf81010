import Foundation
import Glibc

/// What a running process has used so far, read from `/proc`.
package struct ProcessUsage: Sendable {
    /// User and system time of all threads, in seconds (10 ms steps).
    package let cpuSeconds: Double
    /// The largest resident set so far, in bytes.
    package let peakBytes: Int
    /// The resident set now, in bytes.
    package let residentBytes: Int

    /// Nil when there is no such process.
    package init?(pid: pid_t) {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let name = stat.lastIndex(of: ")")
        else { return nil }
        // proc(5): utime and stime are fields 14 and 15; field 3 is the first after the name.
        let fields = stat[name...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else { return nil }
        cpuSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
        func bytes(_ name: String) -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
            let words = line?.split { " \t".contains($0) } ?? []
            return 1024 * (words.dropFirst().first.flatMap { Int($0) } ?? 0)
        }
        peakBytes = bytes("VmHWM:")
        residentBytes = bytes("VmRSS:")
    }
}

/// A program's whole run: its output as text and how it ended.
package struct ProgramRun: Sendable {
    package let code: Int
    package let output: String
    package let errors: String
    package let exit: ProcessExit

    /// Runs a program to its end, blocking the thread. `environment` is added to this process's own.
    /// After `timeout` seconds the program is killed (code 137).
    package init(
        path: String,
        arguments: [String],
        environment: [String: String] = [:],
        timeout: Double = 600
    ) throws {
        let folder = try TemporaryFolder()
        let process = try ChildProcess(
            path: path,
            arguments: arguments,
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            output: folder.file("out"),
            errors: folder.file("err")
        )
        let deadline = MonotonicClock.seconds + timeout
        while process.isRunning {
            if MonotonicClock.seconds > deadline { process.kill(SIGKILL) }
            usleep(500)
        }
        exit = process.wait()
        code = exit.code
        output = String(decoding: folder.contents("out"), as: UTF8.self)
        errors = String(decoding: folder.contents("err"), as: UTF8.self)
    }
}
