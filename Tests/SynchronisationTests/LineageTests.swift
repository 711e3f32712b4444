import Central
import Foundation
import GRDB
import SyncEngine
import SyncModel
import SyncProtocol
import SyncTesting
import Testing

@Suite("Whose history it is")
struct LineageTests {
    @Test("a restored Central applies nothing until a person answers")
    func restored() async throws {
        let practice = try await Practice()
        try await practice.run()
        let backup = try practice.backUp()
        try practice.office("UPDATE contact SET name = 'After the backup' WHERE id = 1")
        try await practice.run()
        try practice.restore(backup)
        try practice.office("UPDATE contact SET name = 'After the restore' WHERE id = 2")

        let record = try await practice.run()
        #expect(record.outcome == .held)
        #expect(record.errors.map(\.code) == ["lineage"])
        #expect(record.errors[0].message.contains("2 records differ"))
        #expect(try await practice.oneClick("clients")["1"]?["name"] == "After the backup")
        #expect(try await practice.run(.full).outcome == .held)
        #expect(try await practice.oneClick("clients")["2"]?["name"] == "Client 2")

        try await practice.answer(.approve, nil)
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
        #expect(try await practice.run().rowsSent == 0)
    }

    @Test("an answer used by a run of some data sets is not asked for again")
    func followedBySome() async throws {
        let practice = try await Practice()
        let backup = try practice.backUp()
        try await practice.run()
        try practice.restore(backup)
        try practice.office("DELETE FROM business WHERE id = 1")
        #expect(try await practice.run().outcome == .held)
        try await practice.answer(.approve, nil)
        #expect(try await practice.run(only: ["Client List"]).outcome == .succeeded)
        let record = try await practice.run()
        #expect(record.outcome == .succeeded, "\(record.errors)")
        #expect(try await practice.differences() == [])
    }

    @Test("a table that cannot be read does not keep the question from being asked")
    func askedAllTheSame() async throws {
        let practice = try await Practice()
        let backup = try practice.backUp()
        try await practice.run()
        try practice.restore(backup)
        try practice.office("UPDATE ap_transaction SET posted_on = 'some day'")
        let record = try await practice.run { $0.refusedRowsMax = 40 }
        #expect(record.outcome == .held)
        #expect(Set(record.errors.map(\.code)) == ["lineage", "table"])
        #expect(try await practice.cloud.store.status(practice: practice.id).lineageQuestion != nil)
    }

    @Test("the right Central put back ends the question by itself")
    func putBack() async throws {
        let practice = try await Practice()
        try await practice.run()
        let backup = try practice.backUp()
        try practice.office("UPDATE contact SET name = 'Later' WHERE id = 1")
        try await practice.run()
        let right = try practice.backUp()
        try practice.restore(backup)
        #expect(try await practice.run().outcome == .held)
        try practice.restore(right)
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
    }

    /// Central was restored behind its last synchronisation, and the question is asked.
    private func asked() async throws -> (practice: Practice, backup: String) {
        let practice = try await Practice()
        try await practice.run()
        let backup = try practice.backUp()
        try await practice.run()
        try practice.restore(backup)
        #expect(try await practice.run().outcome == .held)
        return (practice, backup)
    }

    @Test("an approval is for the Central it was given for")
    func anotherCentral() async throws {
        let (practice, backup) = try await asked()
        try await practice.answer(.approve, nil)
        try practice.restore(backup)
        #expect(try await practice.run().outcome == .held)
    }

    @Test("an answer is for the question that was seen")
    func anotherQuestion() async throws {
        let (practice, backup) = try await asked()
        let seen = try await practice.cloud.store.status(practice: practice.id).lineageQuestion
        try await practice.answer(.approve, nil)
        try practice.restore(backup)
        practice.world.advance(days: 1)
        #expect(try await practice.run().outcome == .held)
        let request = AnswerRequest(
            answer: .approve, table: nil, keys: nil, seenAt: seen?.since, person: "tester")
        await #expect(throws: SyncError.self) {
            try await practice.cloud.store.answer(
                request, practice: practice.id, now: practice.world.now)
        }
        #expect(try await practice.run().outcome == .held)
    }

    @Test("without capture an earlier Central is known by its greatest ids")
    func uncaptured() async throws {
        let practice = try await Practice(isCaptured: false)
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
        let backup = try practice.backUp()
        try practice.office("INSERT INTO contact (name) VALUES ('New')")
        #expect(try await practice.run().outcome == .succeeded)
        try practice.restore(backup)
        #expect(try await practice.run().outcome == .held)
    }

    @Test("without capture an approval is for the Central it was given for, as it goes on")
    func anotherUncaptured() async throws {
        let practice = try await Practice(isCaptured: false)
        try await practice.run()
        let monday = try practice.backUp()
        try practice.office("INSERT INTO contact (name) VALUES ('Tuesday')")
        let tuesday = try practice.backUp()
        try practice.office("INSERT INTO contact (name) VALUES ('Wednesday')")
        try await practice.run()
        try practice.restore(tuesday)
        #expect(try await practice.run().outcome == .held)
        try await practice.answer(.approve, nil)
        try practice.restore(monday)
        #expect(try await practice.run().outcome == .held)
        // The question is now about Monday's, which went on to Tuesday.
        try practice.restore(tuesday)
        #expect(try await practice.run().outcome == .held)
        try await practice.answer(.approve, nil)
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
    }

    @Test("without capture an id that SQLite gives again says nothing")
    func reusedIdentifiers() async throws {
        let practice = try await Practice(isCaptured: false) { db in
            try Practice.fewClients(db)
            // The same table as a practice's own schema may have it.
            let sql = try String.fetchOne(
                db, sql: "SELECT sql FROM sqlite_schema WHERE name = 'business'")!
            try db.execute(
                sql: """
                    ALTER TABLE business RENAME TO before;
                    \(sql.replacing(" AUTOINCREMENT", with: ""));
                    INSERT INTO business SELECT * FROM before; DROP TABLE before
                    """)
        }
        #expect(try await practice.run().outcome == .succeeded)
        try practice.office("DELETE FROM business WHERE id = (SELECT max(id) FROM business)")
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
    }

    @Test("a Central that lost its capture is known by the marks that are there")
    func captureRemoved() async throws {
        let practice = try await Practice()
        try await practice.run()
        let backup = try practice.backUp()
        try practice.office("UPDATE contact SET name = 'After the backup' WHERE id = 1")
        try await practice.run()
        try practice.restore(backup)
        _ = try Capture.remove(
            path: practice.path, catalogue: practice.catalogue, everything: false)

        let record = try await practice.run()
        #expect(record.outcome == .held)
        #expect(record.errors.map(\.code) == ["lineage"])
        #expect(try await practice.oneClick("clients")["1"]?["name"] == "After the backup")

        try await practice.answer(.approve, nil)
        #expect(try await practice.run().outcome == .succeeded)
        #expect(try await practice.differences() == [])
        // One answer is enough.
        #expect(try await practice.run().outcome == .succeeded)
    }

    @Test("capture that comes back knows what was seen without it")
    func captureReturns() async throws {
        let practice = try await Practice()
        try await practice.run()
        let backup = try practice.backUp()
        _ = try Capture.remove(
            path: practice.path, catalogue: practice.catalogue, everything: false)
        try practice.office("INSERT INTO contact (name) VALUES ('New')")
        try await practice.run()
        try practice.restore(backup)
        #expect(try await practice.run().outcome == .held)
    }

    @Test("without capture every run compares, and sends what differs")
    func uncapturedChange() async throws {
        let practice = try await Practice(isCaptured: false)
        try await practice.run()
        try practice.office(
            "UPDATE contact SET name = 'New' WHERE id = 1; DELETE FROM business WHERE id = 2")
        let record = try await practice.run()
        #expect(record.rowsSent == 1)
        #expect(try await practice.differences() == [])
        #expect(try await practice.run().rowsSent == 0)
    }
}
