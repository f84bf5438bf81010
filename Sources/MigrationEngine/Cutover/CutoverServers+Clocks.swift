import MigrationCore
import RedisClient

extension CutoverServers {
    /// A clock may have been set since the migration began: looked at again before anybody is stopped.
    func checkClocks(_ tolerance: ClockTolerance) async throws(MigrationFailure) {
        let complaint: String?
        do {
            complaint = try await ClockSkew.complaint(source: source, target: target, tolerance: tolerance)
        } catch {
            throw MigrationFailure(error, while: "comparing the clocks")
        }
        if let complaint { throw MigrationFailure(clocks: complaint, id: plan.id) }
    }
}
