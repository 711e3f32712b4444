import SyncEngine
import SyncModel
import SyncTesting
import Testing

@Suite("Removals beyond the guard")
struct RemovalGuardTests {
    static let closeMost = "UPDATE client SET status = 'closed' WHERE id <= 8"

    @Test("are held while additions and changes go on", arguments: [RunKind.change, .full])
    func held(kind: RunKind) async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office(Self.closeMost + "; UPDATE contact SET name = 'Y' WHERE id = 12")
        let record = try await practice.run(kind)
        #expect(record.outcome == .held)
        #expect(try await practice.oneClick("clients").count == 12)
        #expect(try await practice.oneClick("clients")["12"]?["name"] == "Y")
        // What hangs on a held client shares its fate.
        #expect(try await practice.oneClick("ap_transactions").count == 48)
        #expect(record.dataSets.first { $0.name == "Client List" }?.held == 8)
        // Time alone never ends it.
        practice.world.advance(days: 30)
        #expect(try await practice.run().outcome == .held)
        #expect(try await practice.oneClick("clients").count == 12)
        #expect(try await practice.differences() == [])
    }

    @Test("go once a person approves them", arguments: [RunKind.change, .full])
    func approved(kind: RunKind) async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office(Self.closeMost)
        try await practice.run()
        try await practice.answer(.approve, "clients")
        let record = try await practice.run(kind)
        #expect(record.outcome == .succeeded, "\(record.errors)")
        #expect(try await practice.oneClick("clients").count == 4)
        #expect(try await practice.exceptions() == [])
        #expect(try await practice.differences() == [])
    }

    @Test("stay for good when a person keeps them, and end when the row returns")
    func kept() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office(Self.closeMost)
        try await practice.run()
        try await practice.answer(.keep, "clients")
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.oneClick("clients").count == 12)
        try practice.office("UPDATE client SET status = 'active'")
        try await practice.run()
        #expect(try await practice.exceptions() == [])
        #expect(try await practice.differences() == [])
    }

    @Test("that came back drop out of an approval; new ones face the guard")
    func approvalIsForRows() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office(Self.closeMost)
        try await practice.run()
        try await practice.answer(.approve, "clients")
        try practice.office(
            """
            UPDATE client SET status = 'active' WHERE id IN (1, 2);
            UPDATE client SET status = 'closed' WHERE id = 12
            """)
        try await practice.run()
        #expect(try await practice.oneClick("clients")["1"] != nil)
        #expect(try await practice.oneClick("clients")["3"] == nil)
        #expect(try await practice.differences() == [])
    }

    @Test("in many small steps are one large removal")
    func memory() async throws {
        let practice = try await Practice()
        try await practice.run()
        var outcomes: [Outcome] = []
        for client in 1...8 {
            try practice.office("UPDATE client SET status = 'closed' WHERE id = \(client)")
            outcomes.append(try await practice.run().outcome)
        }
        #expect(outcomes.prefix(6).allSatisfy { $0 == .succeeded })
        #expect(outcomes.suffix(2) == [.held, .held])
    }

    @Test("of an empty Central never empty OneClick", arguments: [RunKind.change, .full])
    func emptyCentral(kind: RunKind) async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office(
            """
            DELETE FROM client; DELETE FROM employee; DELETE FROM ap_transaction;
            DELETE FROM ap_period; DELETE FROM business; DELETE FROM client_team;
            DELETE FROM hmrc_credential; DELETE FROM data_security; DELETE FROM ap_chart;
            DELETE FROM ap_nominal
            """)
        #expect(try await practice.run(kind).outcome == .held)
        #expect(try await practice.oneClick("clients").count == 12)
        #expect(try await practice.oneClick("ap_transactions").count == 48)
        #expect(try await practice.differences() == [])
    }

    @Test("without capture: a client that returns ends what shared its hold")
    func uncaptured() async throws {
        let practice = try await Practice(isCaptured: false)
        try await practice.run()
        try practice.office(Self.closeMost)
        #expect(try await practice.run().outcome == .held)
        try practice.office(
            "UPDATE client SET status = 'active' WHERE id = 3; DELETE FROM business WHERE id = 3")
        #expect(try await practice.run().outcome == .held)
        #expect(try await practice.differences() == [])
        try await practice.answer(.approve, "clients")
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.oneClick("clients").count == 5)
        #expect(try await practice.differences() == [])
        #expect(try await practice.run().rowsSent == 0)
    }

    /// Sixty lines more than the four of period 3.
    static let manyLines = """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
        INSERT INTO ap_transaction (period_id, nominal_id, posted_on, amount_pence, kind)
        SELECT 3, 1, '2025-06-01', i, 'journal' FROM n
        """

    @Test("is not dodged by a parent that moves and is refused in the same run")
    func movedAndRefused() async throws {
        let practice = try await Practice()
        try practice.office(Self.manyLines)
        try await practice.run()
        try practice.office(
            """
            UPDATE ap_period SET client_id = 9, period_start = 'some day' WHERE id = 3;
            DELETE FROM ap_transaction WHERE period_id = 3
            """)
        #expect(try await practice.run().outcome == .held)
        #expect(try await practice.oneClick("ap_transactions").count == 108)
    }

    @Test("is not dodged by a parent whose table cannot be read")
    func unreadableParents() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office(
            """
            UPDATE ap_period SET period_start = 'some day';
            INSERT INTO ap_period (client_id, period_start, period_end, type, chart_id, oi_mode)
            VALUES (1, '2024-04-06', '2025-04-05', 'company', 1, 'transactions')
            """)
        try practice.office(
            Self.manyLines.replacing("SELECT 3, 1", with: "SELECT 13, 1"))
        try await practice.run { $0.refusedRowsMax = 5 }
        #expect(try await practice.oneClick("ap_transactions").count == 108)
        try practice.office("DELETE FROM ap_transaction WHERE period_id = 13")
        #expect(try await practice.run { $0.refusedRowsMax = 5 }.outcome == .held)
        #expect(try await practice.oneClick("ap_transactions").count == 108)
    }

    @Test("one line approved for itself goes, although its client is held since")
    func approvedBelowHeld() async throws {
        let practice = try await Practice()
        try practice.office(Self.manyLines)
        try await practice.run()
        try practice.office(
            "DELETE FROM ap_transaction WHERE period_id = 3 AND id <> 9")
        #expect(try await practice.run().outcome == .held)
        try practice.office(Self.closeMost)
        try await practice.run()
        try await practice.answer(.approve, "ap_transactions", keys: [Key(3, 10)])
        try await practice.run()
        #expect(try await practice.oneClick("ap_transactions")["3/10"] == nil)
        #expect(try await practice.oneClick("ap_transactions")["3/11"] != nil)
        #expect(try await practice.differences() == [])
    }
}
