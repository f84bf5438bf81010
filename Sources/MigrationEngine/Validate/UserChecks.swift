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
        guard context.copiesUsers else { return await operatorsUsers() }
        let copier = UserCopier(context.plan, source: source.connection, target: target.connection)
        do throws(MigrationFailure) {
            let copies = try await copier.copies()
            let standings = try await copier.standings(of: copies)
            if let home = try await home(copies, standings) { return .fail(.users, home) }
            let conflicts = copier.conflicts(copies, standings)
            if !conflicts.isEmpty { return .fail(.users, MigrationFailure(conflicts, server: target.name)) }
            try await copier.tryRules(of: copies)
            return copied(copies)
        } catch {
            // A user without a counterpart is a fact; a server that does not answer is not known to refuse.
            return error.kind == .refused ? .fail(.users, error) : .unknown(.users, error.message)
        }
    }

    /// Why the target is where the tenant's clients write already, by an earlier migration's switch: whatever they write
    /// there would be overwritten by what the source has left.
    private func home(
        _ copies: [CopiedUser],
        _ standings: [UserCopier.Standing]
    ) async throws(MigrationFailure) -> MigrationFailure? {
        let writable = zip(copies, standings).filter { $1 == .writable }.map(\.0.name)
        guard !writable.isEmpty else { return nil }
        for user in try await ACLAccess(source.connection).users() where writable.contains(user.name) {
            guard let migration = user.fenced(in: context.scope) else { continue }
            return MigrationFailure(
                .refused,
                "user \(user.name) can write the tenant's keys at \(target.name) since the switch of \(migration), and no "
                    + "longer at \(source.name): what clients write there would be lost; if \(target.name) has lost the "
                    + "tenant's data, see that no client is there, remove the user (ACL DELUSER \(user.name)), and try again"
            )
        }
        return nil
    }

    /// Whether a cutover can stop the tenant's writes, and who else may write its keys.
    func fence() async -> ValidationCheck {
        let access = ACLAccess(source.connection)
        do throws(MigrationFailure) {
            let own = try await access.ownName()
            let all = try await access.users()
            let tenant = TenantUsers.select(from: all, scope: context.scope, except: own)
            let writers = unescaped(all) + (try await openWriters(all, tenant, own, access))
            if tenant.users.isEmpty { return .warning(.fence, joined([noUser] + writers)) }
            if let elsewhere = await elsewhere(tenant.users) { return .fail(.fence, elsewhere) }
            var words = alreadyFenced(tenant.users)
            for user in tenant.users {
                do {
                    _ = try FenceRecord.User(
                        fencing: user,
                        scope: context.scope,
                        dialect: source.dialect,
                        migration: context.plan.id
                    )
                } catch {
                    words.append(MigrationFailure(error, server: source.connection.server).message)
                }
            }
            if !tenant.users.contains(where: {
                $0.mayLogIn && $0.unfenced(for: context.scope).mayWriteKeys(of: context.scope)
            }) {
                words.append(nobodyWrites)
            }
            words += writers
            if words.isEmpty { return .ok(.fence, Quantity.plural(tenant.users.count, "user")) }
            return .warning(.fence, joined(words))
        } catch {
            return .unknown(.fence, error.message)
        }
    }

    /// The tenant was moved away from here, and what travels now is what its users were before that.
    private func alreadyFenced(_ users: [ACLUser]) -> [String] {
        let fenced = users.compactMap { user in user.fenced(in: context.scope).map { (user.name, $0) } }
        return Dictionary(grouping: fenced, by: \.1).sorted { $0.key < $1.key }.map { migration, users in
            let move = context.settings.earlierMoves.first { $0.id == migration }
            let place = move.map { ", to \($0.target)" } ?? ""
            let names = joined(users.map { "\($0.0)" })
            return "\(source.name) is fenced already by migration \(migration): \(names) cannot write the tenant's "
                + "keys there; if the tenant lives where \(migration) has moved it\(place), migrate from there; else go on: "
                + "what travels are the rules from before that fence, and the source stays fenced"
        }
    }

    /// Why the source has only an old state of the tenant; nil where nothing says so.
    private func elsewhere(_ users: [ACLUser]) async -> MigrationFailure? {
        let seen = UsersSeen(users, scope: context.scope)
        guard !seen.fencedBy.isEmpty, !seen.mayWrite else { return nil }
        return await context.settings.earlierMoves.home()?.failure(at: source.name)
    }

    /// `--no-copy-acl`: those who write today must be able to write at the target, or a cutover refuses.
    private func operatorsUsers() async -> ValidationCheck {
        let users = OperatorsUsers(scope: context.scope, source: source.connection, target: target.connection)
        do throws(MigrationFailure) {
            let names = try await users.lockedOut()
            guard !names.isEmpty else { return .ok(.users, "not copied (--no-copy-acl)") }
            return .warning(
                .users,
                "not copied (--no-copy-acl), and \(target.name) has no user \(joined(names.map(\.description))) that may "
                    + "write the tenant's keys: make it before the cutover, which refuses otherwise"
            )
        } catch {
            return .unknown(
                .users,
                "not copied (--no-copy-acl); whether they can write at the target: \(error.message)"
            )
        }
    }

    private func copied(_ copies: [CopiedUser]) -> ValidationCheck {
        guard !copies.isEmpty else { return .ok(.users, "the tenant has none") }
        let partial = copies.filter { !$0.leftBehind.isEmpty }.map { copy in
            "\(copy.name) loses " + copy.leftBehind.map { "\($0)" }.joined(separator: " ")
        }
        let unknown = copies.filter { !$0.lost.isEmpty }.map { copy in
            "\(copy.name) goes without " + copy.lost.map { "\($0)" }.joined(separator: " ")
        }
        var words: [String] = []
        if !partial.isEmpty {
            words.append(
                "rules that reach beyond the tenant stay behind: \(joined(partial)); add what it needs at the target after "
                    + "the switch, or use --copy-acl all"
            )
        }
        if !unknown.isEmpty {
            words.append("\(target.name) does not have all commands that the users may run: \(joined(unknown))")
        }
        return words.isEmpty
            ? .ok(.users, copies.map { "\($0.name)" }.joined(separator: ", ")) : .warning(.users, joined(words))
    }

    private var noUser: String {
        "tenant \(context.plan.tenant) has no ACL user of its own at \(source.name): a cutover will need --fence pause, "
            + "which stops every tenant's writes, or --fence none"
    }

    private var nobodyWrites: String {
        "none of the tenant's users may write its keys at \(source.name), so none will after a cutover: if a fence of an "
            + "earlier version has taken that, give them their rules back first (ACL SETUSER)"
    }

    /// `~__tenant:a*b:*` matches keys of other tenants too, and so counts as a pattern of no tenant's.
    private func unescaped(_ all: [ACLUser]) -> [String] {
        all.flatMap { user in
            user.patterns.filter { $0.looksUnescaped(context.scope) }.map {
                "pattern \($0.pattern.typed) of user \(user.name) reaches other tenants' keys, because the tenant's name holds "
                    + "wildcards: write \(context.scope.pattern.typed)"
            }
        }
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
        let names = (tenant.wide + mine).compactMap { user -> String? in
            let open = clients.filter { $0.user == user.name.text && !($0.user == own.text && $0.onlyReads) }
            return open.isEmpty ? nil : "\(user.name) (\(Quantity.plural(open.count, "open connection")))"
        }
        if names.isEmpty { return [] }
        return [
            "no fence stops \(names.joined(separator: ", ")), who may write the tenant's keys: see that they do not"
        ]
    }

    private func joined(_ words: [String]) -> String { words.joined(separator: "; ") }
}
