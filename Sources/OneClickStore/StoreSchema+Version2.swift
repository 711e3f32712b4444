import GRDB

/// Version 2: installations that are revoked or change their key, grants of HMRC, the audit.
extension StoreSchema {
    /// `next_key`: a public key that the installation announced, and when it first used it.
    static let installations = """
        CREATE TABLE installations (
          practice_id INTEGER NOT NULL REFERENCES practices (id), id TEXT NOT NULL,
          public_key TEXT NOT NULL, next_key TEXT, next_key_used_at TEXT, server TEXT NOT NULL,
          enrolled_at TEXT NOT NULL, revoked_at TEXT, revoked_by TEXT, PRIMARY KEY (practice_id, id)
        ) STRICT
        """

    static let installationsByID = "CREATE UNIQUE INDEX installations_by_id ON installations (id)"

    static let assertions = """
        CREATE TABLE assertions (
          practice_id INTEGER NOT NULL REFERENCES practices (id), id TEXT NOT NULL,
          expires_at TEXT NOT NULL, PRIMARY KEY (practice_id, id)
        ) STRICT
        """

    /// `installation`: whose run it is; NULL where OneClick never opened it.
    static let runs = """
        CREATE TABLE runs (
          practice_id INTEGER NOT NULL REFERENCES practices (id), run_id TEXT NOT NULL,
          fence INTEGER NOT NULL, token_digest TEXT NOT NULL, token_expires_at TEXT NOT NULL,
          kind TEXT NOT NULL, purpose TEXT NOT NULL, opened_at TEXT NOT NULL, installation TEXT,
          state TEXT NOT NULL, reason TEXT, receipt TEXT, PRIMARY KEY (practice_id, run_id)
        ) STRICT
        """

    static let runsByToken = "CREATE INDEX runs_by_token ON runs (token_digest)"

    /// What people did, counted from 1 for each practice; 0 stands for OneClick itself.
    static let audit = """
        CREATE TABLE audit (
          practice_id INTEGER NOT NULL, number INTEGER NOT NULL, noted_at TEXT NOT NULL,
          person TEXT NOT NULL, action TEXT NOT NULL, subject TEXT, row_count INTEGER,
          PRIMARY KEY (practice_id, number)
        ) STRICT, WITHOUT ROWID
        """

    /// The memory of what was ever adopted, `granted_at` and `generation`, outlives the tokens.
    /// `refreshes` counts what OneClick itself renewed since; `lock_number` fences who may.
    static let hmrcGrants = """
        CREATE TABLE hmrc_grants (
          practice_id INTEGER NOT NULL REFERENCES practices (id), credential_id INTEGER NOT NULL,
          granted_at TEXT NOT NULL, generation INTEGER NOT NULL, adopted_at TEXT NOT NULL,
          access_token BLOB, access_token_vault_key TEXT, access_token_fingerprint BLOB,
          access_expires_at TEXT,
          refresh_token BLOB, refresh_token_vault_key TEXT, refresh_token_fingerprint BLOB,
          expires_at TEXT, refreshes INTEGER NOT NULL DEFAULT 0, refreshed_at TEXT,
          state TEXT NOT NULL CHECK (state IN ('active', 'ended', 'removed', 'returned')),
          state_since TEXT NOT NULL,
          lock_number INTEGER NOT NULL DEFAULT 0, lock_expires_at TEXT,
          PRIMARY KEY (practice_id, credential_id)
        ) STRICT, WITHOUT ROWID
        """

    /// The public halves of the vault's keys, of all practices.
    static let vaultKeys = """
        CREATE TABLE vault_keys (
          id TEXT PRIMARY KEY, public_key TEXT NOT NULL, since TEXT NOT NULL
        ) STRICT
        """

    /// Two copies of an installation were seen: when, and on which server the second; and the fence
    /// by which a person has decided between two.
    private static let contests = [
        "ALTER TABLE practices ADD COLUMN contested_at TEXT",
        "ALTER TABLE practices ADD COLUMN contested_server TEXT",
        "ALTER TABLE practices ADD COLUMN taken_over_fence INTEGER",
    ]

    /// From version 1, inside one transaction.
    static func migrateToVersion2(_ db: Database) throws {
        for table in ["installations", "assertions", "runs", "answers"] {
            try db.execute(sql: "CREATE TEMP TABLE old_\(table) AS SELECT * FROM main.\(table)")
            try db.execute(sql: "DROP TABLE main.\(table)")
        }
        let tables = [
            installations, installationsByID, assertions, runs, runsByToken, audit, hmrcGrants,
            vaultKeys,
        ]
        for sql in tables + contests + copies { try db.execute(sql: sql) }
        for table in ["installations", "assertions", "runs", "answers"] {
            try db.execute(sql: "DROP TABLE temp.old_\(table)")
        }
        try db.execute(sql: "PRAGMA user_version = 2")
    }

    private static let copies = [
        """
        INSERT INTO installations
          (practice_id, id, public_key, server, enrolled_at, revoked_at)
        SELECT practice_id, id, public_key, server, enrolled_at, revoked_at
        FROM temp.old_installations
        """,
        // An assertion's name begins with its installation.
        """
        INSERT INTO assertions (practice_id, id, expires_at)
        SELECT i.practice_id, a.id, a.expires_at
        FROM temp.old_assertions AS a JOIN installations AS i
        ON i.id = substr(a.id, 1, instr(a.id, ' ') - 1)
        """,
        // Only the practice's installation can have opened the run that is open.
        """
        INSERT INTO runs
          (practice_id, run_id, fence, token_digest, token_expires_at, kind, purpose, opened_at,
           installation, state, reason, receipt)
        SELECT r.practice_id, r.run_id, r.fence, r.token_digest, r.token_expires_at, r.kind,
          r.purpose, r.opened_at, CASE WHEN r.run_id = p.fence_run THEN p.installation END,
          r.state, r.reason, r.receipt
        FROM temp.old_runs AS r JOIN practices AS p ON p.id = r.practice_id
        """,
        """
        INSERT INTO audit (practice_id, number, noted_at, person, action, subject, row_count)
        SELECT practice_id, row_number() OVER (PARTITION BY practice_id ORDER BY rowid),
          answered_at, person,
          CASE WHEN table_name IS NULL THEN 'lineage_' ELSE 'removals_' END
            || CASE answer WHEN 'approve' THEN 'approved' ELSE 'kept' END,
          table_name, row_count
        FROM (SELECT rowid, * FROM temp.old_answers)
        """,
    ]
}
