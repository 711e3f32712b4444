import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// Practices, their one-time codes and their installations.
enum Practices {
    static func add(
        _ db: Database, name: String, timeZone: String, code: String, codeExpires: Timestamp,
        by person: String, now: Timestamp
    ) throws -> PracticeID {
        try db.execute(
            cached: "INSERT INTO practices (name, time_zone, created_at) VALUES (?, ?, ?)",
            arguments: [name, timeZone, now.sql])
        let id = PracticeID(rawValue: db.lastInsertedRowID)
        try Audit(db: db, practice: id).note(.practiceAdded, by: person, now: now)
        try addCode(db, code, of: id, expires: codeExpires, by: person, now: now)
        return id
    }

    static func addCode(
        _ db: Database, _ code: String, of practice: PracticeID, expires: Timestamp,
        by person: String, now: Timestamp
    ) throws {
        guard
            try Bool.fetchOne(
                db, cached: "SELECT EXISTS (SELECT 1 FROM practices WHERE id = ?)",
                arguments: [practice.rawValue]) == true
        else { throw StoreError.noPractice(practice) }
        try db.execute(
            cached: """
                INSERT INTO enrolment_codes (practice_id, code_digest, expires_at) VALUES (?, ?, ?)
                """, arguments: [practice.rawValue, digest(ofCode: code), expires.sql])
        try Audit(db: db, practice: practice).note(.codeGiven, by: person, now: now)
    }

    /// Codes are typed by people: case, blanks and dashes do not count.
    private static func digest(ofCode code: String) -> String {
        RowDigest.name(
            of: "enrolment code " + code.uppercased().filter { $0.isLetter || $0.isNumber })
    }

    static func enrol(
        _ db: Database, _ request: EnrolmentRequest, installation: InstallationID, now: Timestamp
    ) throws -> EnrolmentAnswer {
        guard request.protocolVersion == protocolVersion else {
            throw StoreError.version(request.protocolVersion)
        }
        let practice = try use(db, code: request.code, now: now)
        try db.execute(
            cached: """
                INSERT INTO installations (id, practice_id, public_key, server, enrolled_at)
                VALUES (?, ?, ?, ?, ?)
                """,
            arguments: [
                installation.rawValue, practice.rawValue, request.publicKey, request.server,
                now.sql,
            ])
        // The code came from the practice's administrator: a deliberate take-over. The fence moves,
        // so that whatever the installation before has in flight is refused from now on.
        try Runs(db: db, practice: practice)
            .abortOpen(reason: "another installation was enrolled")
        try db.execute(
            cached: """
                UPDATE practices
                SET installation = ?, fence = 0, fence_run = NULL, server = ?, place = ?,
                  taken_over_fence = NULL, contested_at = NULL, contested_server = NULL
                WHERE id = ?
                """,
            arguments: [
                installation.rawValue, request.server, request.place, practice.rawValue,
            ])
        let name = try String.fetchOne(
            db, cached: "SELECT name FROM practices WHERE id = ?", arguments: [practice.rawValue])
        return EnrolmentAnswer(
            practice: practice, practiceName: name ?? "", installation: installation)
    }

    private static func use(_ db: Database, code: String, now: Timestamp) throws -> PracticeID {
        let row = try Row.fetchOne(
            db, cached: "SELECT * FROM enrolment_codes WHERE code_digest = ?",
            arguments: [digest(ofCode: code)])
        guard let row else {
            throw refusal("This code is not one that OneClick gave out.")
        }
        guard row["used_at"] == nil else { throw refusal("This code was used before.") }
        guard (row["expires_at"] as String) > now.sql else {
            throw refusal("This code has expired.")
        }
        try db.execute(
            cached: "UPDATE enrolment_codes SET used_at = ? WHERE code_digest = ?",
            arguments: [now.sql, digest(ofCode: code)])
        return PracticeID(rawValue: row["practice_id"])
    }

    private static func refusal(_ message: String) -> SyncError {
        SyncError(
            "code", message,
            hint: "Check it for typing mistakes, or ask the practice's administrator for a new one."
        )
    }

    static func installation(
        _ db: Database, _ id: InstallationID
    ) throws -> OneClickStore.Installation? {
        try Row.fetchOne(
            db,
            cached: """
                SELECT i.*, p.time_zone FROM installations AS i
                JOIN practices AS p ON p.id = i.practice_id WHERE i.id = ?
                """, arguments: [id.rawValue]
        ).map { row in
            OneClickStore.Installation(
                id: id, practice: PracticeID(rawValue: row["practice_id"]),
                publicKey: row["public_key"], nextKey: row["next_key"],
                nextKeyUsedAt: (row["next_key_used_at"] as String?).flatMap { Timestamp($0) },
                server: row["server"], isRevoked: row["revoked_at"] != nil,
                timeZone: row["time_zone"])
        }
    }

    static func all(_ db: Database, shapes: Shapes) throws -> [OneClickStore.PracticeSummary] {
        try Int64.fetchAll(db, cached: "SELECT id FROM practices ORDER BY id").map { id in
            let store = PracticeStore(db, shapes: shapes, id: PracticeID(rawValue: id))
            let state = try store.state()
            var rows: [TableName: Int] = [:]
            for shape in shapes.tables { rows[shape.name] = try store.rowCount(shape.name) }
            return OneClickStore.PracticeSummary(
                id: store.id, name: state.name, installation: state.installation,
                server: state.server, lastCommittedAt: state.committedAt, rows: rows)
        }
    }

    /// False if an assertion of this name was seen before: a replay.
    static func remember(
        _ db: Database, assertion: String, of installation: OneClickStore.Installation,
        expires: Timestamp, now: Timestamp
    ) throws -> Bool {
        try db.execute(cached: "DELETE FROM assertions WHERE expires_at < ?", arguments: [now.sql])
        try db.execute(
            cached: """
                INSERT OR IGNORE INTO assertions (practice_id, id, expires_at) VALUES (?, ?, ?)
                """,
            arguments: [
                installation.practice.rawValue, "\(installation.id) \(assertion)", expires.sql,
            ])
        return db.changesCount == 1
    }
}
