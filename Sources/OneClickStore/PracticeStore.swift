import Foundation
import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// One practice's part of the database, inside one transaction. Every statement carries the
/// practice; the aspects of a run are in extensions, a file each.
struct PracticeStore {
    let db: Database
    let shapes: Shapes
    let id: PracticeID
    private let cache: StatementCache

    init(
        _ db: Database, shapes: Shapes, id: PracticeID,
        statements: StatementCache = StatementCache()
    ) {
        self.db = db
        self.shapes = shapes
        self.id = id
        cache = statements
    }

    var runs: Runs { Runs(db: db, practice: id) }
    var audit: Audit { Audit(db: db, practice: id) }
    var grants: Grants { Grants(db: db, practice: id) }

    /// The practice's own row.
    struct State {
        var name: String
        var timeZone: String
        /// How many commits it has had; 0 while the first synchronisation is under way.
        var version: Int
        var installation: InstallationID?
        var fence: Int
        var fenceRun: RunID?
        var server: String?
        var place: String?
        var openedAt: Timestamp?
        var latestMark: Mark?
        var committedAt: Timestamp?
        var lineageQuestion: LineageQuestion?
        var contest: Contest?
        /// The fence of the last take-over: whoever has a lower one was decided against.
        var takenOverFence: Int?
    }

    func state() throws -> State {
        guard
            let row = try Row.fetchOne(
                db, cached: "SELECT * FROM practices WHERE id = ?", arguments: [id.rawValue])
        else { throw StoreError.noPractice }
        return State(
            name: row["name"], timeZone: row["time_zone"], version: row["version"],
            installation: row["installation"].map(InstallationID.init(rawValue:)),
            fence: row["fence"], fenceRun: row["fence_run"].map(RunID.init(rawValue:)),
            server: row["server"], place: row["place"],
            openedAt: (row["opened_at"] as String?).flatMap { Timestamp($0) },
            latestMark: row["latest_mark"].map(Mark.init(rawValue:)),
            committedAt: (row["committed_at"] as String?).flatMap { Timestamp($0) },
            lineageQuestion: try (row["lineage_question"] as String?).map(Self.decode),
            contest: (row["contested_at"] as String?).flatMap { Timestamp($0) }
                .map { Contest(server: row["contested_server"] ?? "", at: $0) },
            takenOverFence: row["taken_over_fence"])
    }

    // MARK: Small things said once

    static func encode(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    static func decode<T: Decodable>(_ text: String) throws -> T {
        try JSONDecoder().decode(T.self, from: Data(text.utf8))
    }

    func statement(_ sql: String) throws -> SQLStatement { try cache.statement(sql, db) }

    func shape(_ table: TableName) throws -> TableShape {
        guard let shape = shapes[table] else {
            throw WireReader.malformed("names the table \(table), which OneClick has not")
        }
        return shape
    }

    /// Rows of one table that OneClick holds, as counted by the commits.
    func rowCount(_ table: TableName) throws -> Int {
        try Int.fetchOne(
            db,
            cached: "SELECT row_count FROM table_states WHERE practice_id = ? AND table_name = ?",
            arguments: [id.rawValue, table.rawValue]) ?? 0
    }

    func setRowCount(_ table: TableName, _ count: Int) throws {
        try db.execute(
            cached: """
                INSERT INTO table_states (practice_id, table_name, row_count) VALUES (?, ?, ?)
                ON CONFLICT (practice_id, table_name) DO UPDATE SET row_count = excluded.row_count
                """, arguments: [id.rawValue, table.rawValue, count])
    }

    /// A cursor over the typed rows of a range in the order of their keys. Only one at a time over
    /// ranges of the same form.
    func rows(_ table: TypedTable, _ range: KeyRange) throws -> SQLStatement {
        try ranged(table.selectSQL, table, range, order: table.order)
    }

    /// A statement over one table, narrowed to the practice and a range.
    func ranged(
        _ sql: String, _ table: TypedTable, _ range: KeyRange, order: String = ""
    ) throws -> SQLStatement {
        guard
            let condition = RangeCondition(
                range, columns: table.keyColumns, keyCount: table.shape.keyCount)
        else { throw WireReader.malformed("has a range that is not one of \(table.shape.name)") }
        let statement = try statement(
            sql + " WHERE practice_id = :practice AND " + condition.sql + order)
        statement.bind(statement.parameter(":practice")!, id.rawValue)
        condition.bind(to: statement)
        return statement
    }
}

/// Prepared statements of one connection, each ready for its next use.
///
/// Used inside the connection's transactions only, where there is one thread at a time.
final class StatementCache: @unchecked Sendable {
    private var statements: [String: SQLStatement] = [:]

    func statement(_ sql: String, _ db: Database) throws -> SQLStatement {
        if let statement = statements[sql] {
            statement.reset()
            return statement
        }
        let statement = try SQLStatement(db, sql)
        statements[sql] = statement
        return statement
    }

    /// At the end of a transaction: nothing is in the middle of its rows.
    func reset() {
        for statement in statements.values { statement.reset() }
    }

    /// Before the connection is closed.
    func clear() { statements = [:] }
}

extension [UInt8] {
    /// As a BLOB.
    var databaseBytes: DatabaseValue { Data(self).databaseValue }
}

extension Row {
    /// A BLOB column; nil for NULL.
    func bytes(_ column: String) -> [UInt8]? {
        Data.fromDatabaseValue(self[column] as DatabaseValue).map { Array($0) }
    }

    /// The text of a column as a value of its own type; nil for NULL.
    fileprivate subscript(_ column: String) -> String? {
        String.fromDatabaseValue(self[column] as DatabaseValue)
    }
}

/// What is said in more than one place.
public enum StoreError {
    static let noPractice = SyncError(
        "practice", "OneClick has no such practice.",
        hint: "Check the configuration, or enrol this installation with a new code.")

    /// For whoever runs OneClick and mistyped a number.
    static func noPractice(_ practice: PracticeID) -> SyncError {
        SyncError(
            "practice", "OneClick has no practice \(practice).",
            hint: "`oneclick practice list` shows those that there are.")
    }
}
