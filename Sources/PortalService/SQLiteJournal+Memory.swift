import GRDB
import SyncEngine
import SyncModel
import SyncProtocol

/// What a person did, for whoever asks later.
public struct AuditEntry: Codable, Hashable, Sendable {
    public var at: Timestamp
    public var person: String
    /// A short word that stays the same, such as `pause`.
    public var action: String
    /// In words for a person.
    public var details: String

    public init(at: Timestamp, person: String, action: String, details: String) {
        self.at = at
        self.person = person
        self.action = action
        self.details = details
    }
}

extension SQLiteJournal {
    /// What people did is kept this long.
    static let auditKeptFor = Duration.seconds(400 * 86_400)

    // MARK: What people did

    /// Writes down what a person did.
    public func note(_ entry: AuditEntry) async throws {
        try await write { db in
            try db.execute(
                sql: "INSERT INTO audit (at, person, action, details) VALUES (?, ?, ?, ?)",
                arguments: [
                    entry.at.microsecondsSince1970, entry.person, entry.action, entry.details,
                ])
            try db.execute(
                sql: "DELETE FROM audit WHERE at < ?",
                arguments: [(entry.at + (.zero - Self.auditKeptFor)).microsecondsSince1970])
        }
    }

    /// What people did last, in the order in which it was written down, latest first.
    public func audit(limit: Int) async throws -> [AuditEntry] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT at, person, action, details FROM audit ORDER BY number DESC LIMIT ?",
                arguments: [limit]
            ).map { row in
                AuditEntry(
                    at: Timestamp(microsecondsSince1970: row["at"]), person: row["person"],
                    action: row["action"], details: row["details"])
            }
        }
    }

    // MARK: What is remembered

    /// What was remembered under a name; nil where nothing is.
    ///
    /// - Throws: `journal` where it cannot be read as what is asked for.
    public func remembered<T: Codable & Sendable>(
        _ key: String, as type: T.Type = T.self
    ) async throws -> T? {
        let text = try await read { db in
            try String.fetchOne(db, sql: "SELECT value FROM memory WHERE key = ?", arguments: [key])
        }
        guard let text else { return nil }
        guard let value = try? WireJSON.decode(type, from: Array(text.utf8)) else {
            throw SyncError(
                .journal, "What SyncWorker's journal remembers as \"\(key)\" cannot be read.",
                hint: "Use the release that wrote it, or move the journal away: history is lost, "
                    + "and OneClick may ask for a new enrolment.")
        }
        return value
    }

    /// Remembers a value under a name until another takes its place; nil forgets it.
    public func remember<T: Codable & Sendable>(_ value: T?, as key: String) async throws {
        let text = try value.map { String(decoding: try WireJSON.encode($0), as: UTF8.self) }
        try await write { db in
            guard let text else {
                return try db.execute(sql: "DELETE FROM memory WHERE key = ?", arguments: [key])
            }
            try db.execute(
                sql: "INSERT OR REPLACE INTO memory (key, value) VALUES (?, ?)",
                arguments: [key, text])
        }
    }
}
