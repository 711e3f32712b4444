import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// An installation's public keys: the one in use, and the one that is to follow it.
extension OneClickStore {
    /// How long the key before is accepted once its successor was used: for a run that began with
    /// it.
    public static let formerKeyAccepted = Duration.seconds(3600)

    /// The next key is accepted from now on beside the one in use. Again with the same key, nothing
    /// changes. Throws `assertion` where the signer is a key that another has followed already.
    ///
    /// - Parameter signer: the key that signed the request.
    public func setNextKey(
        _ publicKey: String, of installation: Installation, signer: String, now: Timestamp
    ) async throws {
        try await write(installation.practice) { store in
            try store.checkIsCurrent(installation.id)
            try store.setNextKey(publicKey, of: installation, signer: signer, now: now)
        }
    }

    /// The next key signed a request for the first time.
    public func noteNextKeyUsed(
        _ key: String, of installation: Installation, now: Timestamp
    ) async throws {
        try await write { db in
            try db.execute(
                cached: """
                    UPDATE installations SET next_key_used_at = ?
                    WHERE practice_id = ? AND id = ? AND next_key = ?
                      AND next_key_used_at IS NULL
                    """,
                arguments: [
                    now.sql, installation.practice.rawValue, installation.id.rawValue, key,
                ])
        }
    }
}

extension PracticeStore {
    fileprivate func setNextKey(
        _ publicKey: String, of installation: OneClickStore.Installation, signer: String,
        now: Timestamp
    ) throws {
        let name: [any DatabaseValueConvertible] = [id.rawValue, installation.id.rawValue]
        let row = try Row.fetchOne(
            db, cached: "SELECT * FROM installations WHERE practice_id = ? AND id = ?",
            arguments: StatementArguments(name))
        let next: String? = row?["next_key"]
        guard let row, row["public_key"] != publicKey, next != publicKey else { return }
        if row["next_key_used_at"] as String? != nil {
            // Whoever has no more than the former key does not decide which one follows.
            guard next == signer else { throw Self.followed }
            // What was to follow has followed.
            try db.execute(
                cached: """
                    UPDATE installations SET public_key = next_key WHERE practice_id = ? AND id = ?
                    """, arguments: StatementArguments(name))
        }
        try db.execute(
            cached: """
                UPDATE installations SET next_key = ?, next_key_used_at = NULL
                WHERE practice_id = ? AND id = ?
                """, arguments: StatementArguments([publicKey] + name))
        try Audit(db: db, practice: id).note(
            .keyChanged, by: installation.server, subject: installation.id.rawValue, now: now)
    }

    private static let followed = SyncError(
        "assertion", "This key was replaced by another one already.",
        hint: "Use the newest key of this installation; if it is lost, enrol it again with a new "
            + "code from OneClick.")
}

extension OneClickStore.Installation {
    /// The keys that are accepted, the one in use first.
    public func keys(at now: Timestamp) -> [String] {
        guard let nextKey else { return [publicKey] }
        guard let nextKeyUsedAt, nextKeyUsedAt + OneClickStore.formerKeyAccepted < now else {
            return [publicKey, nextKey]
        }
        return [nextKey]
    }
}
