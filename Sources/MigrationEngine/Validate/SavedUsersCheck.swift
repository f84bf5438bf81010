import MigrationCore
import RESP
import RedisClient

/// Do the users that a migration changes, the fenced ones and the copied ones, outlive a restart of their servers?
struct SavedUsersCheck {
    let context: ValidationContext

    func run() async -> ValidationCheck {
        let (source, target) = (context.source, context.target)
        do {
            let access = ACLAccess(source.connection)
            let tenant = TenantUsers.select(
                from: try await access.users(),
                scope: context.scope,
                except: try await access.ownName()
            )
            guard !tenant.users.isEmpty else { return .ok(.usersSaved, "the tenant has none") }
            var lost: [UnsavedUsers] = []
            if let reason = try await UserStore(source.connection).obstacle() {
                lost.append(.fence(at: "\(source.endpoint)", reason))
            }
            if context.copiesUsers, let reason = try await UserStore(target.connection).obstacle() {
                lost.append(.copies(at: "\(target.endpoint)", reason))
            }
            guard lost.isEmpty else { return .warning(.usersSaved, lost.sentences.joined(separator: "; ")) }
            return .ok(.usersSaved, "by ACL SAVE")
        } catch let failure as MigrationFailure {
            return .unknown(.usersSaved, failure.message)
        } catch let error as RedisClientError {
            return context.unknown(.usersSaved, error)
        } catch {
            return .unknown(.usersSaved, "\(error)")
        }
    }
}
