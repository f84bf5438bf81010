import Foundation
import Glibc
import Synchronization

/// A server did not come up; the text has the last lines of its log.
package struct RedisServerError: Error, CustomStringConvertible {
    package let description: String
}

/// A redis-server of its own on a free loopback port, in a temporary folder. It ends with this value, and with this
/// process, however that ends.
package final class RedisServer: Sendable {
    package let version: RedisVersion
    package let port: Int
    /// Where it speaks TLS; nil where it does not.
    package let tlsPort: Int?
    /// What `default` needs to log in.
    private let password: String?
    private let folder: TemporaryFolder
    private let clockOffset: Int
    private let process: Mutex<ChildProcess>

    /// Starts a server and returns when it answers. `settings` are lines of redis.conf; with `password` the user
    /// `default` needs it, and this type's own connections use it. With `keepsUsers` it has an ACL file, and
    /// `ACL SAVE` works. Its clock is `clockOffset` seconds ahead, if it is one of `ClockShift.servers`. With `tls` it has
    /// a second port, which this type's own connections do not use.
    package init(
        _ version: RedisVersion = .v7,
        settings: [String] = [],
        password: String? = nil,
        keepsUsers: Bool = false,
        clockOffset: Int = 0,
        tls: RedisTLS? = nil
    ) throws {
        guard let path = version.path else {
            throw RedisServerError(description: "no redis-server for \(version) on this machine")
        }
        self.version = version
        self.password = password
        self.clockOffset = clockOffset
        var settings = settings + (password.map { ["requirepass \($0)"] } ?? [])
        let folder = try TemporaryFolder()
        if keepsUsers {
            try "user default on nopass ~* &* +@all\n".write(
                toFile: folder.file("users.acl"),
                atomically: true,
                encoding: .utf8
            )
            settings.append("aclfile \(folder.file("users.acl"))")
        }
        var log = ""
        // The port is free when it is asked for; another process may take it before the server does.
        for _ in 0..<5 {
            let port = try Self.freePort()
            let tlsPort = try tls.map { _ in try Self.freePort() }
            let encryption = tlsPort.flatMap { tls?.configuration(port: $0) } ?? []
            try Self.configuration(version, port, folder, settings + encryption)
                .write(toFile: folder.file("redis.conf"), atomically: true, encoding: .utf8)
            let process = try Self.start(path, folder, clockOffset)
            if Self.answers(port, process, patience: 20) {
                self.port = port
                self.tlsPort = tlsPort
                self.folder = folder
                self.process = Mutex(process)
                return
            }
            log = String(decoding: folder.contents("redis.log"), as: UTF8.self)
        }
        throw RedisServerError(description: "redis-server did not start: \(log.suffix(500))")
    }

    deinit { kill(SIGKILL) }

    package var pid: pid_t { process.withLock { $0.pid } }
    package var endpoint: Endpoint { Endpoint(port: port, password: password) }
    /// For the tool, over TLS.
    package var tlsEndpoint: Endpoint {
        var endpoint = endpoint
        endpoint.port = tlsPort ?? port
        endpoint.isEncrypted = true
        return endpoint
    }

    /// Over TLS where it can.
    package var toolEndpoint: Endpoint { tlsPort == nil ? endpoint : tlsEndpoint }

    package func endpoint(user: String?, password: String?) -> Endpoint {
        Endpoint(port: port, user: user, password: password)
    }

    package var address: String { endpoint.address }
    /// The folder with redis.conf, redis.log and dump.rdb.
    package var path: String { folder.path }

    /// User and system time of the server so far, in seconds.
    package var cpuSeconds: Double { ProcessUsage(pid: pid)?.cpuSeconds ?? 0 }

    package func connect(
        user: String? = nil,
        password: String? = nil,
        database: Int = 0,
        resp3: Bool = false,
        timeout: Double = 30
    ) throws -> RESPSocket {
        let endpoint = Endpoint(port: port, user: user, password: password ?? self.password)
        return try RESPSocket(endpoint, database: database, resp3: resp3, timeout: timeout)
    }

    /// One command over a connection of its own; an error answer is thrown.
    @discardableResult
    package func call(_ arguments: any RESPArgument..., database: Int = 0) throws -> Reply {
        try connect(database: database).call(arguments.map(\.argumentBytes))
    }

    /// Sends a signal; SIGTERM and SIGKILL return when the process has ended.
    package func kill(_ signal: Int32) {
        process.withLock { process in
            process.kill(signal)
            if signal == SIGKILL || signal == SIGTERM { process.wait() }
        }
    }

    package func stop() {
        resume()
        kill(SIGTERM)
    }

    package func suspend() { kill(SIGSTOP) }
    package func resume() { kill(SIGCONT) }

    /// Whether the server is suspended, as the third field of /proc/PID/stat says it.
    package var isSuspended: Bool {
        let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        return text.split(separator: ")").last?.split(separator: " ").first == "T"
    }

    /// Ends the server with `signal` and starts it again on the same port and folder. The data is there again only if
    /// it was saved.
    package func restart(signal: Int32 = SIGTERM) throws {
        kill(signal)
        try start()
    }

    /// Starts a stopped server again on the same port and folder.
    package func start() throws {
        guard let path = version.path else { return }
        let port = port
        let (folder, clockOffset) = (folder, clockOffset)
        try process.withLock { current in
            current = try Self.start(path, folder, clockOffset)
            if !Self.answers(port, current, patience: 60) {
                throw RedisServerError(description: "redis-server did not start again on port \(port)")
            }
        }
    }

    private static func start(_ path: String, _ folder: TemporaryFolder, _ clock: Int) throws -> ChildProcess {
        try ChildProcess(
            path: path,
            arguments: [folder.file("redis.conf")],
            environment: ClockShift.environment(seconds: clock),
            errors: folder.file("redis.err")
        )
    }

    private static func configuration(
        _ version: RedisVersion,
        _ port: Int,
        _ folder: TemporaryFolder,
        _ settings: [String]
    ) -> String {
        var lines = [
            "port \(port)", "bind 127.0.0.1", "save \"\"", "appendonly no", "dir \(folder.path)",
            "logfile \(folder.file("redis.log"))",
        ]
        if version != .v62 { lines.append("enable-debug-command local") }
        return (lines + settings).joined(separator: "\n") + "\n"
    }

    /// Waits until the server answers anything but LOADING; false when it has ended or `patience` seconds are over.
    private static func answers(_ port: Int, _ process: ChildProcess, patience: Double) -> Bool {
        let deadline = MonotonicClock.seconds + patience
        while MonotonicClock.seconds < deadline, process.isRunning {
            let reply = try? RESPSocket(port: port, timeout: patience).answer("PING")
            // An answer of a stranger on the same port does not count.
            if let reply, reply.errorText?.hasPrefix("LOADING") != true, process.isRunning { return true }
            usleep(5000)
        }
        return false
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw RedisServerError(description: "no free port: errno \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
