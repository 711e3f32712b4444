import SyncEngine
import SyncModel
import SyncProtocol
import SyncTesting
import Testing

/// What is too much to be named one by one.
@Suite("Very much")
struct LargeTests {
    private static func lines(_ count: Int, period: Int) -> String {
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
        INSERT INTO ap_transaction (period_id, nominal_id, journal_no, line_no, posted_on,
          amount_pence, kind)
        SELECT \(period), 1, 2, i, '2025-06-01', i, 'journal' FROM n
        """
    }

    @Test("gone at once is held, and goes when it is approved", arguments: [RunKind.change, .full])
    func gone(kind: RunKind) async throws {
        let practice = try await Practice()
        let count = PlanAnswer.removedMax + 100
        try practice.office(Self.lines(count, period: 1))
        try practice.office(Self.lines(50, period: 12))
        try await practice.run()
        #expect(try await practice.oneClick("ap_transactions").count == count + 98)
        try practice.office("DELETE FROM ap_transaction WHERE period_id <> 12")
        let dry = try await practice.run(.full, purpose: .dryRun)
        #expect(dry.dataSets.last?.removed == count + 44)
        let record = try await practice.run(kind)
        #expect(record.outcome == .held)
        #expect(record.dataSets.last?.held == count + 44)
        #expect(try await practice.exceptions().count == 11)
        #expect(try await practice.oneClick("ap_transactions").count == count + 98)
        try await practice.answer(.approve, "ap_transactions")
        #expect(try await practice.run(kind).outcome == .succeeded)
        #expect(try await practice.oneClick("ap_transactions").count == 54)
        #expect(try await practice.differences() == [])
        #expect(try await practice.run().rowsSent == 0)
    }

    @Test("changed is compared in full instead of key by key")
    func changed() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office("UPDATE ap_transaction SET amount_pence = amount_pence + 1")
        let record = try await practice.run(changesPerRunMax: 40)
        #expect(record.outcome == .succeeded, "\(record.errors)")
        #expect(record.notes == ["ap_transactions was compared in full: so much changed."])
        #expect(record.dataSets.last?.changed == 48)
        #expect(try await practice.differences() == [])
        #expect(try await practice.run().rowsSent == 0)
    }

    @Test("refused stops its table, and no other")
    func refused() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office(
            """
            UPDATE ap_transaction SET posted_on = 'some day';
            UPDATE contact SET name = 'Y' WHERE id = 12
            """)
        let record = try await practice.run { $0.refusedRowsMax = 40 }
        #expect(record.outcome == .completedWithErrors)
        let error = try #require(record.errors.first { $0.table == "ap_transactions" })
        #expect(error.message.hasPrefix("48 rows of ap_transactions and more are refused"))
        #expect(try await practice.oneClick("clients")["12"]?["name"] == "Y")
        try practice.office("UPDATE ap_transaction SET posted_on = '2025-05-01'")
        let mended = try await practice.run { $0.refusedRowsMax = 40 }
        #expect(mended.outcome == .succeeded, "\(mended.errors)")
        #expect(try await practice.differences() == [])
    }

    @Test("refused here and there is listed in part, counted whole, and ends")
    func unsettled() async throws {
        let practice = try await Practice()
        try practice.office(Self.lines(3 * Receipt.exceptionsMax, period: 1))
        try await practice.run()
        try practice.office(
            """
            UPDATE ap_transaction SET posted_on = 'some day' WHERE journal_no = 2 AND id % 2 = 0
            """)
        let record = try await practice.run()
        #expect(record.outcome == .completedWithErrors)
        #expect(record.dataSets.last?.errors == 3 * Receipt.exceptionsMax / 2)
        #expect(record.errors.count == Receipt.exceptionsMax)
        let again = try await practice.run()
        #expect(again.rowsSent == 0)
        #expect(again.dataSets.last?.errors == 3 * Receipt.exceptionsMax / 2)
        try practice.office("UPDATE ap_transaction SET posted_on = '2025-05-01'")
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
    }
}
