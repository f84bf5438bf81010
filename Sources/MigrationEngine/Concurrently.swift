import MigrationCore

/// Both at the same time; the first one's failure is thrown where both fail.
func concurrently<First: Sendable, Second: Sendable>(
    _ first: @escaping @Sendable () async throws(MigrationFailure) -> First,
    _ second: @escaping @Sendable () async throws(MigrationFailure) -> Second
) async throws(MigrationFailure) -> (First, Second) {
    async let left = result(of: first)
    async let right = result(of: second)
    let (one, other) = await (left, right)
    return (try one.get(), try other.get())
}

/// What became of a step, for those who cannot throw yet.
func result<Value: Sendable>(
    of step: @Sendable () async throws(MigrationFailure) -> Value
) async -> Result<Value, MigrationFailure> {
    do throws(MigrationFailure) { return .success(try await step()) } catch { return .failure(error) }
}
