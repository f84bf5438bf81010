import FoundationEssentials

/// The metrics of migrations at one instant: one function for `/metrics`, the file and the verb.
///
/// The first four metrics carry the tenant alone. Of several migrations of one tenant the newest that has not ended
/// counts for them, else the newest; so no series is there twice. All others name the migration, too, so that the files
/// of several tenants can lie beside each other.
package struct MigrationMetrics: Sendable {
    package struct Migration: Sendable {
        package var status: MigrationStatus
        /// A worker lives.
        package var isRunning: Bool

        package init(_ status: MigrationStatus, isRunning: Bool) {
            self.status = status
            self.isRunning = isRunning
        }
    }

    package static let prefix = "ferrite_tenant_migration_"

    private let migrations: [Migration]
    private let unreadable: Int?
    private let instant: Date

    /// - Parameters:
    ///   - unreadable: Migrations of the journal that are missing here; nil where not the whole journal was asked for.
    package init(_ migrations: [Migration], unreadable: Int? = nil, at now: Date) {
        self.migrations = migrations.sorted { $0.status.migrationID < $1.status.migrationID }
        self.unreadable = unreadable
        instant = now
    }

    package var text: String { families.text }

    package var families: [MetricFamily] {
        let leading = leading
        let ofTenants = MetricDefinition.ofTenants.map { definition in
            family(definition, leading.map { ($0, [MetricLabel("tenant", $0.status.tenant)]) })
        }
        let ofMigrations = MetricDefinition.ofMigrations.map { definition in
            family(definition, migrations.map { ($0, $0.labels) })
        }
        return ofTenants + ofMigrations + [unreadable.map(Self.unreadable)].compactMap(\.self)
    }

    /// All that can ever be written: what alerts and dashboards may ask for.
    package static var names: Set<String> {
        let defined = (MetricDefinition.ofTenants + MetricDefinition.ofMigrations).map { prefix + $0.name }
        return Set(defined + [prefix + "unreadable"])
    }

    private func family(
        _ definition: MetricDefinition,
        _ migrations: [(migration: Migration, labels: [MetricLabel])]
    ) -> MetricFamily {
        let samples = migrations.flatMap { migration, labels in
            definition.values(migration, instant).map { MetricSample(labels: labels + $0.labels, value: $0.value) }
        }
        return MetricFamily(
            name: Self.prefix + definition.name,
            kind: definition.kind,
            help: definition.help,
            samples: samples
        )
    }

    /// For each tenant the migration that stands for it.
    private var leading: [Migration] {
        Dictionary(grouping: migrations, by: \.status.tenant).values
            .compactMap { $0.max { Self.stands($1, before: $0) } }
            .sorted { $0.status.tenant < $1.status.tenant }
    }

    private static func stands(_ one: Migration, before other: Migration) -> Bool {
        let (one, other) = (one.status, other.status)
        if one.phase.isFinal != other.phase.isFinal { return !one.phase.isFinal }
        return (one.startedAt, one.migrationID) > (other.startedAt, other.migrationID)
    }

    private static func unreadable(_ count: Int) -> MetricFamily {
        MetricFamily(
            name: prefix + "unreadable",
            kind: .gauge,
            help: "Migrations of the journal that could not be read and are missing here.",
            samples: [MetricSample(labels: [], value: Double(count))]
        )
    }
}

extension MigrationMetrics.Migration {
    fileprivate var labels: [MetricLabel] {
        [MetricLabel("tenant", status.tenant), MetricLabel("migration_id", status.migrationID)]
    }
}
