import GRDB
import SyncEngine
import SyncModel
import SyncTesting
import Testing

/// Interleavings that a second reader thought of.
@Suite("Read a second time")
struct SecondReaderTests {
    /// Rolling verification mends what a run missed: these tests look at the run itself.
    static func hardlyVerifying(_ settings: inout RunSettings) {
        settings.verificationRowsMin = 0
    }

    static func crashing(
        _ practice: Practice, _ step: World.Step, _ moment: World.Moment, _ number: Int = 1
    ) {
        practice.world.restart()
        practice.world.onStep { at, when, count in
            if at == step, when == moment, count == number { throw World.Crash() }
        }
    }

    // MARK: The first load

    @Test("a first load begun anew leaves nothing of the one before")
    func firstLoadAnew() async throws {
        let practice = try await Practice()
        Self.crashing(practice, .commit, .before)
        #expect(try await practice.run().outcome == .failed)
        practice.world.restart()
        // An index is a new schema version, and with it a new epoch: every load begins anew.
        try practice.office(
            "DELETE FROM hmrc_credential; CREATE INDEX another ON business (name)")
        let record = try await practice.run(settings: Self.hardlyVerifying)
        #expect(record.outcome == .succeeded, "\(record.errors)")
        #expect(try await practice.differences() == [])
    }

    @Test("a first synchronisation of some tables shows no half of the others")
    func firstOfSome() async throws {
        let practice = try await Practice()
        // Part of the first load is applied in place.
        Self.crashing(practice, .commit, .before)
        _ = try await practice.run()
        practice.world.restart()
        #expect(try await practice.run(only: ["Client List"]).outcome == .succeeded)
        #expect(try await practice.oneClick("businesses").isEmpty)
        // Readers look at OneClick now: what follows is staged.
        Self.crashing(practice, .commit, .before)
        _ = try await practice.run()
        #expect(try await practice.oneClick("ap_transactions").isEmpty)
        practice.world.restart()
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
    }

    // MARK: Holds

    @Test("an approval used by a run of some tables reaches the others later")
    func approvedForSome() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office("UPDATE client SET status = 'closed' WHERE id > 4")
        #expect(try await practice.run().outcome == .held)
        try await practice.answer(.approve, "clients")
        _ = try await practice.run(only: ["Client List"], settings: Self.hardlyVerifying)
        #expect(try await practice.oneClick("clients").count == 4)
        let record = try await practice.run(settings: Self.hardlyVerifying)
        #expect(record.outcome == .succeeded, "\(record.errors)")
        #expect(try await practice.differences() == [])
        #expect(try await practice.exceptions() == [])
    }

    @Test("a client that returned in a run of some tables brings the others' removals back")
    func returnedForSome() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office("UPDATE client SET status = 'closed' WHERE id > 4")
        try practice.office(
            "DELETE FROM ap_transaction WHERE period_id = 12; DELETE FROM ap_period WHERE id = 12")
        #expect(try await practice.run().outcome == .held)
        try practice.office("UPDATE client SET status = 'active'")
        _ = try await practice.run(only: ["Client List"], settings: Self.hardlyVerifying)
        let record = try await practice.run(settings: Self.hardlyVerifying)
        #expect(record.outcome == .succeeded, "\(record.errors)")
        #expect(try await practice.differences() == [])
        #expect(try await practice.exceptions() == [])
    }

    @Test("rows whose parents were never synchronised count for themselves")
    func parentsNeverSeen() async throws {
        let practice = try await Practice()
        #expect(try await practice.run(only: ["AP Transactions"]).outcome == .succeeded)
        try practice.office("DELETE FROM ap_transaction")
        #expect(try await practice.run(only: ["AP Transactions"]).outcome == .held)
        #expect(try await practice.oneClick("ap_transactions").count == 48)
    }

    // MARK: Watching

    @Test(
        "a key that is changed takes along what hangs on it",
        arguments: [
            "UPDATE client SET id = 500 WHERE id = 3",
            "UPDATE ap_period SET id = 500 WHERE id = 3",
            "UPDATE employee SET id = 500 WHERE id = 2",
            """
            UPDATE client SET id = 500 WHERE id = 3; UPDATE client SET id = 3 WHERE id = 4;
            UPDATE ap_chart SET id = 500 WHERE id = 1
            """,
        ])
    func changedKey(sql: String) async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office(sql)
        let record = try await practice.run(settings: Self.hardlyVerifying)
        #expect(record.outcome == .succeeded, "\(record.errors)")
        #expect(try await practice.differences() == [])
    }

    // MARK: Lineage

    @Test("a Central restored between two snapshots of one load is noticed")
    func restoredUnderway() async throws {
        let practice = try await Practice()
        try practice.office(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)
            INSERT INTO ap_transaction (period_id, nominal_id, amount_pence, kind)
            SELECT 12, 1, 1, 'journal' FROM n
            """)
        try await practice.run()
        let path = practice.path
        practice.world.restart()
        practice.world.onStep { step, moment, number in
            guard step == .pin, moment == .before else { return }
            let central = try DatabaseQueue(path: path)
            if number == 2 {
                try central.write {
                    try $0.execute(
                        sql: """
                            UPDATE database_info SET schema_version =
                              (SELECT seq FROM sqlite_sequence WHERE name = 'syncworker_change');
                            UPDATE syncworker_mark SET at = -1;
                            UPDATE ap_transaction SET narrative = 'Lost' WHERE id < 9;
                            """)
                }
            }
            // As a file copied before that is put back: no schema changes.
            if number == 3 {
                try central.write {
                    try $0.execute(
                        sql: """
                            UPDATE ap_transaction SET narrative = NULL WHERE id < 9;
                            DELETE FROM syncworker_change
                            WHERE seq > (SELECT schema_version FROM database_info);
                            UPDATE sqlite_sequence
                            SET seq = (SELECT schema_version FROM database_info)
                            WHERE name = 'syncworker_change';
                            DELETE FROM syncworker_mark WHERE at <> -1;
                            """)
                }
            }
        }
        let record = try await practice.run(.full, only: ["AP Transactions"]) {
            $0.snapshotLifetime = .zero
            Self.hardlyVerifying(&$0)
        }
        #expect(record.outcome == .failed)
        #expect(try await practice.oneClick("ap_transactions")["1/1"]?["narrative"] == "NULL")
    }

    // MARK: Loads

    @Test("a verify with a load pending counts every difference once")
    func verifyWithLoad() async throws {
        let practice = try await Practice()
        try await practice.run()
        Self.crashing(practice, .commit, .before)
        _ = try await practice.run(.full)
        practice.world.restart()
        try practice.office("UPDATE client SET utr = '1123456789' WHERE id = 9")
        let record = try await practice.run(.full, purpose: .verify)
        #expect(record.dataSets.first { $0.name == "Client List" }?.changed == 1)
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
    }
}
