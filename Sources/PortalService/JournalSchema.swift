import GRDB
import SyncEngine
import SyncModel
import SyncProtocol

/// The journal's tables, and the way to them from those of earlier releases.
enum JournalSchema {
    static let version = 2

    private static let statements = [
        // `record` comes last: it may be long, and lists read what stands before it.
        """
        CREATE TABLE runs (
          number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, started_at TEXT NOT NULL,
          outcome TEXT, summary TEXT NOT NULL, start TEXT NOT NULL, record TEXT
        ) STRICT
        """,
        "CREATE INDEX runs_by_start ON runs (started_at)",
        // What runs are looked up by: narrow, so that all of them are gone through quickly. A run
        // without an end is in it as the failure that it would be if its process died.
        """
        CREATE TABLE history (
          number INTEGER PRIMARY KEY REFERENCES runs (number) ON DELETE CASCADE,
          started_at INTEGER NOT NULL, ended INTEGER NOT NULL, outcome TEXT NOT NULL,
          kind TEXT NOT NULL, trigger TEXT NOT NULL, purpose TEXT NOT NULL,
          applied INTEGER NOT NULL, records INTEGER NOT NULL, microseconds INTEGER NOT NULL,
          search TEXT NOT NULL
        ) STRICT
        """,
        "CREATE INDEX history_by_outcome ON history (outcome, number)",
        """
        CREATE TABLE audit (
          number INTEGER PRIMARY KEY, at INTEGER NOT NULL, person TEXT NOT NULL,
          action TEXT NOT NULL, details TEXT NOT NULL
        ) STRICT
        """,
        "CREATE TABLE memory (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    ]

    private static let installation = [
        // `settled` is the run that was given the fence.
        "CREATE TABLE installation (fence INTEGER NOT NULL, settled INTEGER NOT NULL) STRICT",
        "INSERT INTO installation VALUES (0, 0)",
    ]

    /// Makes the tables of a new file, or brings an older file up to date. In one transaction of
    /// the caller's: a file is of one version or of the other.
    static func bringUpToDate(_ db: Database, path: String) throws {
        switch try Int.fetchOne(db, sql: "PRAGMA user_version") {
        case 0:
            for sql in statements + installation { try db.execute(sql: sql) }
        case 1:
            try bringUpFromVersion1(db)
        case version:
            return
        default:
            throw SyncError(
                .journal, "The journal \(path) was made by a newer release.",
                hint: "Use that release, or move the journal away: history is lost, and "
                    + "OneClick may ask for a new enrolment.")
        }
        try db.execute(sql: "PRAGMA user_version = \(version)")
    }

    /// Version 1 knew no summaries, and its runs have to be read to make them.
    private static func bringUpFromVersion1(_ db: Database) throws {
        try db.execute(sql: "DROP INDEX runs_by_start")
        try db.execute(sql: "ALTER TABLE runs RENAME TO runs_before")
        for sql in statements { try db.execute(sql: sql) }
        let runs = try Row.fetchCursor(
            db, sql: "SELECT number, start, record FROM runs_before ORDER BY number")
        while let row = try runs.next() {
            let start: RunStart = try WireJSON.decode(from: Array((row["start"] as String).utf8))
            let record: RunRecord? = try (row["record"] as String?).map {
                try WireJSON.decode(from: Array($0.utf8))
            }
            try RunRow(start, record).write(db, number: row["number"])
        }
        try db.execute(sql: "DROP TABLE runs_before")
    }
}

/// A run as it stands in the file.
struct RunRow {
    private let start: RunStart
    private let record: RunRecord?
    /// What is shown of it: where it has no end, what would be if its process died.
    private let shown: RunRecord

    init(_ start: RunStart, _ record: RunRecord? = nil) {
        self.start = start
        self.record = record
        shown = record ?? .cutOff(start)
    }

    /// Writes a new run, or the end of one that has begun.
    ///
    /// - Parameter number: of a file where it had one; else the next.
    func write(_ db: Database, number: Int? = nil) throws {
        let summary = RunSummary(shown, number: 0)
        let end = """
            ON CONFLICT (id) DO UPDATE SET outcome = excluded.outcome,
              summary = excluded.summary, record = excluded.record
            """
        try db.execute(
            sql: """
                INSERT INTO runs (number, id, started_at, outcome, summary, start, record)
                VALUES (?, ?, ?, ?, ?, ?, ?) \(record == nil ? "" : end)
                """,
            arguments: [
                number, start.id.rawValue, start.startedAt.sql, record?.outcome.rawValue,
                try Self.json(summary), try Self.json(start), try record.map(Self.json),
            ])
        let microseconds =
            shown.finishedAt.microsecondsSince1970 - shown.startedAt.microsecondsSince1970
        try db.execute(
            sql: """
                INSERT OR REPLACE INTO history (
                  number, started_at, ended, outcome, kind, trigger, purpose, applied, records,
                  microseconds, search)
                VALUES ((SELECT number FROM runs WHERE id = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                start.id.rawValue, start.startedAt.microsecondsSince1970, record != nil,
                shown.outcome.rawValue, shown.kind.rawValue, shown.trigger.rawValue,
                shown.purpose.rawValue, summary.hasApplied, summary.records,
                max(0, microseconds), shown.searchText,
            ])
    }

    private static func json(_ value: some Encodable) throws -> String {
        String(decoding: try WireJSON.encode(value), as: UTF8.self)
    }
}
