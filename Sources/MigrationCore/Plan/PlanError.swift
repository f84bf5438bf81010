/// What was asked for cannot be a migration. The wording for people stands in the executable.
package enum PlanError: Error, Equatable, Sendable {
    case invalidTenant(String, String)
    case invalidPrefixFormat(String, String)
    case invalidAddress(String, String)
    case outOfRange(option: String, value: String, allowed: String)
    case sameServer(String)
    case unsupported(String)
}
