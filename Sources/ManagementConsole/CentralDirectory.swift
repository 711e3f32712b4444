import Central
import WebSupport

extension CentralUsers {
    /// Central's own users as the console knows them.
    public nonisolated var directory: UserDirectory {
        UserDirectory(
            prefix: "central:",
            byLogin: { try await self.user(login: $0).map(ConsoleUser.init) },
            byID: { id in
                guard let id = Int64(id) else { return nil }
                return try await self.user(id: id).map(ConsoleUser.init)
            })
    }
}

extension ConsoleUser {
    init(_ user: CentralUsers.User) {
        self.init(
            id: "central:\(user.id)", name: user.name.isEmpty ? "User \(user.id)" : user.name,
            password: PasswordHash(user.passwordHash), isPermitted: user.isPermitted)
    }
}
