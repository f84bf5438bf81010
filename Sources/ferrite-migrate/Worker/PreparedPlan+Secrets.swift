import MigrationCore
import MigrationEngine

extension PreparedPlan {
    var secrets: WorkerSecrets { WorkerSecrets(sourcePassword: sourcePassword, targetPassword: targetPassword) }

    /// What a worker needs.
    func workerSecrets(in journal: JournalRoot) -> WorkerSecrets {
        var secrets = secrets
        for earlier in journal.earlierPlans(before: plan) {
            secrets.earlier[earlier.id] = self.secrets(ofEarlier: earlier)
        }
        return secrets
    }

    /// Those of a migration that is over: from its own files, else what is given for this one.
    func secrets(ofEarlier plan: MigrationPlan) -> WorkerSecrets {
        WorkerSecrets(
            sourcePassword: Self.password(of: plan.source, orElse: sourcePassword),
            targetPassword: Self.password(of: plan.target, orElse: targetPassword)
        )
    }

    private static func password(of server: ServerPlan, orElse given: String?) -> String? {
        switch server.secret {
        case nil: nil
        case .file(let path): (try? Secret.read(path, warn: { _ in }).password) ?? given
        case .environment, .url: given
        }
    }
}
