import MigrationCore
import NIOCore
import RESP
import RedisClient

/// Looks whether somebody empties the target while it is being filled: outside a cutover nobody listens there, and the
/// tool would go on to count what is gone. Only for what is counted in INFO commandstats; where that is not given there
/// is nothing to see, and the cutover's comparison of names finds what is missing.
actor EmptyingWatch {
    private let connection: KeptConnection
    private var commands = CommandWatch()
    /// Which counts a look has to be compared with: its answer may come when they are of no use any more.
    private var baseline = 0

    init(endpoint: RedisEndpoint, loop: any EventLoop) {
        connection = KeptConnection(to: endpoint, on: loop)
    }

    /// The command that has emptied or exchanged databases since the last look; nil at the first, and where the target
    /// does not answer. Counters that have fallen tell nothing: they were set back, or another server has them.
    func look() async -> String? {
        let before = baseline
        guard let (counted, stats) = await ask(), before == baseline, counted.calls(of: "info") > 0 else { return nil }
        let finding = commands.observe(commands: counted, stats: stats)
        return finding.clearing == CommandWatch.reset ? nil : finding.clearing
    }

    /// Everything is copied again: what was done before that is of no interest.
    func forget() {
        commands = CommandWatch()
        baseline += 1
    }

    func close() async { await connection.close() }

    private func ask() async -> (commands: ServerInfo, stats: ServerInfo)? {
        do {
            let asked = try await connection.open()
            let replies = try await asked.pipeline(["commandstats", "stats"].map { RedisCommand("INFO", $0) })
            guard let commands = replies[0].text, let stats = replies[1].text else { return nil }
            return (ServerInfo(commands), ServerInfo(stats))
        } catch {
            await connection.drop()
            return nil
        }
    }
}
