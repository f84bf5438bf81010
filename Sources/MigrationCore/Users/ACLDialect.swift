/// What a server's ACL rules can say.
package enum ACLDialect: Equatable, Sendable {
    /// Redis 7.0, Valkey and later: `%R~`, `%W~` and selectors.
    case keyPermissions
    /// Redis 6: a pattern always means reading and writing.
    case patternsOnly

    /// `version` is `redis_version` of INFO: `7.0.15`. Valkey reports the Redis version that it is compatible with.
    package init(redisVersion version: String) {
        let major = version.split(separator: ".").first.flatMap { Int($0) } ?? 0
        self = major >= 7 ? .keyPermissions : .patternsOnly
    }
}
