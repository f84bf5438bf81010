import MigrationCore
import MigrationEngine

extension PreparedPlan {
    var secrets: WorkerSecrets {
        WorkerSecrets(
            sourcePassword: sourcePassword,
            targetPassword: targetPassword,
            sourcePasswordCommand: sourcePasswordCommand,
            targetPasswordCommand: targetPasswordCommand,
            sourceKeyPassphrase: sourceKeyPassphrase,
            targetKeyPassphrase: targetKeyPassphrase
        )
    }

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
            sourcePassword: Self.secret(plan.source.secret, orElse: sourcePassword),
            targetPassword: Self.secret(plan.target.secret, orElse: targetPassword),
            sourceKeyPassphrase: Self.secret(plan.source.tls?.keyPassphrase, orElse: sourceKeyPassphrase),
            targetKeyPassphrase: Self.secret(plan.target.tls?.keyPassphrase, orElse: targetKeyPassphrase)
        )
    }

    private static func secret(_ reference: SecretReference?, orElse given: String?) -> String? {
        switch reference {
        case nil: nil
        case .file(let path): (try? Secret.read(path, warn: { _ in }).password) ?? given
        // Run by whoever logs in, as that plan says.
        case .command: nil
        case .environment, .url: given
        }
    }
}
