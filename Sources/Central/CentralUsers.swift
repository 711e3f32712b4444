import GRDB
import SQLDrivers
import SyncModel

/// Central's own users, and which of them may use the Management Console: those with the task
/// permission `OneClick` in any of their security groups, and super users. Asked anew each time, so
/// that what is taken away counts at once.
public actor CentralUsers {
    private let file: CentralFile
    private let queue = DispatchQueueExecutor(label: "syncworker.central.users")
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        queue.asUnownedSerialExecutor()
    }

    public struct User: Hashable, Sendable {
        public var id: Int64
        public var name: String
        /// In the text form of its kind; empty where nobody can sign in with it, as with a login
        /// that is disabled.
        public var passwordHash: String
        /// Whether the user may use the console at this moment.
        public var isPermitted: Bool
    }

    /// - Parameter busyTimeout: how long a locked Central is waited for.
    public init(path: String, busyTimeout: Duration = .seconds(2)) {
        file = CentralFile(path: path, busyTimeout: busyTimeout)
    }

    /// Nil where nobody has this login, or more than one: nobody can say then who it is.
    ///
    /// Letter case and outer blanks do not matter. Throws `central` if Central cannot be read.
    public func user(login: String) throws -> User? {
        try users("trim(login_name) = ? COLLATE NOCASE", login.databaseValue)
    }

    /// Throws `central` if Central cannot be read.
    public func user(id: Int64) throws -> User? { try users("id = ?", id.databaseValue) }

    private func users(_ condition: String, _ value: DatabaseValue) throws -> User? {
        let queue = try file.openForReading()
        do {
            let users = try queue.read { db in
                try Row.fetchAll(db, sql: Self.sql(condition), arguments: [value]).map(User.init)
            }
            return users.count == 1 ? users[0] : nil
        } catch let error as DatabaseError {
            throw error.explained("Central", path: file.path)
        }
    }

    /// A group allows, no group forbids; a disabled login never has a permission.
    private static func sql(_ condition: String) -> String {
        """
        SELECT id, trim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')) AS name,
          CASE WHEN login_disabled = 0 THEN coalesce(password_hash, '') ELSE '' END
            AS password_hash,
          login_disabled = 0 AND (coalesce(is_super_user, 0) <> 0 OR EXISTS (
            SELECT 1 FROM employee_security_group
            JOIN task_permission USING (security_group_id)
            WHERE employee_id = employee.id AND task = 'OneClick' AND allowed <> 0)) AS permitted
        FROM employee WHERE \(condition) LIMIT 2
        """
    }
}

extension CentralUsers.User {
    init(_ row: Row) {
        id = row["id"]
        name = row["name"]
        passwordHash = row["password_hash"]
        // Of a login that is neither disabled nor not (NULL) nothing is known: no.
        isPermitted = row["permitted"] as Bool? ?? false
    }
}
