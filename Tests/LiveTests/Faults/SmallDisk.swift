import Foundation
import Glibc
import MigrationTestSupport
import Synchronization
import Testing

/// A real file system of the journal's own, so small that a test can fill it.
struct SmallDisk {
    private static let page = 4096
    private static let isRoot = geteuid() == 0
    static let canMount = isRoot && (try? ProgramRun(path: "/usr/bin/unshare", arguments: ["-m", "true"]).code) == 0

    let path: String
    private var ballast: String { path + "/ballast" }

    static func run(at path: String, _ options: String = "size=2m", _ body: (SmallDisk) throws -> Void) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let mounted = try ProgramRun(path: "/bin/mount", arguments: ["-t", "tmpfs", "-o", options, "tmpfs", path])
        try #require(mounted.code == 0, "\(mounted.errors)")
        defer { _ = try? ProgramRun(path: "/bin/umount", arguments: ["--lazy", path]) }
        try body(SmallDisk(path: path))
    }

    /// Takes all the room that is left but `bytes` of it, and what comes free in the next moments.
    func fill(leaving bytes: Int = 0) throws {
        let descriptor = open(ballast, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let chunk = [UInt8](repeating: 0, count: Self.page)
        for _ in 0..<6 {
            while write(descriptor, chunk, chunk.count) > 0 {}
            usleep(20_000)
        }
        var information = stat()
        fstat(descriptor, &information)
        if bytes > 0 { ftruncate(descriptor, max(0, information.st_size - bytes)) }
    }

    func free() { unlink(ballast) }

    var events: String {
        get throws {
            let names = try FileManager.default.contentsOfDirectory(atPath: path)
            return try path + "/" + #require(names.first { $0.hasPrefix("mig_") }) + "/events.jsonl"
        }
    }

    /// What the journal has set aside is gone, as where a file system promises room and does not keep it.
    func dropReserve() throws {
        let path = try events
        let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
        try #require(truncate(path, try #require(size)) == 0)
    }

    /// Puts blanks behind the last event of a journal that nobody writes now, so that exactly `room` bytes more fit
    /// into what the file has of the disk.
    func pad(leaving room: Int) throws {
        let path = try events
        var bytes = try #require(FileManager.default.contents(atPath: path))
        try #require(room < Self.page && bytes.popLast() == UInt8(ascii: "\n"))
        while (bytes.count + 1 + room) % Self.page != 0 { bytes.append(UInt8(ascii: " ")) }
        bytes.append(UInt8(ascii: "\n"))
        try #require(FileManager.default.createFile(atPath: path, contents: bytes))
    }

    /// The events of the journal with their sizes in bytes.
    var written: [(name: String, size: Int)] {
        get throws {
            let bytes = try #require(FileManager.default.contents(atPath: try events))
            return try bytes.split(separator: UInt8(ascii: "\n")).map { line in
                let record = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
                let event = try #require(record["event"] as? [String: Any])
                let inner = (event["cutover"] as? [String: Any])?["event"] as? [String: Any]
                let name = inner?.keys.first.map { "cutover.\($0)" } ?? event.keys.first
                return (try #require(name), line.count + 1)
            }
        }
    }
}

/// Asks both servers all the time whether the tenant may write there.
final class SidesWatch: Sendable {
    private struct State {
        var isStopped = false
        var looks = 0
        var both = 0
    }

    private let state = Mutex(State())
    private let ended = DispatchGroup()

    init(_ faults: FaultStage) {
        let (source, target) = (faults.stage.source.endpoint, faults.stage.target.endpoint)
        ended.enter()
        Thread.detachNewThread { [self] in
            if let source = try? RESPSocket(source), let target = try? RESPSocket(target) { watch(source, target) }
            ended.leave()
        }
    }

    private func watch(_ source: RESPSocket, _ target: RESPSocket) {
        while !state.withLock(\.isStopped) {
            let began = MonotonicClock.seconds
            let first = Self.mayWrite(source)
            let between = Self.mayWrite(target)
            let last = Self.mayWrite(source)
            // What took longer proves nothing: traffic may have gone there and back.
            let isQuick = MonotonicClock.seconds - began < 0.002
            state.withLock { state in
                state.looks += isQuick ? 1 : 0
                state.both += isQuick && first && between && last ? 1 : 0
            }
            usleep(300)
        }
    }

    private static func mayWrite(_ server: RESPSocket) -> Bool {
        (try? server.answer("ACL", "DRYRUN", FaultStage.user, "SET", "__tenant:acme:watch", "1").text) == "OK"
    }

    /// How often it was looked, and how often both sides were writable.
    func stop() -> (looks: Int, both: Int) {
        state.withLock { $0.isStopped = true }
        ended.wait()
        return state.withLock { ($0.looks, $0.both) }
    }
}
