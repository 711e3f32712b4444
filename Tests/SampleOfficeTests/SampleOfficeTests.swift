import Foundation
import GRDB
import SampleOffice
import Testing

/// A practice in memory, and all that a test asks of it.
struct Practice {
    let queue: DatabaseQueue

    init(clients: Int, seed: UInt64 = 1, transactions: Int? = nil) throws {
        queue = try DatabaseQueue()
        let options = SampleOffice.Options(
            clients: clients, seed: seed, transactions: transactions, today: "2026-11-24")
        try queue.write { db in _ = try SampleOffice.create(in: db, options) }
    }

    static let tables = [
        "database_info", "company", "office", "department", "data_security", "employee",
        "security_group", "employee_security_group", "task_permission", "contact", "client",
        "client_team", "business", "hmrc_credential", "ap_chart", "ap_nominal", "ap_period",
        "ap_transaction",
    ]

    /// Every row of every table.
    func content() throws -> [String: [[DatabaseValue]]] {
        try queue.read { db in
            var content: [String: [[DatabaseValue]]] = [:]
            for table in Self.tables {
                content[table] = try Row.fetchAll(db, sql: "SELECT * FROM \(table) ORDER BY 1, 2")
                    .map { Array($0.databaseValues) }
            }
            return content
        }
    }

    func number(_ sql: String) throws -> Int {
        try queue.read { db in try #require(try Int.fetchOne(db, sql: sql)) }
    }

    func texts(_ sql: String) throws -> [String] {
        try queue.read { db in try String.fetchAll(db, sql: sql) }
    }

    func orphans() throws -> [String] {
        try queue.read { db in
            try CentralSchema.orphans(in: db).map { "\($0.reference): \($0.rows)" }
        }
    }

    func unbalancedJournals() throws -> Int {
        try number(
            """
            SELECT count(*) FROM (
              SELECT 1 FROM ap_transaction GROUP BY period_id, journal_no
              HAVING sum(amount_pence) <> 0)
            """)
    }
}

@Suite("A sample practice")
struct SampleOfficeTests {
    @Test("is the same for the same options")
    func isReproducible() throws {
        let one = try Practice(clients: 40, seed: 7).content()
        let other = try Practice(clients: 40, seed: 7).content()
        #expect(one == other)
    }

    @Test("is another one for another seed")
    func dependsOnSeed() throws {
        let one = try Practice(clients: 40, seed: 7).content()
        let other = try Practice(clients: 40, seed: 8).content()
        for table in ["client", "contact", "employee", "business", "ap_transaction"] {
            #expect(one[table] != other[table], "\(table)")
        }
    }

    @Test("has the same clients whatever the number of lines")
    func subjectsAreIndependent() throws {
        let one = try Practice(clients: 40, transactions: 10).content()
        let other = try Practice(clients: 40, transactions: 1000).content()
        #expect(one["client"] == other["client"])
        #expect(one["ap_period"] == other["ap_period"])
    }

    @Test(
        "has exactly the lines asked for, in journals that balance",
        arguments: [0, 1, 2, 3, 4, 5, 998, 999])
    func linesBalance(lines: Int) throws {
        let practice = try Practice(clients: 5, transactions: lines)
        #expect(try practice.number("SELECT count(*) FROM ap_transaction") == lines)
        #expect(try practice.unbalancedJournals() == 0)
        let lonely = try practice.number(
            """
            SELECT count(*) FROM (
              SELECT 1 FROM ap_transaction GROUP BY period_id, journal_no HAVING count(*) = 1)
            """)
        // An odd number of lines may leave one alone, of no amount.
        #expect(lonely <= 1)
    }

    @Test("refers to nothing that is not there", arguments: [1, 2, 30, 600])
    func hasNoOrphans(clients: Int) throws {
        let practice = try Practice(clients: clients)
        #expect(try practice.orphans() == [])
        #expect(try practice.number("SELECT count(*) FROM client") == clients)
    }

    @Test("has someone who may open the console, and people who may not")
    func hasPeopleOfEveryKind() throws {
        let practice = try Practice(clients: 100)
        for condition in [
            "is_super_user AND left_on IS NULL AND NOT login_disabled",
            "left_on <= '2026-11-24'", "left_on > '2026-11-24'", "login_disabled",
            "work_email IS NULL", "code LIKE '% '",
        ] {
            let number = try practice.number("SELECT count(*) FROM employee WHERE \(condition)")
            #expect(number > 0, "\(condition)")
        }
        let shared = try practice.number(
            """
            SELECT count(*) FROM (SELECT 1 FROM employee GROUP BY lower(trim(work_email))
                                  HAVING count(*) > 1 AND max(work_email) IS NOT NULL)
            """)
        #expect(shared == 1)
    }

    @Test("has clients, charts and periods of every kind")
    func hasEveryKind() throws {
        let practice = try Practice(clients: 600)
        #expect(
            try practice.texts("SELECT DISTINCT status FROM client ORDER BY 1")
                == ["active", "closed", "prospect", "suspended"])
        #expect(try practice.number("SELECT count(DISTINCT contact_type) FROM client") == 7)
        #expect(try practice.number("SELECT count(DISTINCT kind) FROM business") == 4)
        #expect(try practice.number("SELECT count(DISTINCT level) FROM hmrc_credential") == 5)
        #expect(
            try practice.texts("SELECT DISTINCT oi_mode FROM ap_period ORDER BY 1")
                == ["transactions", "trial_balance"])
        #expect(try practice.number("SELECT count(*) FROM data_security") == 1)
        #expect(
            try practice.number(
                "SELECT min(n) FROM (SELECT count(*) AS n FROM ap_nominal GROUP BY chart_id)")
                >= 200)
        #expect(
            try practice.number("SELECT count(*) FROM ap_nominal WHERE main_code IS NULL") == 4)
    }

    @Test("has only tokens that are clearly fake")
    func tokensAreFake() throws {
        let practice = try Practice(clients: 100)
        let real = try practice.number(
            """
            SELECT count(*) FROM hmrc_credential
            WHERE access_token NOT LIKE 'fake-%' OR refresh_token NOT LIKE 'fake-%'
            """)
        #expect(real == 0)
    }

    @Test(
        "is refused where no practice is like that",
        arguments: [
            (0, 1, "2026-11-24"), (-5, 1, "2026-11-24"), (10, -1, "2026-11-24"),
            (10, 1, "2026-02-29"), (10, 1, "24.11.2026"), (10, 1, "2026-11-24T00"),
        ])
    func badOptionsAreRefused(clients: Int, transactions: Int, today: String) throws {
        let options = SampleOffice.Options(
            clients: clients, seed: 1, transactions: transactions, today: today)
        let error = #expect(throws: SampleOfficeError.self) {
            try DatabaseQueue().write { db in _ = try SampleOffice.create(in: db, options) }
        }
        #expect(error?.code == .badOption)
        #expect(error?.hint.isEmpty == false)
    }

    @Test("is a file that appears only when complete, and replaces none unasked")
    func fileIsSafe() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "sample-\(ProcessInfo.processInfo.globallyUniqueString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "central.sqlite").path
        let options = SampleOffice.Options(clients: 3, seed: 1, today: "2026-11-24")
        try SampleOffice.create(at: path, options)
        let error = #expect(throws: SampleOfficeError.self) {
            try SampleOffice.create(at: path, options)
        }
        #expect(error?.code == .fileExists)
        try SampleOffice.create(at: path, options, replacing: true)
        let queue = try SampleOffice.open(path, busyTimeout: .seconds(1))
        let mode = try queue.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
        #expect(mode == "wal")
        try queue.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 1)
    }

    @Test("is not what any other file is")
    func otherFilesAreRefused() throws {
        let missing = #expect(throws: SampleOfficeError.self) {
            try SampleOffice.open("/nowhere/central.sqlite", busyTimeout: .seconds(1))
        }
        #expect(missing?.code == .noFile)
        let other = #expect(throws: SampleOfficeError.self) {
            try SampleOffice.open(#filePath, busyTimeout: .seconds(1))
        }
        #expect(other?.code == .noCentral)
    }
}
