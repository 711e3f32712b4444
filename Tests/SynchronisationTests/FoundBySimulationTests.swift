import GRDB
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

    @Test("a Central that goes back under a run that follows it is not followed (I3, seed 317)")
    func followedAndGoneBack() async throws {
        let practice = try await Practice()
        let backup = try practice.backUp()
        try await practice.run()
        try practice.restore(backup)
        #expect(try await practice.run().outcome == .held)
        try await practice.answer(.approve, nil)
        try practice.office("DELETE FROM business WHERE id = 1")
        let path = practice.path
        let (marks, change) = try await DatabaseQueue(path: path).read { db in
            let sequence = "SELECT seq FROM sqlite_sequence WHERE name = 'syncworker_change'"
            return (
                try String.fetchAll(db, sql: "SELECT token FROM syncworker_mark"),
                try Int64.fetchOne(db, sql: sequence)
            )
        }
        // Seen by the first snapshot, and gone before the second: the mark of the question stays.
        try practice.office(
            """
            INSERT INTO employee (id, code, first_name, last_name, work_email, office_id,
              oneclick_status)
            VALUES (7, 'E7', 'Lost', 'Lost', 'e7@example.com', 1, 'activated')
            """)
        practice.world.restart()
        practice.world.onStep { step, moment, count in
            guard step == .pin, moment == .before, count == 2 else { return }
            try DatabaseQueue(path: path).write { db in
                try db.execute(sql: "DELETE FROM employee WHERE id = 7")
                try db.execute(
                    sql: """
                        DELETE FROM syncworker_change WHERE seq > ?;
                        UPDATE sqlite_sequence SET seq = ? WHERE name = 'syncworker_change';
                        DELETE FROM syncworker_mark
                        WHERE token NOT IN (SELECT value FROM json_each(?))
                        """,
                    arguments: [change, change, String(describing: marks)])
            }
        }
        let record = try await practice.run { $0.snapshotLifetime = .zero }
        #expect(record.outcome == .failed)
        #expect(record.errors.first?.message.contains("history changed during") == true)
        #expect(try await practice.oneClick("employees")["7"] == nil)
        practice.world.restart()
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
    }
}
