import MigrationCore

extension MetricFamily {
    /// An object for each series.
    var fields: [[OutputField]] {
        samples.map { sample in
            [
                .init("name", .text(name)),
                .init("type", .text(kind.rawValue)),
                .init("labels", .object(sample.labels.map { .init($0.name, .text($0.value)) })),
                .init("value", .exact(sample.value)),
            ]
        }
    }
}
