import GRDB
import SyncModel

/// The tables of OneClick's database.
///
/// Everything about a practice carries `practice_id` first in its key, so that the schema can be
/// distributed by practice. Typed tables are STRICT: a value of another type cannot get in.
/// An exception's `path` is its key as canonical bytes, in the order of the rows; `key` says the
/// same to people. What came or changed with version 2 stands in `StoreSchema+Version2.swift`.
enum StoreSchema {
    static let version = 2

    static func create(in db: Database, shapes: Shapes) throws {
        for sql in control { try db.execute(sql: sql) }
        for shape in shapes.tables {
            try db.execute(sql: TypedTable(shape).createSQL)
        }
        for sql in linkIndexes(in: shapes) { try db.execute(sql: sql) }
        try db.execute(sql: "PRAGMA user_version = \(version)")
    }

    static func linkIndexes(in shapes: Shapes) -> [String] {
        shapes.tables.flatMap { linkIndexes(of: $0, in: shapes) }
    }

    /// Where a row finds another by a column that does not lead the other's key.
    private static func linkIndexes(of shape: TableShape, in shapes: Shapes) -> [String] {
        let links = shapes.tables.flatMap { [$0.parent, $0.neededBy] }.compactMap(\.self)
        let columns = Set(links.filter { $0.table == shape.name }.map(\.parentColumn))
        return columns.subtracting([shape.columns[0].name]).sorted().map { column in
            "CREATE INDEX \(shape.name)_by_\(column) ON \(shape.name) (practice_id, \(column))"
        }
    }

    static let control = [
        """
        CREATE TABLE practices (
          id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, time_zone TEXT NOT NULL,
          created_at TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 0,
          installation TEXT, fence INTEGER NOT NULL DEFAULT 0, fence_run TEXT,
          server TEXT, place TEXT, opened_at TEXT,
          latest_mark TEXT, committed_at TEXT, lineage_question TEXT,
          contested_at TEXT, contested_server TEXT, taken_over_fence INTEGER
        ) STRICT
        """,
        vaultKeys,
        """
        CREATE TABLE enrolment_codes (
          practice_id INTEGER NOT NULL REFERENCES practices (id), code_digest TEXT NOT NULL UNIQUE,
          expires_at TEXT NOT NULL, used_at TEXT, PRIMARY KEY (practice_id, code_digest)
        ) STRICT
        """,
        installations, installationsByID, assertions, runs, runsByToken,
        """
        CREATE TABLE checkpoints (
          practice_id INTEGER NOT NULL REFERENCES practices (id), table_name TEXT NOT NULL,
          position TEXT NOT NULL, as_of TEXT NOT NULL, mark TEXT, epoch TEXT NOT NULL,
          fingerprint TEXT NOT NULL, PRIMARY KEY (practice_id, table_name)
        ) STRICT
        """,
        """
        CREATE TABLE table_states (
          practice_id INTEGER NOT NULL REFERENCES practices (id), table_name TEXT NOT NULL,
          row_count INTEGER NOT NULL DEFAULT 0, proved_up_to BLOB,
          PRIMARY KEY (practice_id, table_name)
        ) STRICT
        """,
        """
        CREATE TABLE loads (
          practice_id INTEGER NOT NULL REFERENCES practices (id), table_name TEXT NOT NULL,
          load_id TEXT NOT NULL, base TEXT NOT NULL, latest_mark TEXT, is_in_place INTEGER NOT NULL,
          PRIMARY KEY (practice_id, table_name)
        ) STRICT
        """,
        """
        CREATE TABLE load_tiles (
          practice_id INTEGER NOT NULL, load_id TEXT NOT NULL, after_key BLOB NOT NULL,
          up_to_key BLOB NOT NULL, PRIMARY KEY (practice_id, load_id, after_key)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE load_refused (
          practice_id INTEGER NOT NULL, load_id TEXT NOT NULL, key BLOB NOT NULL,
          PRIMARY KEY (practice_id, load_id, key)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE staged_batches (
          practice_id INTEGER NOT NULL, run_id TEXT NOT NULL, number INTEGER NOT NULL,
          table_name TEXT NOT NULL, load_id TEXT, digest BLOB NOT NULL, frame BLOB,
          PRIMARY KEY (practice_id, run_id, number)
        ) STRICT
        """,
        """
        CREATE TABLE exceptions (
          practice_id INTEGER NOT NULL REFERENCES practices (id), table_name TEXT NOT NULL,
          path BLOB NOT NULL, key TEXT NOT NULL,
          kind TEXT NOT NULL CHECK (kind IN ('refused', 'held', 'kept')),
          code TEXT NOT NULL, column_name TEXT, message TEXT NOT NULL, hint TEXT NOT NULL,
          since TEXT NOT NULL, origin_table TEXT, origin_key TEXT,
          row_count INTEGER NOT NULL,
          approved_digest BLOB, approved_by TEXT, approved_until TEXT,
          PRIMARY KEY (practice_id, table_name, path, kind)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE INDEX exceptions_by_origin ON exceptions (practice_id, origin_table, origin_key)
        WHERE origin_key IS NOT NULL
        """,
        """
        CREATE TABLE removals (
          practice_id INTEGER NOT NULL REFERENCES practices (id), table_name TEXT NOT NULL,
          removed_at TEXT NOT NULL, row_count INTEGER NOT NULL
        ) STRICT
        """,
        "CREATE INDEX removals_by_time ON removals (practice_id, table_name, removed_at)",
        audit, hmrcGrants,
    ]
}
