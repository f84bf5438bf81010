/// Runs `body` with a source and a target server that end with it.
package func withRedisServers<Value>(
    source: RedisVersion = .v7,
    target: RedisVersion = .v7,
    settings: [String] = [],
    keepUsers: Bool = false,
    isolation: isolated (any Actor)? = #isolation,
    _ body: (_ source: RedisServer, _ target: RedisServer) async throws -> Value
) async throws -> Value {
    let source = try RedisServer(source, settings: settings, keepsUsers: keepUsers)
    let target = try RedisServer(target, settings: settings, keepsUsers: keepUsers)
    defer {
        source.stop()
        target.stop()
    }
    return try await body(source, target)
}

/// Runs `body` with one server that ends with it.
package func withRedisServer<Value>(
    _ version: RedisVersion = .v7,
    settings: [String] = [],
    isolation: isolated (any Actor)? = #isolation,
    _ body: (_ server: RedisServer) async throws -> Value
) async throws -> Value {
    let server = try RedisServer(version, settings: settings)
    defer { server.stop() }
    return try await body(server)
}
