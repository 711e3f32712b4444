import GRDB
import SQLDrivers
import SyncModel

/// What went when a practice was erased.
public struct ErasureReport: Codable, Sendable, Hashable {
    public var practice: PracticeID
    /// Rows by table, without the tables that held none.
    public var rows: [String: Int]

    public var total: Int { rows.values.reduce(0, +) }
}

/// Removes one practice from every table that there is.
///
/// The tables are read from the database itself: one that is added later is not forgotten.
struct Erasure {
    let db: Database
    let practice: PracticeID

    /// - Parameter name: the practice's exact name, as a person typed it.
    func erase(confirming name: String, by person: String, now: Timestamp) throws -> ErasureReport {
        try check(name)
        var rows: [String: Int] = [:]
        for table in try tables() {
            try db.execute(
                sql: "DELETE FROM \(table) WHERE practice_id = ?", arguments: [practice.rawValue])
            if db.changesCount > 0 { rows[table] = db.changesCount }
        }
        try db.execute(
            cached: "DELETE FROM practices WHERE id = ?", arguments: [practice.rawValue])
        rows["practices"] = db.changesCount
        let report = ErasureReport(practice: practice, rows: rows)
        // OneClick goes on knowing that there was one of this number, and nothing else of it.
        try Audit(db: db, practice: nil).note(
            .practiceErased, by: person, subject: "practice \(practice)", rows: report.total,
            now: now)
        return report
    }

    private func check(_ name: String) throws {
        let known = try String.fetchOne(
            db, cached: "SELECT name FROM practices WHERE id = ?", arguments: [practice.rawValue])
        guard let known else { throw StoreError.noPractice(practice) }
        guard known == name else {
            throw SyncError(
                "confirm",
                "Practice \(practice) is called \"\(known)\", not \"\(name)\"; nothing was erased.",
                hint: "Erasing cannot be taken back: look whether the number is right, and confirm "
                    + "it by the exact name.")
        }
    }

    /// All with a practice's rows.
    private func tables() throws -> [String] {
        try String.fetchAll(
            db,
            cached: """
                SELECT t.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
                WHERE t.type = 'table' AND c.name = 'practice_id' ORDER BY t.name
                """)
    }
}
