import GRDB
import SyncEngine
import SyncModel
import SyncProtocol
import Synchronization

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

    /// So many are kept that could not be written down: the memory has an end.
    static let lateNotesMax = 1_000

    /// Writes down what a person did; where the disk is full, as soon as it is not. Nobody is kept
    /// from stopping or starting something by a full disk.
    public func note(_ entry: AuditEntry) async {
        lateNotes.withLock { if $0.count < Self.lateNotesMax { $0.append(entry) } }
        try? await writeLateNotes()
    }

    func writeLateNotes() async throws {
        let entries = lateNotes.withLock { notes in
            defer { notes = [] }
            return notes
        }
        guard let last = entries.last else { return }
        do {
            try await write { db in try Self.write(entries, until: last.at, db) }
        } catch {
            lateNotes.withLock { $0.insert(contentsOf: entries, at: 0) }
            throw error
        }
    }

    private static func write(
        _ entries: [AuditEntry], until time: Timestamp, _ db: Database
    ) throws {
        for entry in entries {
            try db.execute(
                sql: "INSERT INTO audit (at, person, action, details) VALUES (?, ?, ?, ?)",
                arguments: [
                    entry.at.microsecondsSince1970, entry.person, entry.action, entry.details,
                ])
        }
        try db.execute(
            sql: "DELETE FROM audit WHERE at < ?",
            arguments: [(time + (.zero - auditKeptFor)).microsecondsSince1970])
    }

    /// What people did last, in the order in which they did it, latest first.
    public func audit(limit: Int) async throws -> [AuditEntry] {
        let late = lateNotes.withLock(\.self)
        return Array((late.reversed() + (try await written(limit: limit))).prefix(limit))
    }

    private func written(limit: Int) async throws -> [AuditEntry] {
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
