import GRDB
import SyncEngine
import SyncModel
import SyncProtocol
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

    @Test("rows whose parents cannot be read count for themselves")
    func parentsNeverSeen() async throws {
        let practice = try await Practice()
        try practice.office("UPDATE ap_period SET period_start = 'some day'")
        let record = try await practice.run { $0.refusedRowsMax = 5 }
        #expect(record.outcome == .completedWithErrors)
        #expect(try await practice.oneClick("ap_transactions").count == 48)
        try practice.office("DELETE FROM ap_transaction")
        #expect(try await practice.run { $0.refusedRowsMax = 5 }.outcome == .held)
        #expect(try await practice.oneClick("ap_transactions").count == 48)
    }

    @Test("a verification says what OneClick keeps, though all else is equal")
    func verifiedWithHolds() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office(HeldPrefixTests.switchMost)
        #expect(try await practice.run().outcome == .held)
        let record = try await practice.run(.full, purpose: .verify)
        #expect(record.notes.contains { $0.contains("held or kept: 32.") }, "\(record.notes)")
    }

    @Test("what was pasted into a name does not come back with the message about it")
    func pastedName() async throws {
        let practice = try await Practice()
        let pasted = String(repeating: "ä", count: 100_000)
        try practice.office("UPDATE contact SET name = '\(pasted)' WHERE id = 3")
        let record = try await practice.run()
        #expect(record.outcome == .completedWithErrors)
        #expect(
            record.errors.allSatisfy { $0.message.count < 200 },
            "\(record.errors.map(\.message.count))")
    }

    /// Period 3 never comes, its lines do, and then both are gone.
    private func orphaned() async throws -> Practice {
        let practice = try await Practice()
        try practice.office("UPDATE ap_period SET period_start = 'some day' WHERE id = 3")
        try practice.office(RemovalGuardTests.manyLines)
        #expect(try await practice.run().outcome == .completedWithErrors)
        #expect(try await practice.oneClick("ap_transactions").count == 108)
        try practice.office(
            "DELETE FROM ap_transaction WHERE period_id = 3; DELETE FROM ap_period WHERE id = 3")
        return practice
    }

    @Test(
        "what is held stays so where its parent never came and is not refused any more",
        arguments: [nil, RemovalAnswer.keep])
    func parentRefusedAndGone(answer: RemovalAnswer?) async throws {
        let practice = try await orphaned()
        #expect(try await practice.run().outcome == .held)
        if let answer { try await practice.answer(answer, "ap_transactions") }
        for kind in [RunKind.change, .full, .change] {
            let record = try await practice.run(kind)
            #expect(record.outcome == (answer == nil ? .held : .succeeded))
            #expect(try await practice.oneClick("ap_transactions").count == 108)
        }
        try await practice.answer(.approve, "ap_transactions", keys: [Key(3)])
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.oneClick("ap_transactions").count == 44)
        #expect(try await practice.differences() == [])
    }

    @Test("a parent that never came takes nothing along, though a run without its rows saw it go")
    func parentRefusedAndGoneForSome() async throws {
        let practice = try await orphaned()
        #expect(
            try await practice.run(only: ["AP Period Entity Type"]).outcome == .succeeded)
        #expect(try await practice.run().outcome == .held)
        #expect(try await practice.oneClick("ap_transactions").count == 108)
        #expect(try await practice.differences() == [])
    }

    @Test("a run of some data sets carries what they hang on")
    func carriesParents() async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office("UPDATE client SET status = 'closed' WHERE id <= 5")
        let record = try await practice.run(only: ["AP Transactions"])
        #expect(record.outcome == .succeeded, "\(record.errors)")
        #expect(
            record.notes == [
                "What hangs together is synchronised together: this run carries Employee List, "
                    + "Client List, Team Security, AP Period Entity Type, AP Transactions."
            ])
        #expect(try await practice.oneClick("ap_transactions").count == 28)
        #expect(try await practice.oneClick("businesses").count == 12)
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
    }

    @Test("a date that goes back brings an employee back, and with them the shared address")
    func sharedAddressByDate() async throws {
        let practice = try await Practice()
        try practice.office(
            """
            UPDATE employee SET left_on = '2026-11-24', work_email = 'shared@x.org' WHERE id = 2;
            UPDATE employee SET work_email = 'SHARED@x.org ' WHERE id = 5
            """)
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.oneClick("employees")["5"] != nil)
        practice.world.advance(days: -2)
        let record = try await practice.run(settings: Self.hardlyVerifying)
        #expect(record.outcome == .completedWithErrors)
        #expect(record.errors.map(\.key) == [Key(5)])
        practice.world.advance(days: 2)
        let after = try await practice.run(settings: Self.hardlyVerifying)
        #expect(after.outcome == .succeeded, "\(after.errors)")
        #expect(try await practice.differences() == [])
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

    /// The office at work at every snapshot of a load that crashes now and then, over midnight.
    @Test(
        "a load with an office at work at every snapshot", arguments: 1...6 as ClosedRange<UInt64>)
    func busyOffice(seed: UInt64) async throws {
        let practice = try await Practice(seed: seed)
        let world = practice.world
        if seed % 2 == 0 { try await practice.run() }
        let path = practice.path
        for round in 1...4 {
            world.restart()
            let crash = 3 + world.random(below: 12)
            world.onStep { step, moment, count in
                guard moment == .before else { return }
                if step == .pin, count > 1 {
                    try DatabaseQueue(path: path).write { db in
                        for sql in Self.work(world) { try db.execute(sql: sql) }
                    }
                }
                if step == .ship, count == crash, round < 4 { throw World.Crash() }
            }
            let record = try await practice.run(round == 1 ? .full : .change) {
                $0.snapshotLifetime = .zero
                Self.hardlyVerifying(&$0)
            }
            if record.outcome != .failed {
                world.restart()
                break
            }
            world.restart()
            world.advance(days: 1)
        }
        let record = try await practice.run(settings: Self.hardlyVerifying)
        #expect([.succeeded, .completedWithErrors, .held].contains(record.outcome))
        #expect(try await practice.differences() == [])
        #expect(
            try await practice.run(.full, purpose: .verify).dataSets.allSatisfy {
                $0.added + $0.changed + $0.removed == 0
            })
    }

    private static func work(_ world: World) -> [String] {
        let client = 1 + world.random(below: 12)
        let other = 1 + world.random(below: 12)
        let employee = 1 + world.random(below: 6)
        let day = ["2026-11-25", "2026-11-26", "2026-11-27"][world.random(below: 3)]
        let all = [
            "UPDATE contact SET name = name || '\(client)' WHERE id = \(client)",
            """
            UPDATE client SET status = CASE status WHEN 'closed' THEN 'active' ELSE 'closed' END
            WHERE id = \(client)
            """,
            "UPDATE ap_period SET client_id = \(other) WHERE id = \(client)",
            "UPDATE ap_period SET oi_mode = 'trial_balance' WHERE id = \(client)",
            "UPDATE ap_period SET oi_mode = 'transactions' WHERE id = \(client)",
            "UPDATE ap_transaction SET period_id = \(other) WHERE period_id = \(client)",
            "DELETE FROM ap_transaction WHERE id = \(client)",
            "UPDATE employee SET left_on = '\(day)' WHERE id = \(employee)",
            "UPDATE employee SET left_on = NULL WHERE id = \(employee)",
            "UPDATE employee SET work_email = 'shared@example.com' WHERE id = \(employee)",
            "UPDATE employee SET work_email = 'e' || id || '@example.com' WHERE id = \(employee)",
            "UPDATE ap_nominal SET chart_id = 3 - chart_id WHERE id = \(client)",
            "UPDATE ap_nominal SET main_code = NULL WHERE id = \(client)",
            "UPDATE ap_nominal SET main_code = 'x' WHERE id = \(client)",
            "UPDATE business SET client_id = \(other) WHERE id = \(client)",
            "UPDATE OR REPLACE client SET code = 'C\(other)' WHERE id = \(client)",
        ]
        return (0..<2).map { _ in all[world.random(below: all.count)] }
    }

    // MARK: Refused

    @Test(
        "an older version of a refused row goes when the row goes",
        arguments: [RunKind.change, .full])
    func refusedThenGone(kind: RunKind) async throws {
        let practice = try await Practice()
        try await practice.run()
        try practice.office("UPDATE business SET client_id = 2, name = char(0) WHERE id = 3")
        try practice.office("UPDATE client SET utr = char(0) WHERE id = 4")
        #expect(try await practice.run().outcome == .completedWithErrors)
        try practice.office("UPDATE business SET client_id = 5 WHERE id = 3")
        try practice.office("UPDATE client SET status = 'closed' WHERE id = 4")
        #expect(try await practice.run(kind).outcome == .completedWithErrors)
        #expect(try await practice.differences() == [])
        #expect(try await practice.oneClick("clients")["4"] == nil)
        try practice.office("DELETE FROM business WHERE id = 3")
        #expect(try await practice.run(kind).outcome == .succeeded)
        #expect(try await practice.exceptions() == [])
        #expect(try await practice.differences() == [])
    }
}
