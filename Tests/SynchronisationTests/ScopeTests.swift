import SyncEngine
import SyncModel
import SyncTesting
import Testing

@Suite("What is in scope, and what leaves it")
struct ScopeTests {
    struct Change: CustomTestStringConvertible, Sendable {
        var name: String
        var sql: String
        /// Rows that must be missing afterwards, as table and key.
        var gone: [(TableName, String)] = []
        var testDescription: String { name }
        init(_ name: String, _ sql: String, gone: [(TableName, String)] = []) {
            (self.name, self.sql, self.gone) = (name, sql, gone)
        }
    }

    static let changes = [
        Change(
            "a closed client takes everything below along",
            "UPDATE client SET status = 'closed', closed_on = '2026-11-24' WHERE id = 3",
            gone: [
                ("clients", "3"), ("businesses", "3/3"), ("ap_periods", "3/3"),
                ("client_team", "3/5"), ("ap_transactions", "3/9"),
            ]),
        Change(
            "a period switched to a trial balance takes its lines along",
            "UPDATE ap_period SET oi_mode = 'trial_balance' WHERE id = 4",
            gone: [("ap_transactions", "4/13")]),
        Change(
            "a login that is disabled ends access",
            "UPDATE employee SET login_disabled = 1 WHERE id = 2",
            gone: [("employees", "2"), ("hmrc_credentials", "2"), ("client_team", "1/1")]),
        Change(
            "a leaving date of today ends access",
            "UPDATE employee SET left_on = '2026-11-24' WHERE id = 2",
            gone: [("employees", "2")]),
        Change(
            "a period moves to another client", "UPDATE ap_period SET client_id = 9 WHERE id = 2",
            gone: [("ap_periods", "2/2")]),
        Change(
            "a line moves to another period",
            "UPDATE ap_transaction SET period_id = 5 WHERE id = 1",
            gone: [("ap_transactions", "1/1")]),
        Change(
            "a nominal moves to another chart", "UPDATE ap_nominal SET chart_id = 1 WHERE id = 1",
            gone: [("ap_nominals", "2/1")]),
        Change(
            "codes are swapped within one transaction",
            """
            UPDATE client SET code = '-' WHERE id = 1;
            UPDATE client SET code = 'C1' WHERE id = 2;
            UPDATE client SET code = 'C2' WHERE id = 1;
            """),
        Change(
            "INSERT OR REPLACE removes the row whose code it takes",
            """
            INSERT OR REPLACE INTO client (id, code, contact_id, contact_type, status)
            VALUES (100, 'C6', 6, 'llp', 'active')
            """, gone: [("clients", "6")]),
        Change(
            "UPDATE OR REPLACE removes the row whose code it takes",
            "UPDATE OR REPLACE client SET code = 'C8' WHERE id = 7", gone: [("clients", "8")]),
        Change("a contact's name changes", "UPDATE contact SET name = '株式会社 ' WHERE id = 5"),
        Change("a client gets another contact", "UPDATE client SET contact_id = 1 WHERE id = 5"),
        Change(
            "a journal is deleted", "DELETE FROM ap_transaction WHERE period_id = 6",
            gone: [("ap_transactions", "6/21")]),
        Change(
            "a period's lines are replaced",
            """
            DELETE FROM ap_transaction WHERE period_id = 6;
            INSERT INTO ap_transaction (period_id, nominal_id, amount_pence, kind)
            VALUES (6, 1, 100, 'journal'), (6, 2, -100, 'journal');
            """, gone: [("ap_transactions", "6/21")]),
        Change(
            "a switch of data security is flipped",
            "UPDATE data_security SET by_company = 1, by_office = 0"),
        Change(
            "an employee is activated",
            """
            INSERT INTO employee (code, first_name, last_name, work_email, oneclick_status)
            VALUES ('N', 'New', 'One', 'n@example.com', 'activated')
            """),
        Change(
            "a token is refreshed",
            "UPDATE hmrc_credential SET access_token = 'other', generation = 2 WHERE id = 1"),
    ]

    @Test("is right after", arguments: changes)
    func change(_ change: Change) async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office(change.sql)
        let record = try await practice.run()
        #expect(record.outcome == .succeeded, "\(record.errors)")
        #expect(try await practice.differences() == [])
        for (table, key) in change.gone {
            #expect(try await practice.oneClick(table)[key] == nil, "\(table) \(key)")
        }
        #expect(try await practice.run().rowsSent == 0)
    }

    @Test("comes back whole with dependants that did not change themselves")
    func reopened() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office("UPDATE client SET status = 'closed' WHERE id = 3")
        try await practice.run()
        try practice.office("UPDATE client SET status = 'active' WHERE id = 3")
        try await practice.run()
        #expect(try await practice.differences() == [])
        #expect(try await practice.oneClick("ap_transactions").count == 48)
    }

    @Test("follows a leaving date that passes while nothing changes")
    func leavingDate() async throws {
        let practice = try await Practice()
        try practice.office("UPDATE employee SET left_on = '2026-11-26' WHERE id = 2")
        try await practice.run()
        practice.world.advance(days: 1)
        #expect(try await practice.run().rowsSent == 0)
        #expect(try await practice.oneClick("employees")["2"] != nil)
        practice.world.advance(days: 1)
        let record = try await practice.run()
        #expect(record.outcome == .succeeded)
        #expect(try await practice.oneClick("employees")["2"] == nil)
        #expect(try await practice.oneClick("hmrc_credentials")["2"] == nil)
        #expect(try await practice.differences() == [])
    }
}

@Suite("Rows that break a type or a rule")
struct RefusedRowTests {
    @Test("are exceptions while everything else goes on, and end by themselves")
    func mended() async throws {
        let practice = try await Practice()
        try practice.office(
            "UPDATE ap_nominal SET main_code = NULL WHERE id = 3;"
                + "UPDATE client SET utr = char(0) || 'x' WHERE id = 2;")
        let first = try await practice.run()
        #expect(first.outcome == .completedWithErrors)
        #expect(Set(first.errors.map(\.code)).contains("no_code"))
        #expect(first.errors.count == 2)
        #expect(try await practice.differences() == [])
        #expect(try await practice.oneClick("clients").count == 11)
        // What hangs on a refused row is synchronised all the same.
        #expect(try await practice.oneClick("businesses")["2/2"] != nil)
        #expect(try await practice.run().rowsSent == 0)
        try practice.office(
            "UPDATE ap_nominal SET main_code = '1' WHERE id = 3;"
                + "UPDATE client SET utr = NULL WHERE id = 2;")
        let mended = try await practice.run()
        #expect(mended.outcome == .succeeded)
        #expect(try await practice.exceptions() == [])
        #expect(try await practice.differences() == [])
    }

    @Test("of two employees with one e-mail, the smaller id keeps it")
    func duplicateMail() async throws {
        let practice = try await Practice()
        try practice.office("UPDATE employee SET work_email = ' E5@Example.com' WHERE id = 3")
        let record = try await practice.run()
        #expect(record.errors.map(\.key) == [Key(5)])
        #expect(record.errors.first?.message.contains("First3 Last3") == true)
        #expect(try await practice.oneClick("employees")["5"] == nil)
        // Either one's change touches both.
        try practice.office("UPDATE employee SET left_on = '2020-01-01' WHERE id = 3")
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.oneClick("employees")["5"] != nil)
        #expect(try await practice.differences() == [])
    }

}
