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
    /// changes.
    public func setNextKey(
        _ publicKey: String, of installation: Installation, now: Timestamp
    ) async throws {
        try await write { db in
            let id = installation.id.rawValue
            // What was to follow has followed.
            try db.execute(
                cached: """
                    UPDATE installations
                    SET public_key = next_key, next_key = NULL, next_key_used_at = NULL
                    WHERE practice_id = ? AND id = ? AND next_key_used_at IS NOT NULL
                      AND next_key <> ?
                    """, arguments: [installation.practice.rawValue, id, publicKey])
            try db.execute(
                cached: """
                    UPDATE installations SET next_key = ?, next_key_used_at = NULL
                    WHERE practice_id = ? AND id = ? AND public_key <> ?
                      AND next_key IS NOT ?
                    """,
                arguments: [publicKey, installation.practice.rawValue, id, publicKey, publicKey])
            guard db.changesCount > 0 else { return }
            try Audit(db: db, practice: installation.practice).note(
                .keyChanged, by: installation.server, subject: id, now: now)
        }
    }

    /// The next key signed a request for the first time.
    public func noteNextKeyUsed(_ installation: Installation, now: Timestamp) async throws {
        try await write { db in
            try db.execute(
                cached: """
                    UPDATE installations SET next_key_used_at = ?
                    WHERE practice_id = ? AND id = ? AND next_key_used_at IS NULL
                    """,
                arguments: [now.sql, installation.practice.rawValue, installation.id.rawValue])
        }
    }

    /// A person's word which installation is the practice's, and from where.
    public func takeOver(
        _ request: TakeOverRequest, _ installation: Installation, now: Timestamp
    ) async throws -> TakeOverAnswer {
        try await write(installation.practice) { store in
            let answer = try store.takeOver(request, installation.id)
            if answer.fence != nil {
                try Audit(db: store.db, practice: store.id).note(
                    .tookOver, by: request.server, subject: installation.id.rawValue, now: now)
            }
            return answer
        }
    }
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
