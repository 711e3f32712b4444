import GRDB
import SQLDrivers
import SyncModel

/// What people did to one practice, or to OneClick itself: when, who, what and how much, never a
/// value of a record.
public struct AuditEntry: Codable, Sendable, Hashable {
    /// Nil for what concerns no practice that is still there.
    public var practice: PracticeID?
    public var at: Timestamp
    /// A person, a user of the operating system, or the server that enrolled itself.
    public var person: String
    public var action: Action
    /// What it was done to: a table, an installation, the number of a practice.
    public var subject: String?
    /// Rows or removals that it concerned, where it makes sense to count them.
    public var rows: Int?

    /// Open: what is written down by a later release is shown as it is.
    public struct Action: TextIdentifier {
        public var rawValue: String
        public init(rawValue: String) { self.rawValue = rawValue }

        public static let practiceAdded = Self(rawValue: "practice_added")
        public static let practiceErased = Self(rawValue: "practice_erased")
        public static let codeGiven = Self(rawValue: "code_given")
        public static let enrolled = Self(rawValue: "installation_enrolled")
        public static let keyChanged = Self(rawValue: "key_changed")
        public static let tookOver = Self(rawValue: "took_over")
        public static let vaultKeyMade = Self(rawValue: "vault_key_made")
        public static let revoked = Self(rawValue: "installation_revoked")
        public static let removalsApproved = Self(rawValue: "removals_approved")
        public static let removalsKept = Self(rawValue: "removals_kept")
        public static let lineageApproved = Self(rawValue: "lineage_approved")
        public static let lineageKept = Self(rawValue: "lineage_kept")
    }
}

/// Writes down what a person does, in the transaction that does it.
struct Audit {
    let db: Database
    let practice: PracticeID?

    /// Stands where a practice's number does, for OneClick itself.
    private static let oneClick: Int64 = 0

    func note(
        _ action: AuditEntry.Action, by person: String, subject: String? = nil, rows: Int? = nil,
        now: Timestamp
    ) throws {
        let practice = practice?.rawValue ?? Self.oneClick
        try db.execute(
            cached: """
                INSERT INTO audit
                  (practice_id, number, noted_at, person, action, subject, row_count)
                SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6
                FROM audit WHERE practice_id = ?1
                """,
            arguments: [practice, now.sql, person, action.rawValue, subject, rows])
    }

    /// Oldest first.
    ///
    /// - Parameter practice: nil for all of them, and for OneClick itself.
    static func entries(_ db: Database, of practice: PracticeID?) throws -> [AuditEntry] {
        try Row.fetchAll(
            db,
            cached: """
                SELECT * FROM audit WHERE practice_id = ?1 OR ?1 IS NULL
                ORDER BY noted_at, practice_id, number
                """, arguments: [practice?.rawValue]
        ).map { row in
            let practice = row["practice_id"] as Int64
            return AuditEntry(
                practice: practice == oneClick ? nil : PracticeID(rawValue: practice),
                at: Timestamp(row["noted_at"] as String) ?? .distantPast,
                person: row["person"], action: .init(rawValue: row["action"]),
                subject: row["subject"], rows: row["row_count"])
        }
    }
}

extension Timestamp {
    /// Of a time that somebody else changed into a text that is none.
    static let distantPast = Timestamp(microsecondsSince1970: 0)
}
