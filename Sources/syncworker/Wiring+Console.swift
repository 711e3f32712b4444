import Catalogue
import Central
import Foundation
import ManagementConsole
import OneClickClient
import PortalService
import SyncModel
import WebSupport

/// The console's parts.
extension Wiring {
    func console(portal: Portal, journal: SQLiteJournal) throws -> (Console, Connections) {
        let connections = Connections(
            askOneClick: { try await cloud().status() },
            askCentral: { try await central().close() }, now: SystemClock.now,
            wait: { try await Task.sleep(for: $0) })
        let settings = settings
        let console = try Console(
            portal: portal, journal: journal, connections: connections,
            directories: [
                Self.directory(CentralUsers(path: settings.central)),
                LocalAdministrators(path: settings.administratorsFile).directory,
            ],
            sessions: try SessionStore(path: settings.sessionsFile),
            settings: Console.Settings(
                version: Release.version, shapes: try catalogue().shapes, time: settings.time,
                isSecure: settings.consoleCertificate != nil, now: SystemClock.now,
                wait: { try await Task.sleep(for: $0) },
                token: { Naming.token() + Naming.token() },
                answer: { try await cloud().answer($0) }))
        return (console, connections)
    }

    private static func directory(_ users: CentralUsers) -> UserDirectory {
        UserDirectory(
            prefix: "central:",
            byLogin: { try await users.user(login: $0).map(user) },
            byID: { id in
                guard let id = Int64(id) else { return nil }
                return try await users.user(id: id).map(user)
            })
    }

    @Sendable private static func user(_ user: CentralUsers.User) -> ConsoleUser {
        ConsoleUser(
            id: "central:\(user.id)", name: user.name.isEmpty ? "User \(user.id)" : user.name,
            password: PasswordHash(user.passwordHash), isPermitted: user.isPermitted)
    }
}
