import GRDB
import GRDBSQLite

/// A value to insert.
enum Value: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral,
    ExpressibleByBooleanLiteral
{
    case null
    case integer(Int)
    case text(String)

    init(_ number: Int?) { self = number.map { .integer($0) } ?? .null }
    init(_ text: String?) { self = text.map { .text($0) } ?? .null }
    init(_ flag: Bool) { self = .integer(flag ? 1 : 0) }
    init(_ day: Day?) { self = day.map { .text($0.description) } ?? .null }

    init(integerLiteral number: Int) { self = .integer(number) }
    init(stringLiteral text: String) { self = .text(text) }
    init(booleanLiteral flag: Bool) { self.init(flag) }
    init(nilLiteral: ()) { self = .null }

    var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .text(let text): text.databaseValue
        }
    }
}

/// A prepared INSERT with SQLite's own calls: GRDB's arguments would take most of the time that a
/// million lines need.
final class Insertion {
    private let statement: OpaquePointer
    private let connection: OpaquePointer

    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// `columns` are separated by commas.
    init(_ db: Database, into table: String, _ columns: String) throws {
        connection = db.sqliteConnection!
        let places = columns.split(separator: ",").map { _ in "?" }.joined(separator: ", ")
        let sql = "INSERT INTO \(table) (\(columns)) VALUES (\(places))"
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v2(connection, sql, -1, &statement, nil)
        guard code == SQLITE_OK, let statement else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: code),
                message: String(cString: sqlite3_errmsg(connection)), sql: sql)
        }
        self.statement = statement
    }

    deinit { sqlite3_finalize(statement) }

    /// As many values as there are columns.
    func insert(_ values: Value...) throws { try insert(values) }

    func insert(_ values: [Value]) throws {
        for (index, value) in values.enumerated() { bind(Int32(index + 1), value) }
        let code = sqlite3_step(statement)
        let message = code == SQLITE_DONE ? nil : String(cString: sqlite3_errmsg(connection))
        sqlite3_reset(statement)
        if let message {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
    }

    @inline(__always)
    private func bind(_ index: Int32, _ value: Value) {
        switch value {
        case .null: sqlite3_bind_null(statement, index)
        case .integer(let number): sqlite3_bind_int64(statement, index, Int64(number))
        case .text(let text): sqlite3_bind_text(statement, index, text, -1, Self.transient)
        }
    }
}
