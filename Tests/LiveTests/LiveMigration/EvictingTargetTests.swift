import MigrationCore
import MigrationEngine
import MigrationTestSupport
import Testing

@Suite struct EvictingTargetTests {
    @Test func aTargetThatEvictsIsNotSwitchedTo() async throws {
        try await MigrationStage.run(.init(keys: 20_000)) { stage in
            try await stage.wait(for: .liveSync)
            let memory = try stage.target.call("INFO", "memory").text ?? ""
            let used = memory.split(whereSeparator: \.isNewline).first { $0.hasPrefix("used_memory:") }
            let bytes = try #require(used.flatMap { Int($0.dropFirst("used_memory:".count)) })
            try stage.target.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
            try stage.target.call("CONFIG", "SET", "maxmemory", bytes - 200_000)
            let outcome = try await stage.runner.cutover(CutoverOptions())
            guard case .back(let failure) = outcome else {
                Issue.record("switched to a target that evicts: \(outcome)")
                return
            }
            #expect(failure.message.contains("evicted"), "\(failure.message)")
            #expect(await stage.runner.status().phase == .liveSync)
        }
    }
}
