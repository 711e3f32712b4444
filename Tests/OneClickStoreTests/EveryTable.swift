import Foundation
import GRDB
import SyncModel

/// Every table of a database, as its schema names them: a new one cannot be forgotten.
struct EveryTable {
    let db: Database

    /// Of SQLite's own tables, one counts the practices that there were.
    func names() throws -> [String] {
        try String.fetchAll(
            db,
            sql: """
                SELECT name FROM sqlite_schema
                WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'vault_keys'
                ORDER BY name
                """)
    }

    /// Of each table the rows of one practice, as text.
    func rows(of practice: PracticeID) throws -> [String: [String]] {
        try Dictionary(
            uniqueKeysWithValues: names().map { table in
                let column = table == "practices" ? "id" : "practice_id"
                let rows = try Row.fetchAll(
                    db, sql: "SELECT * FROM \(table) WHERE \(column) = ?",
                    arguments: [practice.rawValue])
                return (table, rows.map(\.description).sorted())
            })
    }

    /// One row in every table, with a word in each of its texts and bytes.
    func fill(_ practice: PracticeID, _ word: String) throws {
        for table in try names() where table != "practices" {
            let columns = try db.columns(in: table)
            let values = columns.map { column -> (any DatabaseValueConvertible)? in
                if column.name == "practice_id" { return practice.rawValue }
                if let allowed = Self.allowed["\(table).\(column.name)"] { return allowed }
                return switch column.type {
                case "INTEGER": 7
                case "BLOB": Data("\(word) in \(table)".utf8)
                default: "\(word) in \(table)"
                }
            }
            let places = columns.map { _ in "?" }.joined(separator: ", ")
            try db.execute(
                sql: "INSERT INTO \(table) VALUES (\(places))",
                arguments: StatementArguments(values))
        }
    }

    /// Columns that take only certain words.
    private static let allowed = ["exceptions.kind": "held", "hmrc_grants.state": "active"]
}
