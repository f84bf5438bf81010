import MigrationCore
import NIOCore
import RedisClient

extension RedisEndpoint {
    /// Opens a connection for one step, and closes it however the step ends.
    ///
    /// - Parameters:
    ///   - name: Where it could be in somebody's way later; those that it follows are ended.
    ///   - step: What is being done, for messages.
    ///   - timeout: For the connection and then for each reply.
    func withConnection<Value: Sendable>(
        named name: TenantConnectionName? = nil,
        on group: any EventLoopGroup,
        while step: String,
        timeout: TimeAmount = RedisConnection.defaultTimeout,
        _ body: (RedisConnection) async throws -> Value
    ) async throws(MigrationFailure) -> Value {
        do {
            let connection = try await connect(named: name, on: group, timeout: timeout)
            let value: Value
            do {
                value = try await body(connection)
            } catch {
                await connection.close()
                throw error
            }
            await connection.close()
            return value
        } catch let failure as MigrationFailure {
            throw failure
        } catch let error as RedisClientError {
            throw MigrationFailure(error, while: step)
        } catch {
            throw MigrationFailure(.failed, "\(step) was stopped")
        }
    }
    private func connect(
        named name: TenantConnectionName?,
        on group: any EventLoopGroup,
        timeout: TimeAmount
    ) async throws(RedisClientError) -> RedisConnection {
        guard let name else { return try await RedisConnection.connect(to: self, on: group, timeout: timeout) }
        return try await RedisConnection.connect(to: self, named: name, isFirst: true, on: group, timeout: timeout)
    }
}
