import GRDB
import SyncModel

/// The tables of a database of version 1, as that release made them, and what it put there.
enum Version1 {
    /// Two practices; the first is in the middle of a run.
    static let contents = [
        """
        INSERT INTO practices (id, name, time_zone, created_at, version, installation, fence,
          fence_run, server, place, latest_mark)
        VALUES (1, 'First & Co', 'Europe/London', '2026-11-01 09:00:00.000000', 3, 'i-2', 5,
          'run-5', 'OFFICE-1', 'p1', 'mark-4'),
        (2, 'Second & Co', 'Europe/Dublin', '2026-11-02 09:00:00.000000', 0, 'i-3', 0, NULL,
          'OFFICE-2', 'p1', NULL)
        """,
        """
        INSERT INTO enrolment_codes VALUES (1, 'digest', '2026-11-08 09:00:00.000000', NULL)
        """,
        """
        INSERT INTO installations VALUES
          ('i-1', 1, 'key 1', 'OLD-1', '2026-11-01 10:00:00.000000', '2026-11-03 10:00:00.000000'),
          ('i-2', 1, 'key 2', 'OFFICE-1', '2026-11-02 10:00:00.000000', NULL),
          ('i-3', 2, 'key 3', 'OFFICE-2', '2026-11-02 11:00:00.000000', NULL)
        """,
        """
        INSERT INTO assertions VALUES ('i-2 name', '2026-11-23 12:05:00.000000'),
          ('i-3 other name', '2026-11-23 12:06:00.000000')
        """,
        """
        INSERT INTO runs VALUES
          (1, 'run-4', 4, 'd4', '2026-11-23 15:00:00.000000', 'change', 'synchronise',
           '2026-11-23 09:00:00.000000', 'committed', NULL, '{}'),
          (1, 'run-5', 5, 'd5', '2026-11-23 18:00:00.000000', 'change', 'synchronise',
           '2026-11-23 12:00:00.000000', 'open', NULL, NULL)
        """,
        """
        INSERT INTO answers VALUES
          (1, '2026-11-04 10:00:00.000000', 'Ann', 'approve', 'clients', 12),
          (1, '2026-11-05 10:00:00.000000', 'Bob', 'keep', NULL, 1),
          (2, '2026-11-06 10:00:00.000000', 'Cat', 'keep', 'clients', 3)
        """,
        """
        INSERT INTO hmrc_credentials (practice_id, id, level, granted_at, generation,
          refresh_token, refresh_token_vault_key, refresh_token_fingerprint)
        VALUES (1, 7, 'practice', '2026-11-01 10:00:00.000000', 2, x'AA', 'vault', x'BB')
        """,
    ]

    static let control = [
        """
        CREATE TABLE practices (
          id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, time_zone TEXT NOT NULL,
          created_at TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 0,
          installation TEXT, fence INTEGER NOT NULL DEFAULT 0, fence_run TEXT,
          server TEXT, place TEXT, opened_at TEXT,
          latest_mark TEXT, committed_at TEXT, lineage_question TEXT
        ) STRICT
        """,
        """
        CREATE TABLE enrolment_codes (
          practice_id INTEGER NOT NULL REFERENCES practices (id), code_digest TEXT NOT NULL UNIQUE,
          expires_at TEXT NOT NULL, used_at TEXT, PRIMARY KEY (practice_id, code_digest)
        ) STRICT
        """,
        """
        CREATE TABLE installations (
          id TEXT PRIMARY KEY, practice_id INTEGER NOT NULL REFERENCES practices (id),
          public_key TEXT NOT NULL, server TEXT NOT NULL, enrolled_at TEXT NOT NULL, revoked_at TEXT
        ) STRICT
        """,
        "CREATE TABLE assertions (id TEXT PRIMARY KEY, expires_at TEXT NOT NULL) STRICT",
        """
        CREATE TABLE runs (
          practice_id INTEGER NOT NULL REFERENCES practices (id), run_id TEXT NOT NULL,
          fence INTEGER NOT NULL, token_digest TEXT NOT NULL, token_expires_at TEXT NOT NULL,
          kind TEXT NOT NULL, purpose TEXT NOT NULL, opened_at TEXT NOT NULL,
          state TEXT NOT NULL, reason TEXT, receipt TEXT, PRIMARY KEY (practice_id, run_id)
        ) STRICT
        """,
        "CREATE INDEX runs_by_token ON runs (token_digest)",
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
        """
        CREATE TABLE answers (
          practice_id INTEGER NOT NULL REFERENCES practices (id), answered_at TEXT NOT NULL,
          person TEXT NOT NULL, answer TEXT NOT NULL, table_name TEXT, row_count INTEGER NOT NULL
        ) STRICT
        """,
    ]
}
