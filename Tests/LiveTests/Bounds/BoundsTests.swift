import Foundation
import Glibc
import MigrationTestSupport
import Testing

/// What a worker takes of the machine. The sizes of the mission are `ferrite-bench --only f`; here is the slope.
@Suite(.serialized) struct BoundsTests {
    private static let keys = 400_000
    private static let dirty = 150_000
    private static let prefix = "__tenant:acme:user"
    /// 4 bytes of each name that came and went.
    private static let noise = 640_000

    /// Memory goes with the number of keys and of dirty keys by what docs/bounds.md says of each.
    @Test func memoryGoesWithTheKeysAndNotMore() throws {
        try CommandStage.run(keys: 1, user: false) { stage in
            let client = try stage.source.connect(timeout: 120)
            let base = try stage.migrate()
            let bare = try Self.residentBytes(stage, base)
            _ = try stage.tool.json(["cancel", base])

            try client.call("DEBUG", "POPULATE", Self.keys, Self.prefix, 16)
            let id = try stage.migrate()
            let synced = try Self.residentBytes(stage, id)
            #expect(synced - bare < Self.keys * 14 + 24 << 20, "\(synced >> 20) MB, \(bare >> 20) MB without keys")
            _ = try stage.tool.json(["pause", id])
            var request = RequestBuffer()
            for number in 0..<Self.dirty { request.append("APPEND", "\(Self.prefix):\(number)", "+") }
            try client.perform(request)
            try CommandStage.wait { try stage.tool.status(id).integer("lag_keys") == Self.dirty }
            let paused = try Self.residentBytes(stage, id)
            #expect(paused - synced < Self.dirty * 110 + 4 << 20, "\(paused >> 20) MB, \(synced >> 20) MB before")
            _ = try stage.tool.json(["resume", id])
            try CommandStage.wait { try stage.tool.status(id).integer("lag_keys") == 0 }
            let length = try stage.target.call("STRLEN", "\(Self.prefix):\(Self.dirty - 1)").integer
            #expect(length == 17)
        }
    }

    /// Keys that come and go leave nothing behind in the worker.
    @Test func aWorkerDoesNotGrow() throws {
        try CommandStage.run(keys: 100, user: false) { stage in
            let id = try stage.migrate()
            let client = try stage.source.connect(timeout: 60)
            func churn(_ rounds: Range<Int>) throws {
                for round in rounds {
                    var request = RequestBuffer()
                    for number in 0..<1000 {
                        request.append("SET", "\(Self.prefix):\(round):\(number)", "x", "PX", "40")
                    }
                    try client.perform(request)
                    usleep(20_000)
                    // On a busy machine the lag would grow, and the memory with it.
                    guard round % 20 == 19 else { continue }
                    try CommandStage.wait { try stage.tool.status(id).integer("lag_keys") == 0 }
                }
            }
            // An allocator's reserves come to an end, more slowly on a busy machine; a leak does not.
            var grown: [Int] = []
            for window in 0..<10 where grown.allSatisfy({ $0 > Self.noise }) {
                let before = try Self.residentBytes(stage, id)
                try churn(window * 160..<(window + 1) * 160)
                grown.append(try Self.residentBytes(stage, id) - before)
            }
            #expect(grown.contains { $0 <= Self.noise }, "160,000 names each time, and grown by \(grown)")
            #expect(try stage.tool.status(id).text("phase") == "live_sync")
        }
    }

    /// Nothing is asked again and again where nothing changes; connections and descriptors are what the docs say.
    @Test(arguments: [1, 8]) func anIdleWorkerTakesNoTime(parallel: Int) throws {
        try CommandStage.run(user: false) { stage in
            let id = try stage.migrate(["--parallel", "\(parallel)"])
            sleep(1)
            let pid = try Self.worker(stage, id)
            let before = try #require(ProcessUsage(pid: pid)).cpuSeconds
            sleep(4)
            let spent = try #require(ProcessUsage(pid: pid)).cpuSeconds - before
            // A clock of 10 ms: one per cent, and a tick.
            #expect(spent < 0.055)
            let clients = try [stage.source, stage.target].map {
                (try $0.call("CLIENT", "LIST").text ?? "").split(whereSeparator: \.isNewline).count - 1
            }
            #expect(clients[0] <= parallel + 4 && clients[1] <= parallel + 2, "\(clients)")
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
            #expect(descriptors <= clients[0] + clients[1] + 24, "\(descriptors)")
        }
    }

    private static func worker(_ stage: CommandStage, _ id: String) throws -> pid_t {
        let text = try String(contentsOfFile: "\(stage.tool.journal)/\(id)/lock", encoding: .utf8)
        return try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    }

    private static func residentBytes(_ stage: CommandStage, _ id: String) throws -> Int {
        try #require(ProcessUsage(pid: try worker(stage, id))).residentBytes
    }
}
