import MigrationCore
import NIOCore
import NIOPosix
import RESP
import RedisClient

/// Compares a tenant's keys at two servers by their logical values, their types and their absolute expiries.
///
/// Neither payloads nor big values are held whole, and names are kept as hashes of some 16 bytes, so memory stays in
/// tens of megabytes for a million keys. The checksums of a report say whether its two sides are equal and nothing
/// more: the same data may have other checksums in another verification, because where both sides' DUMP payloads are
/// the same bytes, the digest is of these and not of the value.
///
/// Not compared, because servers change it without telling a replica: when a stream's consumer was last seen. Of a
/// module's type that nothing here reads, equal DUMP payloads are proof and others count as not compared.
package struct CopyVerifier: Sendable {
    package enum Extent: Equatable, Sendable {
        case full
        /// All names, and the values of so many keys drawn at random.
        case sample(Int)
    }

    package static let defaultSampleSize = 1000
    private static let cautiousBytes = 64 << 10

    private let source: RedisEndpoint
    private let target: RedisEndpoint
    private let scope: TenantScope
    private let databases: [Int]?
    private let group: any EventLoopGroup
    private let context: any VerificationContext
    private let tolerance: ClockTolerance

    /// - Parameters:
    ///   - databases: The databases to compare; nil for every one in which either side has any key.
    ///   - context: What is known of a copying that goes on meanwhile.
    ///   - tolerance: How far the servers' clocks may be apart.
    package init(
        source: RedisEndpoint,
        target: RedisEndpoint,
        scope: TenantScope,
        databases: [Int]? = nil,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        context: any VerificationContext = QuiescentContext(),
        tolerance: ClockTolerance = ClockTolerance()
    ) {
        self.source = source
        self.target = target
        self.scope = scope
        self.databases = databases
        self.group = group
        self.context = context
        self.tolerance = tolerance
    }

    /// Compares what the plan moves.
    ///
    /// - Parameter tolerance: Nil for the plan's own: it may have been changed since.
    package init(
        plan: MigrationPlan,
        endpoints: MigrationEndpoints,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        context: any VerificationContext = QuiescentContext(),
        tolerance: ClockTolerance? = nil
    ) {
        self.init(
            source: endpoints.source,
            target: endpoints.target,
            scope: plan.scope,
            databases: plan.databases,
            group: group,
            context: context,
            tolerance: tolerance ?? plan.transfer.clockTolerance
        )
    }

    /// - Parameter sample: Nil for every key.
    package func verify(sample: Int?) async throws(MigrationFailure) -> VerificationReport {
        try await verify(sample.map { .sample($0) } ?? .full)
    }

    package func verify(_ extent: Extent = .full) async throws(MigrationFailure) -> VerificationReport {
        var hidesLimits = false
        do throws(MigrationFailure) {
            return try await verify(extent, assuming: nil, &hidesLimits)
        } catch {
            // What a server does not tell it may have ended the connection for.
            guard error.kind == .unreachable, hidesLimits else { throw error }
            return try await verify(extent, assuming: Self.cautiousBytes, &hidesLimits)
        }
    }

    /// - Parameters:
    ///   - bytes: What may wait at a server that does not tell its limits; nil for no limit.
    ///   - hidesLimits: Whether one of them does not.
    private func verify(
        _ extent: Extent,
        assuming bytes: Int?,
        _ hidesLimits: inout Bool
    ) async throws(MigrationFailure) -> VerificationReport {
        let source = try await VerifiedServer.open("source", source, probing: scope.prefix, on: group, assuming: bytes)
        do throws(MigrationFailure) {
            let target = try await VerifiedServer.open(
                "target",
                target,
                probing: scope.prefix,
                on: group,
                assuming: bytes
            )
            do throws(MigrationFailure) {
                hidesLimits = source.hidesLimits || target.hidesLimits
                let report = try await verify(extent, source, target)
                await target.close()
                await source.close()
                return report
            } catch {
                await target.close()
                throw error
            }
        } catch {
            await source.close()
            throw error
        }
    }

    private func verify(
        _ extent: Extent,
        _ source: VerifiedServer,
        _ target: VerifiedServer
    ) async throws(MigrationFailure) -> VerificationReport {
        var numbers = databases ?? []
        if databases == nil {
            numbers = Set(try await source.databases()).union(try await target.databases()).sorted()
        }
        var run = VerificationRun(
            source: source,
            target: target,
            scope: scope,
            databases: numbers,
            context: context,
            tolerance: tolerance
        )
        switch extent {
        case .full: try await run.full()
        case .sample(let size): try await run.sample(size)
        }
        return run.tally.report(watchesSwitch: await context.watchesSwitch)
    }
}
