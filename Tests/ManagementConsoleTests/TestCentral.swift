import Foundation
import GRDB
import SampleOffice
import SyncTesting
import WebSupport

/// A small sample Central whose first employees are one of each kind that the console tells apart.
struct TestCentral: Sendable {
    let path: String

    static let password = "a long enough password"
    static let passwordHash: PasswordHash = {
        guard let hash = try? PasswordHash(of: password, salt: Array(0..<16), cost: 10) else {
            preconditionFailure("no scrypt")
        }
        return hash
    }()

    // Ids of employees, as the console knows them.
    static let superUser = "central:1"
    static let revoked = "central:3"
    static let disabled = "central:4"
    static let permitted = "central:5"
    static let unpermitted = "central:6"
    static let gone = "central:12"

    /// Login names with the ids of their employees; 7 and 8 share one, 9 has no password.
    private static let logins: KeyValuePairs = [
        1: "super", 3: "revoked", 4: "disabled", 5: "jane", 6: "clerk", 7: "twin", 8: " TWIN ",
        9: "nohash",
    ]

    /// The security groups of employees: the second may use the task OneClick, the fourth not.
    private static let groups: KeyValuePairs = [3: 2, 4: 2, 5: 2, 6: 4]

    private static let template = Result {
        let folder = try TestFolder()
        let path = folder.path(of: "central.db")
        try SampleOffice.create(
            at: path,
            SampleOffice.Options(
                clients: 1, seed: 1, transactions: 10, today: "2026-11-24",
                passwordHash: passwordHash.text))
        let queue = try DatabaseQueue(path: path)
        try queue.write(prepare)
        try queue.close()
        return try Data(contentsOf: URL(filePath: path))
    }

    private static func prepare(_ db: Database) throws {
        for (id, login) in logins {
            try db.execute(
                sql: "UPDATE employee SET login_name = ? WHERE id = ?", arguments: [login, id])
        }
        try db.execute(
            sql: """
                UPDATE employee SET is_super_user = id = 1, login_disabled = id = 4;
                UPDATE employee SET first_name = 'Jane', last_name = 'Perry' WHERE id = 5;
                UPDATE employee SET first_name = 'Sue', last_name = 'Perry' WHERE id = 1;
                UPDATE employee SET password_hash = '' WHERE id = 9;
                DELETE FROM employee WHERE id = 12;
                DELETE FROM employee_security_group
                """)
        for (employee, group) in groups {
            try db.execute(
                sql: "INSERT INTO employee_security_group VALUES (?, ?)",
                arguments: [employee, group])
        }
    }

    static func make(at path: String) throws {
        try template.get().write(to: URL(filePath: path))
    }

    func execute(_ sql: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// Takes the permission away from everybody who has it by a group.
    func revokeAll() throws { try execute("DELETE FROM employee_security_group") }

    func moveAway() throws {
        try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
    }

    func moveBack() throws {
        try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
    }

    /// Nobody else can read until `body` is done, as while a tool repairs the file.
    func whileLocked(_ body: () async throws -> Void) async throws {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase {
            try $0.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        }
        let result: Result<Void, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        try queue.inDatabase { try $0.execute(sql: "ROLLBACK") }
        try queue.close()
        try result.get()
    }
}
