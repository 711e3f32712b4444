import SyncEngine
import SyncModel
import SyncProtocol
import SyncTesting
import Testing

@Suite("Removals of all that hangs on one parent")
struct HeldPrefixTests {
    /// Four lines of each of eight periods go, and their periods stay.
    static let switchMost = "UPDATE ap_period SET oi_mode = 'trial_balance' WHERE id <= 8"

    private func held(_ practice: Practice, _ table: TableName) async throws -> [RowException] {
        try await practice.exceptions().filter { $0.table == table && $0.kind != .refused }
    }

    private func switched(
        _ kind: RunKind = .change, isCaptured: Bool = true
    ) async throws -> Practice {
        let practice = try await Practice(isCaptured: isCaptured)
        try await practice.run()
        try practice.office(Self.switchMost)
        let record = try await practice.run(kind)
        #expect(record.outcome == .held)
        #expect(record.dataSets.last?.held == 32)
        return practice
    }

    @Test("are one exception for each parent", arguments: [RunKind.change, .full])
    func onePerParent(kind: RunKind) async throws {
        let practice = try await switched(kind)
        let exceptions = try await held(practice, "ap_transactions")
        #expect(exceptions.map(\.key).sorted() == (1...8).map { Key($0) })
        #expect(exceptions.allSatisfy { $0.rows == 4 })
        #expect(try await practice.oneClick("ap_transactions").count == 48)
        #expect(try await practice.differences() == [])
        let again = try await practice.run()
        #expect(again.rowsSent == 0)
        #expect(try await held(practice, "ap_transactions") == exceptions)
    }

    @Test(
        "go with one approval, with capture and without", arguments: [RunKind.change, .full],
        [true, false])
    func approved(kind: RunKind, isCaptured: Bool) async throws {
        let practice = try await switched(isCaptured: isCaptured)
        try await practice.answer(.approve, "ap_transactions", keys: [Key(3)])
        #expect(try await practice.run(kind).outcome == .held)
        #expect(try await practice.oneClick("ap_transactions").count == 44)
        try await practice.answer(.approve, "ap_transactions")
        #expect(try await practice.run(kind).outcome == .succeeded)
        #expect(try await practice.oneClick("ap_transactions").count == 16)
        #expect(try await practice.exceptions() == [])
        #expect(try await practice.differences() == [])
    }

    /// Period 3 has its lines again, but for one: neither time nor numbers ever approved that one.
    static let halfBack = """
        DELETE FROM ap_transaction WHERE id = 9;
        UPDATE ap_period SET oi_mode = 'transactions' WHERE id = 3
        """

    @Test(
        "of which some return wait on for the rest, however few",
        arguments: [RunKind.change, .full])
    func partlyReturned(kind: RunKind) async throws {
        let practice = try await switched()
        let since = try await held(practice, "ap_transactions").first { $0.key == Key(3) }?.since
        try practice.office("UPDATE ap_period SET oi_mode = 'transactions' WHERE id <> 3")
        practice.world.advance(days: 2)
        #expect(try await practice.run(kind).outcome == .held)
        try practice.office(Self.halfBack)
        #expect(try await practice.run(kind).outcome == .held)
        let rest = try await held(practice, "ap_transactions")
        #expect(rest.map(\.key) == [Key(3, 9)])
        #expect(rest.first?.since == since)
        #expect(try await practice.oneClick("ap_transactions")["3/9"] != nil)
        #expect(try await practice.differences() == [])
        #expect(try await practice.run().rowsSent == 0)
    }

    @Test("of which some return after an approval go for the rest")
    func approvedAndPartlyReturned() async throws {
        let practice = try await switched()
        try await practice.answer(.approve, "ap_transactions", keys: [Key(3)])
        try practice.office(Self.halfBack)
        try await practice.run()
        #expect(try await practice.oneClick("ap_transactions")["3/9"] == nil)
        #expect(try await practice.oneClick("ap_transactions")["3/10"] != nil)
        #expect(try await held(practice, "ap_transactions").count == 7)
        #expect(try await practice.differences() == [])
    }

    @Test("of which some return after \"keep\" are kept for the rest")
    func keptAndPartlyReturned() async throws {
        let practice = try await switched()
        try await practice.answer(.keep, "ap_transactions")
        try practice.office(Self.halfBack)
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.oneClick("ap_transactions")["3/9"] != nil)
        let kept = try await held(practice, "ap_transactions")
        #expect(kept.count == 8)
        #expect(kept.allSatisfy { $0.kind == .kept })
        #expect(try await practice.differences() == [])
    }

    @Test(
        "go with their parent, whatever was said of them", arguments: [nil, RemovalAnswer.keep],
        [true, false])
    func withParent(answer: RemovalAnswer?, isCaptured: Bool) async throws {
        let practice = try await switched(isCaptured: isCaptured)
        if let answer { try await practice.answer(answer, "ap_transactions") }
        try practice.office("UPDATE client SET status = 'closed' WHERE id = 3")
        try await practice.run()
        #expect(try await practice.oneClick("clients")["3"] == nil)
        #expect(try await practice.oneClick("ap_transactions")["3/9"] == nil)
        #expect(try await held(practice, "ap_transactions").count == 7)
        #expect(try await practice.differences() == [])
    }

    @Test("keep what they need")
    func needed() async throws {
        let practice = try await Practice()
        try await practice.run()
        // Chart 1 is used by the clients with even numbers.
        try practice.office("UPDATE client SET status = 'closed' WHERE id % 2 = 0 OR id = 1")
        #expect(try await practice.run().outcome == .held)
        #expect(try await practice.oneClick("ap_charts").count == 2)
        #expect(try await practice.oneClick("ap_nominals").count == 20)
        #expect(try await practice.differences() == [])
        #expect(try await practice.run().rowsSent == 0)
        try await practice.answer(.approve, "clients")
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.oneClick("ap_charts").count == 1)
        #expect(try await practice.oneClick("ap_nominals").count == 10)
        #expect(try await practice.exceptions() == [])
        #expect(try await practice.differences() == [])
    }

    @Test("stay where the older version of a refused row needs them", arguments: [true, false])
    func neededByRefused(isCaptured: Bool) async throws {
        let practice = try await Practice(isCaptured: isCaptured)
        try await practice.run()
        // OneClick keeps the periods as they were, with chart 2.
        try practice.office(
            "UPDATE ap_period SET period_start = 'some day', chart_id = 1 WHERE chart_id = 2")
        #expect(try await practice.run().outcome == .completedWithErrors)
        #expect(try await practice.oneClick("ap_charts").count == 2)
        #expect(try await practice.oneClick("ap_nominals").count == 20)
        let stays = try await practice.exceptions().filter { $0.kind != .refused }
        #expect(stays.map(\.code) == ["needed", "needed"])
        #expect(stays.allSatisfy { $0.origin?.table == "ap_periods" && $0.rows == 0 })
        #expect(stays.allSatisfy { $0.message.contains("older version of ap_periods") })
        #expect(try await practice.differences() == [])
        #expect(try await practice.run().rowsSent == 0)
        #expect(try await practice.exceptions().filter { $0.kind != .refused } == stays)
        // Not every period that needs it is mended.
        try practice.office("UPDATE ap_period SET period_start = '2025-04-06' WHERE id < 5")
        try await practice.run()
        #expect(try await practice.oneClick("ap_nominals").count == 20)
        #expect(try await practice.differences() == [])
        try practice.office("UPDATE ap_period SET period_start = '2025-04-06'")
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.oneClick("ap_charts").count == 1)
        #expect(try await practice.oneClick("ap_nominals").count == 10)
        #expect(try await practice.exceptions() == [])
        #expect(try await practice.differences() == [])
    }
}
