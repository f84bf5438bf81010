import MigrationCore
import RESP

/// Does the tenant fit into the target's memory, and what happens where it does not?
struct CapacityChecks {
    /// The need is an estimate from a sample: so much more should be free.
    private static let margin = 1.2

    let context: ValidationContext
    /// Of the source; nil where none could be taken.
    let samples: [KeySample]?
    /// With `--replace`: of the tenant's keys that the target holds already and that make room for their successors.
    let replaced: [KeySample]

    func capacity() -> ValidationCheck {
        guard let need else {
            return .unknown(.capacity, "\(context.source.name) does not say how large the tenant's keys are")
        }
        guard context.target.info.integer("used_memory") != nil else {
            return .unknown(.capacity, "\(context.target.name) does not say how much memory it has")
        }
        guard let free else { return .ok(.capacity, "no limit, need \(Quantity.bytes(need))") }
        let figures = "\(Quantity.bytes(free)) free, need \(Quantity.bytes(need))"
        if need > free { return .fail(.capacity, tooSmall(figures)) }
        if Double(need) * Self.margin > Double(free) { return .warning(.capacity, "\(figures), which is close") }
        return .ok(.capacity, figures)
    }

    /// A full target that evicts takes the copy, and the keys of its other tenants with it, without an error.
    func eviction() -> ValidationCheck {
        let info = context.target.info
        guard let policy = info["maxmemory_policy"] else {
            return .unknown(.evictionPolicy, "\(context.target.name) does not say")
        }
        guard policy != "noeviction", let limit else { return .ok(.evictionPolicy, policy) }
        let words = "\(context.target.name) evicts keys (\(policy)) at \(Quantity.bytes(limit))"
        if !context.settings.skipped.contains(.capacity), let need, let free, need > free {
            return .fail(.evictionPolicy, wouldEvict(words, need: need, free: free))
        }
        return .warning(
            .evictionPolicy,
            "\(words): copied keys may vanish; set maxmemory-policy noeviction for the migration"
        )
    }

    /// `maxmemory` of the target in bytes; nil where it has none.
    private var limit: Int? { context.target.info.integer("maxmemory").flatMap { $0 > 0 ? $0 : nil } }

    /// Bytes; nil where the source does not say. No tenant is larger than all data of its server, whatever one huge
    /// key in the sample makes of the others.
    private var need: Int? {
        guard let estimate = samples?.estimatedBytes else { return nil }
        return min(estimate, context.source.info.integer("used_memory_dataset") ?? estimate)
    }

    /// Bytes; nil where there is no limit or none is known.
    private var free: Int? {
        let info = context.target.info
        guard let used = info.integer("used_memory") else { return nil }
        let machine = info.integer("total_system_memory").flatMap { $0 > 0 ? $0 : nil }
        guard let room = limit ?? machine else { return nil }
        return max(room - used, 0) + (replaced.estimatedBytes ?? 0)
    }

    private func tooSmall(_ figures: String) -> MigrationFailure {
        MigrationFailure(
            .failed,
            "\(figures) at \(context.target.name); raise maxmemory or choose another target "
                + "(verify_capacity = false leaves this out)"
        )
    }

    private func wouldEvict(_ words: String, need: Int, free: Int) -> MigrationFailure {
        MigrationFailure(
            .failed,
            "\(words), and the tenant needs \(Quantity.bytes(need)) where \(Quantity.bytes(free)) are free: keys of "
                + "others would be thrown away; set maxmemory-policy noeviction and raise maxmemory, or choose another "
                + "target"
        )
    }
}

extension [KeySample] {
    /// Memory of all of the tenant's keys; nil where the server does not say.
    var estimatedBytes: Int? {
        var sum = 0.0
        for sample in self where sample.estimate > 0 {
            guard let mean = sample.meanBytes else { return nil }
            sum += mean * Double(sample.estimate)
        }
        return Int(Swift.min(sum, 1e18))
    }
}
