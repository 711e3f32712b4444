import GRDB
import SyncModel

/// What whoever runs OneClick does with installations and looks up.
extension OneClickStore {
    /// - Parameter practice: nil for all of them.
    public func installations(of practice: PracticeID?) async throws -> [InstallationSummary] {
        try await read { try Installations(db: $0).list(of: practice) }
    }

    /// Refuses an installation from its next request on, in the middle of a run too, and ends what
    /// it has under way. Throws `installation` if it is unknown or was revoked before.
    public func revoke(
        _ id: InstallationID, by person: String, now: Timestamp
    ) async throws -> InstallationSummary {
        try await write { try Installations(db: $0).revoke(id, by: person, now: now) }
    }
}

// MARK: Erasing

extension OneClickStore {
    /// Removes a practice from everywhere; a run of it that is under way is refused from then on.
    /// `compact` then takes the bytes out of the file. Throws `practice` if it is unknown and
    /// `confirm` if `name` is not its exact name.
    public func erase(
        _ practice: PracticeID, confirming name: String, by person: String, now: Timestamp
    ) async throws -> ErasureReport {
        try await write {
            try Erasure(db: $0, practice: practice)
                .erase(confirming: name, by: person, now: now)
        }
    }

    /// Rewrites the database's file without the bytes of rows that are gone, and empties the log
    /// beside it. Waits for whoever reads, and throws `compact` if that takes too long.
    public func compact() throws {
        do {
            try rewrite()
        } catch let error as DatabaseError {
            throw SyncError(
                "compact",
                "The bytes of rows that are gone may still lie in the database's file: "
                    + "\(error.message ?? "it could not be rewritten").",
                hint: "Run `oneclick compact` when the disk has room for a second copy of the "
                    + "database and OneClick is less busy.")
        }
    }
}

// MARK: Audit

extension OneClickStore {
    /// What people did, oldest first.
    ///
    /// - Parameter practice: nil for all of them, and for what concerns no practice any more.
    public func audit(of practice: PracticeID?) async throws -> [AuditEntry] {
        try await read { try Audit.entries($0, of: practice) }
    }
}
