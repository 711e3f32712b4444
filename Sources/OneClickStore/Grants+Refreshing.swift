import GRDB
import SQLDrivers
import SyncModel

/// Refreshing: under a lease that one refresher at a time has.
extension Grants {
    /// Gives one refresher the right to refresh, until the lease expires.
    func beginRefresh(
        of credential: Int64, lasting duration: Duration, now: Timestamp
    ) throws -> RefreshLease {
        guard let row = try row(of: credential) else { throw unknown(credential) }
        let grant = try grant(row)
        guard grant.state == .active, let tokens = grant.tokens else {
            throw notUsable(grant)
        }
        try checkNotInDoubt(credential)
        if let taken = row.time("lock_expires_at"), taken > now {
            throw busy(credential, for: taken - now)
        }
        let lease = RefreshLease(
            grant: grant, tokens: tokens, number: (row["lock_number"] as Int) + 1,
            expires: now + duration)
        try db.execute(
            cached: """
                UPDATE hmrc_grants SET lock_number = ?, lock_expires_at = ?
                WHERE practice_id = ? AND credential_id = ?
                """,
            arguments: [lease.number, lease.expires.sql, practice.rawValue, credential])
        return lease
    }

    /// A credential whose removal waits for a person, or whose row is refused, is not used; its
    /// tokens are kept.
    private func checkNotInDoubt(_ credential: Int64) throws {
        let isInDoubt = try Bool.fetchOne(
            db,
            cached: """
                SELECT EXISTS (SELECT 1 FROM exceptions
                  WHERE practice_id = ? AND table_name = ? AND path = ?)
                """,
            arguments: [
                practice.rawValue, Self.table.rawValue, Key(credential).bytes.databaseBytes,
            ])
        guard isInDoubt == true else { return }
        throw SyncError(
            "in_doubt",
            "HMRC credential \(credential) of practice \(practice) is held or refused, and is not "
                + "used until that is settled.",
            hint: "`syncworker held` and the console's errors say what is to be done.")
    }

    /// Saves a new pair, before anybody may use it, and ends the lease. The same pair again, whose
    /// answer was lost, changes nothing. A lease that ran out is good for as long as the pair that
    /// it was given is there: that one is spent, and this is the only one that HMRC takes.
    func save(_ tokens: Grant.Tokens, _ lease: RefreshLease, now: Timestamp) throws {
        let credential = lease.grant.credential
        if try row(of: credential)?.bytes("refresh_token") == tokens.refresh.cipher { return }
        let access = tokens.access
        try db.execute(
            cached: """
                UPDATE hmrc_grants SET
                  access_token = ?, access_token_vault_key = ?, access_token_fingerprint = ?,
                  access_expires_at = ?,
                  refresh_token = ?, refresh_token_vault_key = ?, refresh_token_fingerprint = ?,
                  refreshes = refreshes + 1, refreshed_at = ?, lock_expires_at = NULL
                WHERE practice_id = ? AND credential_id = ? AND refresh_token = ?
                """,
            arguments: [
                access?.cipher.databaseBytes, access?.vaultKey, access?.fingerprint.databaseBytes,
                tokens.accessExpiresAt?.sql, tokens.refresh.cipher.databaseBytes,
                tokens.refresh.vaultKey, tokens.refresh.fingerprint.databaseBytes, now.sql,
                practice.rawValue, credential, lease.tokens.refresh.cipher.databaseBytes,
            ])
        guard db.changesCount == 1 else { throw lost(lease) }
    }

    /// HMRC said `invalid_grant`: the tokens are of no use to anybody, and are destroyed.
    func end(_ lease: RefreshLease, now: Timestamp) throws {
        try db.execute(
            cached: """
                UPDATE hmrc_grants SET state = 'ended', state_since = ?, \(Self.withoutTokens)
                WHERE practice_id = ? AND credential_id = ? AND refresh_token = ?
                """,
            arguments: [
                now.sql, practice.rawValue, lease.grant.credential,
                lease.tokens.refresh.cipher.databaseBytes,
            ])
        guard db.changesCount == 1 else { throw lost(lease) }
    }

    /// Gives the lease back, where HMRC was not asked: another may begin at once.
    func giveBack(_ lease: RefreshLease) throws {
        try db.execute(
            cached: """
                UPDATE hmrc_grants SET lock_expires_at = NULL
                WHERE practice_id = ? AND credential_id = ? AND \(Self.isLeased)
                """, arguments: [practice.rawValue, lease.grant.credential, lease.number])
    }

    /// Each lease has a number of its own.
    private static let isLeased = "lock_number = ? AND lock_expires_at IS NOT NULL"

    private func unknown(_ credential: Int64) -> SyncError {
        SyncError(
            "grant",
            "OneClick holds no authorisation of HMRC credential \(credential) of practice "
                + "\(practice).",
            hint: "Authorise it on the premises; the next synchronisation hands it over.")
    }

    private func notUsable(_ grant: Grant) -> SyncError {
        let why =
            switch grant.state {
            case .active, .ended: "HMRC does not accept it any more"
            case .removed: "the credential is gone from Central, or its employee left"
            case .returned:
                "the credential was gone for a while and came back with an authorisation that was "
                    + "used already"
            }
        return SyncError(
            "authorise",
            "The authorisation of HMRC credential \(grant.credential) of practice \(practice) "
                + "cannot be used: \(why).",
            hint: "The practice must authorise it again, on the premises.")
    }

    private func busy(_ credential: Int64, for duration: Duration) -> SyncError {
        SyncError(
            "refreshing",
            "HMRC credential \(credential) of practice \(practice) is being refreshed at this "
                + "moment.",
            hint: "Nothing is wrong; the new tokens are there in a moment.",
            recovery: .retryAfter(duration))
    }

    private func lost(_ lease: RefreshLease) -> SyncError {
        SyncError(
            "lease",
            "HMRC credential \(lease.grant.credential) of practice \(practice) was authorised "
                + "anew, removed, or refreshed by another node meanwhile: the result of this "
                + "refresh is thrown away.",
            hint: "Read the grant again; nothing is to be mended unless it says so.")
    }
}
