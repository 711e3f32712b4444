import OneClickStore
import SyncEngine
import SyncModel
import SyncTesting
import Testing

/// What the simulation has found, each with the seed that found it at its time.
@Suite("Found by simulation")
struct FoundBySimulationTests {
    /// Every removal of these tables waits.
    private static func strict(_ tables: TableName...) -> [TableName: RemovalLimits] {
        var limits = RemovalLimits()
        limits.rows = 0
        limits.percent = 0
        return Dictionary(uniqueKeysWithValues: tables.map { ($0, limits) })
    }

    @Test("a run of one table says why it was compared in full (crash, seed 12)")
    func onlyTable() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office("UPDATE hmrc_credential SET label = 'Changed'")
        let record = try await practice.run(only: ["HMRC Credentials List"], changesPerRunMax: 1)
        #expect(record.notes == ["hmrc_credentials was compared in full: so much changed."])
        #expect(try await practice.differences() == [])
    }

    @Test("what shares a parent's hold covers no row that Central has (I13, seeds 5, 16 and 33)")
    func preciseSharedHold() async throws {
        let practice = try await Practice(limits: Self.strict("ap_periods"))
        try await practice.run()
        // The period moves to another client and is refused there: its old place is held.
        try practice.office(
            """
            UPDATE ap_period SET client_id = 2, finalised_at = 'yesterday' WHERE id = 6;
            DELETE FROM ap_transaction WHERE period_id = 6 AND line_no = 1
            """)
        try await practice.run()
        let waiting = try await practice.exceptions().filter { $0.table == "ap_transactions" }
        #expect(waiting.map(\.key) == [Key(6, 21)])
        #expect(try await practice.differences() == [])
    }

    @Test("what hung on a row that is gone waits until its own table is carried (I12, seed 24)")
    func waitsWithoutRoot() async throws {
        let practice = try await Practice(limits: Self.strict("clients"))
        try await practice.run()
        try practice.office("UPDATE client SET status = 'closed' WHERE id = 3")
        #expect(try await practice.run().outcome == .held)
        try await practice.answer(.approve, "clients")
        // The client goes; its businesses are not carried, and are still there.
        #expect(try await practice.run(only: ["Client List"]).outcome == .held)
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
    }

    @Test("a clock that was wrong for a while makes the guard forget nothing (I9, seed 12)")
    func clockOfTheGuard() async throws {
        var limits = RemovalLimits()
        limits.rows = 2
        limits.percent = 0
        let practice = try await Practice(limits: ["businesses": limits])
        try await practice.run()
        try practice.office("DELETE FROM business WHERE id IN (1, 2)")
        #expect(try await practice.run().outcome == .succeeded)
        practice.world.advance(days: 2)
        try practice.office("DELETE FROM business WHERE id = 3")
        #expect(try await practice.run().outcome == .succeeded)
        practice.world.advance(days: -2)
        try practice.office("DELETE FROM business WHERE id = 4")
        #expect(try await practice.run().outcome == .held)
    }
}
