import Central
import SyncModel
import SyncTesting
import Testing

/// Who of Central's people may use the console.
@Suite(.serialized)
struct CentralUsersTests {
    let folder: TestFolder
    let central: TestCentral
    let users: CentralUsers

    init() throws {
        folder = try TestFolder()
        central = TestCentral(path: folder.path(of: "central.db"))
        try TestCentral.make(at: central.path)
        users = CentralUsers(path: central.path, busyTimeout: .milliseconds(1))
    }

    /// Changes to Central, and whether employee 5, who is in a group that may, is permitted then.
    private static let changes: [(sql: String, isPermitted: Bool)] = [
        ("SELECT 1", true),
        ("UPDATE task_permission SET allowed = 0", false),
        ("UPDATE task_permission SET task = 'Post Journals'", false),
        ("UPDATE task_permission SET task = 'oneclick'", false),
        ("DELETE FROM task_permission", false),
        ("DELETE FROM employee_security_group", false),
        // A group allows, no other forbids.
        ("INSERT INTO employee_security_group VALUES (5, 4), (5, 5)", true),
        ("UPDATE employee_security_group SET security_group_id = 4", false),
        ("UPDATE employee SET login_disabled = 1", false),
        ("UPDATE employee SET login_disabled = 2", false),
        ("UPDATE employee SET login_disabled = -1", false),
        ("UPDATE employee SET login_disabled = 1, is_super_user = 1", false),
        ("DELETE FROM employee_security_group; UPDATE employee SET is_super_user = 1", true),
        ("DELETE FROM employee_security_group; UPDATE employee SET is_super_user = 2", true),
    ]

    @Test(arguments: changes.indices)
    func `the permission is that of this moment`(_ index: Int) async throws {
        #expect(try await users.user(id: 5)?.isPermitted == true)
        try central.execute(Self.changes[index].sql)
        let expected = Self.changes[index].isPermitted
        #expect(try await users.user(id: 5)?.isPermitted == expected)
        #expect(try await users.user(login: "jane")?.isPermitted == expected)
    }

    @Test(arguments: ["jane", "JANE", "Jane"])
    func `a login is found however its letters are written`(_ login: String) async throws {
        let user = try #require(try await users.user(login: login))
        #expect(user.id == 5 && user.name == "Jane Perry")
        try central.execute("UPDATE employee SET login_name = '  jAnE ' WHERE id = 5")
        #expect(try await users.user(login: login)?.id == 5)
    }

    @Test(arguments: ["twin", "TWIN", "", "%", "j_ne", "jan", "jane x", "nobody"])
    func `nobody is found where there is none, or more than one`(_ login: String) async throws {
        #expect(try await users.user(login: login) == nil)
    }

    @Test func `who has no name and no login is found by the id alone`() async throws {
        try central.execute(
            "UPDATE employee SET first_name = NULL, last_name = NULL, login_name = NULL")
        #expect(try await users.user(id: 5)?.name == "")
        #expect(try await users.user(login: "") == nil)
        #expect(try await users.user(id: 4_711) == nil)
    }

    @Test(arguments: [
        "DROP TABLE task_permission", "ALTER TABLE employee RENAME COLUMN login_disabled TO off",
    ])
    func `a Central without what is asked for cannot be read`(_ sql: String) async throws {
        try central.execute(sql)
        let error = await #expect(throws: SyncError.self) { try await users.user(id: 5) }
        #expect(error?.code == .central)
    }
}
