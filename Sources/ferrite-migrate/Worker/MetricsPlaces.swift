import ControlPlane
import MigrationCore
import MigrationEngine

/// Where a worker that is about to be started shall tell its metrics: tried before anything is created.
struct MetricsPlaces {
    private let options: WorkerOptions?
    private let plan: MigrationPlan

    init(_ options: WorkerOptions?, of plan: MigrationPlan) {
        self.options = options
        self.plan = plan
    }

    func check(in journal: JournalRoot) async throws(CommandFailure) {
        guard let options else { return }
        do throws(MigrationFailure) {
            if let address = options.listenAddress { try await MetricsServer.check(address) }
            guard let path = options.metricsPath(tenant: plan.tenant, id: plan.id) else { return }
            try MetricsFile(path: path).check()
            try checkNobodyWrites(path, journal)
        } catch {
            throw CommandFailure(error)
        }
    }

    private func checkNobodyWrites(_ path: String, _ journal: JournalRoot) throws(MigrationFailure) {
        for folder in (try? journal.liveMigrations()) ?? [] where folder.id != plan.id {
            guard let other = try? JournalContents.read(folder), let options = other.workerOptions,
                options.metricsPath(tenant: other.plan.tenant, id: folder.id) == path, !other.status.phase.isFinal
            else { continue }
            throw MigrationFailure(
                .configuration,
                "--metrics-file \(path.printable) is written by \(folder.id): give a folder, or put {tenant} or {id} "
                    + "into the path"
            )
        }
    }
}
