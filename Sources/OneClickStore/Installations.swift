import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// An installation as people see it.
public struct InstallationSummary: Codable, Sendable, Hashable {
    public var id: InstallationID
    public var practice: PracticeID
    public var practiceName: String
    public var server: String
    public var enrolledAt: Timestamp
    public var state: State
    /// When it was replaced or revoked.
    public var since: Timestamp?
    public var revokedBy: String?
    /// Of the public key in use, as the premises show it too; nil where the key is none.
    public var fingerprint: String?
    /// Of the key that is to follow and was not used yet.
    public var nextFingerprint: String?

    public enum State: String, Codable, Sendable, Hashable {
        /// The one that synchronises the practice.
        case current
        /// Another was enrolled since.
        case replaced
        /// Refused for good.
        case revoked
    }
}

/// The installations of all practices, for whoever runs OneClick.
struct Installations {
    let db: Database

    func list(of practice: PracticeID?) throws -> [InstallationSummary] {
        try Row.fetchAll(db, cached: Self.listSQL, arguments: [practice?.rawValue]).map(summary)
    }

    private static let listSQL = """
        SELECT i.*, p.name, p.installation = i.id AS is_current,
          (SELECT min(n.enrolled_at) FROM installations AS n
            WHERE n.practice_id = i.practice_id AND n.enrolled_at > i.enrolled_at) AS replaced_at
        FROM installations AS i JOIN practices AS p ON p.id = i.practice_id
        WHERE i.practice_id = ?1 OR ?1 IS NULL
        ORDER BY i.practice_id, i.enrolled_at, i.id
        """

    private func summary(_ row: Row) -> InstallationSummary {
        func time(_ column: String) -> Timestamp? {
            (row[column] as String?).flatMap { Timestamp($0) }
        }
        let isCurrent = row["is_current"] as Bool? ?? false
        let revokedAt = time("revoked_at")
        let state: InstallationSummary.State =
            revokedAt != nil ? .revoked : isCurrent ? .current : .replaced
        let next: String? = row["next_key"]
        let isNextUsed = row["next_key_used_at"] as String? != nil
        let key: String = isNextUsed ? next ?? "" : row["public_key"]
        return InstallationSummary(
            id: InstallationID(rawValue: row["id"]),
            practice: PracticeID(rawValue: row["practice_id"]), practiceName: row["name"],
            server: row["server"], enrolledAt: time("enrolled_at") ?? .distantPast, state: state,
            since: revokedAt ?? (isCurrent ? nil : time("replaced_at")),
            revokedBy: row["revoked_by"],
            fingerprint: KeyFingerprint.of(publicKeyPEM: key),
            nextFingerprint: isNextUsed ? nil : next.flatMap(KeyFingerprint.of))
    }

    /// From here on nothing that the installation sends is accepted, in a run neither.
    func revoke(
        _ id: InstallationID, by person: String, now: Timestamp
    ) throws -> InstallationSummary {
        let before = try list(of: nil).first { $0.id == id }
        guard let before else {
            throw SyncError(
                "installation", "OneClick has no installation \(id).",
                hint: "`oneclick installation list` shows those that there are.")
        }
        guard before.state != .revoked else { throw wasRevoked(before) }
        try db.execute(
            cached: """
                UPDATE installations SET revoked_at = ?, revoked_by = ?
                WHERE practice_id = ? AND id = ?
                """, arguments: [now.sql, person, before.practice.rawValue, id.rawValue])
        try Runs(db: db, practice: before.practice)
            .abortOpen(of: id, reason: "its installation was revoked")
        try Audit(db: db, practice: before.practice).note(
            .revoked, by: person, subject: id.rawValue, now: now)
        var after = before
        (after.state, after.since, after.revokedBy) = (.revoked, now, person)
        return after
    }

    private func wasRevoked(_ installation: InstallationSummary) -> SyncError {
        let when = installation.since.map { " on \($0.inUTC)" } ?? ""
        let who = installation.revokedBy.map { " by \($0)" } ?? ""
        return SyncError(
            "installation",
            "Installation \(installation.id) of \(installation.practiceName) was revoked"
                + "\(when)\(who) already.",
            hint: "Nothing is left to be done. `oneclick practice code "
                + "\(installation.practice)` gives the practice a code for another.")
    }
}

extension PracticeStore {
    /// Asked inside every transaction of a run: whose token was given to it may be revoked since.
    func checkNotRevoked(_ run: RunID) throws {
        let isRevoked = try Bool.fetchOne(
            db,
            cached: """
                SELECT EXISTS (SELECT 1 FROM runs AS r JOIN installations AS i
                  ON i.practice_id = r.practice_id AND i.id = r.installation
                  WHERE r.practice_id = ? AND r.run_id = ? AND i.revoked_at IS NOT NULL)
                """, arguments: [id.rawValue, run.rawValue])
        if isRevoked == true { throw StoreError.revoked }
    }

    func checkNotRevoked(_ installation: InstallationID) throws {
        let isRevoked = try Bool.fetchOne(
            db,
            cached: """
                SELECT EXISTS (SELECT 1 FROM installations
                  WHERE practice_id = ? AND id = ? AND revoked_at IS NOT NULL)
                """, arguments: [id.rawValue, installation.rawValue])
        if isRevoked == true { throw StoreError.revoked }
    }
}

extension StoreError {
    /// Said at the door and inside of a run's transactions alike.
    public static let revoked = SyncError(
        "assertion", "This installation has been revoked in OneClick.",
        hint: "If it is to synchronise, enrol it again with a new code from OneClick.")
}

extension Runs {
    /// Ends what an installation has under way.
    func abortOpen(of installation: InstallationID, reason: String) throws {
        let runs = try String.fetchAll(
            db,
            cached: """
                SELECT run_id FROM runs
                WHERE practice_id = ? AND installation = ? AND state = 'open'
                """, arguments: [practice.rawValue, installation.rawValue])
        for run in runs { try abort(RunID(rawValue: run), reason: reason) }
    }
}
