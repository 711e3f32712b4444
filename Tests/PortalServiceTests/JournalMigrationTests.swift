import GRDB
import SyncEngine
import SyncModel
import SyncProtocol
import Testing

@testable import PortalService

/// Files that an earlier release made.
struct JournalMigrationTests {
    let folder = TemporaryFolder()
    var path: String { folder.file("journal.db") }

    /// As release 1 made its tables: written down, since the code goes on.
    private static let version1 = """
        CREATE TABLE runs (
          number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, started_at TEXT NOT NULL,
          start TEXT NOT NULL, outcome TEXT, record TEXT
        ) STRICT;
        CREATE INDEX runs_by_start ON runs (started_at);
        CREATE TABLE installation (fence INTEGER NOT NULL, settled INTEGER NOT NULL) STRICT;
        INSERT INTO installation VALUES (41, 5);
        PRAGMA user_version = 1;
        """

    private let runs = [
        RunRecord.example("a", "2026-11-24T08:00:00Z"),
        RunRecord.example(
            "b", "2026-11-24T09:00:00Z", outcome: .held, request: .manual(.full),
            problems: [.example("A name is too long."), .example("Gone.", code: "held")]),
        RunRecord.example("c", "2026-11-24T08:30:00Z", outcome: .failed),
    ]

    /// With three runs, numbered from 4 on since older ones were pruned, and one without an end.
    private func makeVersion1() throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
        try queue.write { db in
            try db.execute(sql: Self.version1)
            for (number, run) in zip(4..., runs) {
                let start = RunStart.example(run.id.rawValue)
                try db.execute(
                    sql: "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?)",
                    arguments: [
                        number, run.id.rawValue, run.startedAt.sql, try Self.json(start),
                        run.outcome.rawValue, try Self.json(run),
                    ])
            }
            let start = RunStart.example("d", "2026-11-24T10:00:00Z")
            try db.execute(
                sql: "INSERT INTO runs VALUES (7, 'd', ?, ?, NULL, NULL)",
                arguments: [start.startedAt.sql, try Self.json(start)])
        }
        try queue.close()
    }

    private static func json(_ value: some Encodable) throws -> String {
        String(decoding: try WireJSON.encode(value), as: UTF8.self)
    }

    @Test func `a file of version 1 keeps its runs, their order and the fence`() async throws {
        try makeVersion1()
        let journal = try SQLiteJournal(path: path)
        #expect(try await journal.runs(limit: 3, isUnderway: true) == runs.reversed())
        #expect(try await journal.lastOpened().fence == 41)
        #expect(try await journal.lastOpened().runs.map(\.rawValue) == ["c", "d"])
        #expect(try await journal.lastStarted() == Timestamp("2026-11-24T10:00:00Z"))
        #expect(try await journal.run(RunID(rawValue: "d"))?.errors.map(\.code) == ["cut_off"])
    }

    @Test func `its runs are found as if they had been written by this release`() async throws {
        try makeVersion1()
        let journal = try SQLiteJournal(path: path)
        let found = try await journal.history(limit: 10)
        #expect(found.map(\.number) == [7, 6, 5, 4])
        #expect(found.dropFirst().map(\.outcome) == [.failed, .held, .succeeded])
        #expect(found.last == RunSummary(runs[0], number: 4))
        let named = try await journal.history(RunFilter(text: "too LONG"), limit: 10)
        #expect(named == [RunSummary(runs[1], number: 5)])
        let good = try await journal.history(
            RunFilter(outcomes: [.succeeded], purpose: .synchronise), limit: 1)
        #expect(good.map(\.id.rawValue) == ["a"])
        #expect(try await journal.lastApplied()?.id.rawValue == "b")
        #expect(try await journal.count(RunFilter(outcomes: [.failed])) == 2)
    }

    @Test func `it goes on as a file of this release`() async throws {
        try makeVersion1()
        try SQLiteJournal(path: path).close()
        let journal = try SQLiteJournal(path: path)
        #expect(try await journal.history(limit: 10, isUnderway: true).count == 3)
        try await journal.endCutOff()
        try await journal.begin(.example("e"))
        try await journal.record(.example("e"))
        let latest = try await journal.history(limit: 2)
        #expect(latest.map(\.number) == [8, 7])
        #expect(latest.map(\.outcome) == [.succeeded, .failed])
        await journal.note(
            AuditEntry(
                at: Timestamp("2026-11-24T08:00:00Z")!, person: "A", action: "b", details: ""))
        #expect(try await journal.audit(limit: 1).count == 1)
    }
}
