import MigrationCore
import RESP
import RedisClient

/// The tenant's users: can they travel, and can a cutover stop their writes?
struct UserChecks {
    let context: ValidationContext

    private var source: ValidatedServer { context.source }
    private var target: ValidatedServer { context.target }

    /// Whether they can be made at the target.
    func users() async -> ValidationCheck {
        guard context.copiesUsers else { return .ok(.users, "not copied (--no-copy-acl)") }
        let copier = UserCopier(
            scope: context.scope,
            copy: context.plan.userCopy,
            source: source.connection,
            target: target.connection
        )
        do throws(MigrationFailure) {
            let copies = try await copier.copies()
            let standings = try await copier.standings(of: copies)
            let conflicts = zip(copies, standings).filter { $1 == .different }.map { "\($0.0.name)" }
            if !conflicts.isEmpty { return .fail(.users, conflict(conflicts)) }
            return copied(copies)
        } catch {
            // A user without a counterpart is a fact; a server that does not answer is not known to refuse.
            return error.kind == .refused ? .fail(.users, error) : .unknown(.users, error.message)
        }
    }

    /// Whether a cutover can stop the tenant's writes, and who else may write its keys.
    func fence() async -> ValidationCheck {
        let access = ACLAccess(source.connection)
        do throws(MigrationFailure) {
            let own = try await access.ownName()
            let all = try await access.users()
            let tenant = TenantUsers.select(from: all, scope: context.scope, except: own)
            let writers = try await openWriters(all, tenant, own, access)
            if tenant.users.isEmpty { return .warning(.fence, joined([noUser] + writers)) }
            var words: [String] = []
            for user in tenant.users {
                do {
                    _ = try FenceRecord.User(fencing: user, scope: context.scope, dialect: source.dialect)
                } catch {
                    words.append(MigrationFailure(error, server: source.connection.server).message)
                }
            }
            words += writers
            if words.isEmpty { return .ok(.fence, Quantity.plural(tenant.users.count, "user")) }
            return .warning(.fence, joined(words))
        } catch {
            return .unknown(.fence, error.message)
        }
    }

    private func conflict(_ names: [String]) -> MigrationFailure {
        MigrationFailure(
            .refused,
            "\(names.count == 1 ? "user" : "users") \(names.joined(separator: ", ")) of the tenant already exist at "
                + "\(target.name) with other rules or passwords and are never overwritten: remove them there, make them "
                + "equal, or use --no-copy-acl"
        )
    }

    private func copied(_ copies: [CopiedUser]) -> ValidationCheck {
        guard !copies.isEmpty else { return .ok(.users, "the tenant has none") }
        let names = copies.map { copy in
            let left = copy.leftBehind.map { "\($0)" }.joined(separator: " ")
            return left.isEmpty ? "\(copy.name)" : "\(copy.name) without \(left)"
        }
        return .ok(.users, names.joined(separator: ", "))
    }

    private var noUser: String {
        "tenant \(context.plan.tenant) has no ACL user of its own at \(source.name): a cutover will need --fence pause, "
            + "which stops every tenant's writes, or --fence none"
    }

    /// Users that no fence stops, with their open connections; the tool's own connections only read.
    private func openWriters(
        _ all: [ACLUser],
        _ tenant: TenantUsers,
        _ own: ByteString,
        _ access: ACLAccess
    ) async throws(MigrationFailure) -> [String] {
        let mine = all.filter { $0.name == own && $0.mayWriteKeys(of: context.scope) }
        let clients = try await access.clients().filter { !$0.isReplica }
        return (tenant.wide + mine).compactMap { user in
            let open = clients.filter { $0.user == user.name.text && !($0.user == own.text && $0.onlyReads) }
            guard !open.isEmpty else { return nil }
            return "user \(user.name) may write the tenant's keys and no fence can stop it "
                + "(\(Quantity.plural(open.count, "open connection"))): see that it does not"
        }
    }

    private func joined(_ words: [String]) -> String { words.joined(separator: "; ") }
}
