import GRDB
import SQLDrivers
import SyncModel

/// The grants of one practice, inside one transaction.
struct Grants {
    let db: Database
    let practice: PracticeID

    static let table = TableName(rawValue: "hmrc_credentials")
    /// What a table of that name must have for grants to be adopted from it.
    private static let columns = [
        "id", "granted_at", "generation", "access_token", "access_expires_at", "refresh_token",
        "expires_at",
    ]

    static func areIn(_ shapes: Shapes) -> Bool {
        guard let shape = shapes[table] else { return false }
        return columns.allSatisfy { shape.index(of: $0) != nil }
    }

    // MARK: Following the synchronised rows

    /// Adopts what is newer than anything that was ever adopted, and destroys the tokens of
    /// credentials that are gone. At the end of each commit, whatever kind of run it ends: what is
    /// adopted depends on the rows alone.
    func follow(now: Timestamp) throws {
        for sql in [Self.adopt, Self.destroy, Self.noteReturn] {
            let latest = (now + Self.clockAheadMax).sql
            try db.execute(
                cached: sql,
                arguments: sql == Self.adopt
                    ? [practice.rawValue, now.sql, latest] : [practice.rawValue, now.sql])
        }
    }

    /// An authorisation of a later time waits: adopted, it would keep out every right one.
    private static let clockAheadMax = Duration.seconds(86_400)

    /// Whoever refreshes the authorisation before loses the right to it.
    private static let adopt = """
        INSERT INTO hmrc_grants (practice_id, credential_id, granted_at, generation, adopted_at,
          access_token, access_token_vault_key, access_token_fingerprint, access_expires_at,
          refresh_token, refresh_token_vault_key, refresh_token_fingerprint, expires_at,
          state, state_since)
        SELECT practice_id, id, granted_at, generation, ?2,
          access_token, access_token_vault_key, access_token_fingerprint, access_expires_at,
          refresh_token, refresh_token_vault_key, refresh_token_fingerprint, expires_at,
          'active', ?2
        FROM hmrc_credentials
        WHERE practice_id = ?1 AND granted_at IS NOT NULL AND refresh_token IS NOT NULL
          AND granted_at <= ?3
        ON CONFLICT (practice_id, credential_id) DO UPDATE SET
          granted_at = excluded.granted_at, generation = excluded.generation,
          adopted_at = excluded.adopted_at,
          access_token = excluded.access_token,
          access_token_vault_key = excluded.access_token_vault_key,
          access_token_fingerprint = excluded.access_token_fingerprint,
          access_expires_at = excluded.access_expires_at,
          refresh_token = excluded.refresh_token,
          refresh_token_vault_key = excluded.refresh_token_vault_key,
          refresh_token_fingerprint = excluded.refresh_token_fingerprint,
          expires_at = excluded.expires_at, refreshes = 0, refreshed_at = NULL,
          state = 'active', state_since = excluded.state_since,
          lock_number = lock_number + 1, lock_expires_at = NULL
        WHERE (excluded.granted_at, excluded.generation)
          > (hmrc_grants.granted_at, hmrc_grants.generation)
        """

    static let withoutTokens = """
        access_token = NULL, access_token_vault_key = NULL, access_token_fingerprint = NULL,
        access_expires_at = NULL, refresh_token = NULL, refresh_token_vault_key = NULL,
        refresh_token_fingerprint = NULL, lock_number = lock_number + 1, lock_expires_at = NULL
        """

    private static let isMirrored = """
        EXISTS (SELECT 1 FROM hmrc_credentials AS c
          WHERE c.practice_id = hmrc_grants.practice_id AND c.id = hmrc_grants.credential_id)
        """

    private static let destroy = """
        UPDATE hmrc_grants SET state = 'removed', state_since = ?2, \(withoutTokens)
        WHERE practice_id = ?1 AND state <> 'removed' AND NOT \(isMirrored)
        """

    private static let noteReturn = """
        UPDATE hmrc_grants SET state = 'returned', state_since = ?2
        WHERE practice_id = ?1 AND state = 'removed' AND \(isMirrored)
        """

    // MARK: Reading

    func all() throws -> [Grant] {
        try Row.fetchAll(
            db, cached: "SELECT * FROM hmrc_grants WHERE practice_id = ? ORDER BY credential_id",
            arguments: [practice.rawValue]
        ).map(grant)
    }

    func grant(of credential: Int64) throws -> Grant? { try row(of: credential).map(grant) }

    func row(of credential: Int64) throws -> Row? {
        try Row.fetchOne(
            db, cached: "SELECT * FROM hmrc_grants WHERE practice_id = ? AND credential_id = ?",
            arguments: [practice.rawValue, credential])
    }

    func grant(_ row: Row) throws -> Grant {
        guard let grantedAt = row.time("granted_at"), let adoptedAt = row.time("adopted_at"),
            let stateSince = row.time("state_since"),
            let state = Grant.State(rawValue: row["state"])
        else { throw damaged(row["credential_id"]) }
        let tokens = row.sealed("refresh_token").map { refresh in
            Grant.Tokens(
                access: row.sealed("access_token"), accessExpiresAt: row.time("access_expires_at"),
                refresh: refresh)
        }
        return Grant(
            practice: practice, credential: row["credential_id"],
            authorisation: .init(grantedAt: grantedAt, generation: row["generation"]),
            adoptedAt: adoptedAt, tokens: tokens, expiresAt: row.time("expires_at"),
            refreshes: row["refreshes"], refreshedAt: row.time("refreshed_at"), state: state,
            stateSince: stateSince)
    }

    private func damaged(_ credential: Int64) -> SyncError {
        SyncError(
            "grant",
            "What OneClick holds of HMRC credential \(credential) of practice \(practice) was "
                + "changed by another program and cannot be read.",
            hint: "Restore OneClick's database from a backup, or authorise the credential again.")
    }
}

extension Row {
    /// A sealed column; nil where it is NULL.
    fileprivate func sealed(_ column: String) -> SealedValue? {
        guard let cipher = bytes(column), let fingerprint = bytes(column + "_fingerprint"),
            let vaultKey = self[column + "_vault_key"] as String?
        else { return nil }
        return SealedValue(vaultKey: vaultKey, fingerprint: fingerprint, cipher: cipher)
    }

    func time(_ column: String) -> Timestamp? {
        (self[column] as String?).flatMap { Timestamp($0) }
    }
}
