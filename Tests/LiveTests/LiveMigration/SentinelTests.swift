import Foundation
import MigrationCore
import MigrationTestSupport
import Testing

extension LiveMigration {
    /// A source that a real Sentinel watches.
    @Suite struct SentinelTests {
        /// Another replica that nobody can reach, in the same list, says when the Sentinel has read it.
        @Test func itNeverListsTheTool() async throws {
            try await MigrationStage.run(.init(keys: 100)) { stage in
                let sentinel = try Sentinel(watching: stage.source)
                defer { sentinel.stop() }
                try await stage.wait(for: .liveSync)
                let other = try stage.source.connect()
                try other.call("REPLCONF", "listening-port", 12345)
                try other.send(Bytes("PSYNC ? -1\r\n".utf8))
                #expect(try await eventually { try sentinel.replicas() == ["127.0.0.1:12345"] })
                #expect(try stage.source.info("connected_slaves") == "2")
                let written = sentinel.configuration.split(separator: "\n").filter { $0.contains("known-replica") }
                #expect(written == ["sentinel known-replica mine 127.0.0.1 12345"])
                try await stage.switchOver()
                #expect(try sentinel.replicas() == ["127.0.0.1:12345"])
            }
        }
    }
}

/// One that looks at its primary ten times a second.
private struct Sentinel {
    private let folder: TemporaryFolder
    private let process: ChildProcess
    private let port: Int

    init(watching server: RedisServer) throws {
        folder = try TemporaryFolder()
        port = try HeldPort.free()
        let lines = [
            "port \(port)", "bind 127.0.0.1", "dir \(folder.path)", "sentinel monitor mine 127.0.0.1 \(server.port) 1",
        ]
        let file = folder.file("sentinel.conf")
        try (lines.joined(separator: "\n") + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        guard let program = RedisVersion.v7.path else { throw StageError() }
        process = try ChildProcess(path: program, arguments: [file, "--sentinel"])
        for _ in 0..<500 where (try? call("SENTINEL", "DEBUG", "INFO-PERIOD", "100")) == nil { usleep(20_000) }
    }

    func stop() { process.kill(9) }

    /// What it has written down.
    var configuration: String { (try? String(contentsOfFile: folder.file("sentinel.conf"), encoding: .utf8)) ?? "" }

    /// Those that it knows, as `host:port`.
    func replicas() throws -> [String] {
        try call("SENTINEL", "REPLICAS", "mine").array?.compactMap { $0[field: "name"]?.text }.sorted() ?? []
    }

    @discardableResult
    private func call(_ words: String...) throws -> Reply {
        try RESPSocket(Endpoint(port: port)).call(words.map { Array($0.utf8) })
    }
}
