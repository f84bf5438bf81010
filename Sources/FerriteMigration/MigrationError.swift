import MigrationCore
import MigrationEngine

/// Why something did not happen.
public struct MigrationError: Error, Sendable, Equatable {
    public enum Kind: Sendable {
        /// It was tried and did not succeed.
        case failed
        /// A server cannot be reached, or does not answer.
        case unreachable
        /// Try again later: the lag is too large, another process holds the migration, too many are running.
        case notNow
        /// A server refused by authentication or permission, or the tenant's writes cannot be fenced off.
        case refused
        /// What was asked for cannot be: a number out of range, an address that is none, an unknown migration.
        case configuration
    }

    public let kind: Kind
    /// One line: what failed, at which server, and what to do next. Never a secret.
    public let message: String
}

extension MigrationError: CustomStringConvertible {
    public var description: String { message }
}

extension MigrationError {
    init(_ failure: MigrationFailure) {
        let kind: Kind =
            switch failure.kind {
            case .failed, .outOfMemory, .superseded: .failed
            case .unreachable: .unreachable
            case .notNow: .notNow
            case .refused: .refused
            case .configuration: .configuration
            }
        self.init(kind: kind, message: failure.message)
    }

    /// The public form of whatever the parts below throw.
    private init(below error: any Error) {
        switch error {
        case let error as MigrationError: self = error
        case let error as MigrationFailure: self.init(error)
        case let error as JournalError: self.init(error.failure)
        case let error as PlanError: self.init(kind: .configuration, message: error.message)
        default: self.init(kind: .failed, message: "\(error)")
        }
    }

    static func translating<Result>(_ body: () throws -> Result) throws(MigrationError) -> Result {
        do { return try body() } catch { throw MigrationError(below: error) }
    }

    static func translating<Result>(
        isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async throws(MigrationError) -> Result {
        do { return try await body() } catch { throw MigrationError(below: error) }
    }
}
