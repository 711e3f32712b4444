import Foundation
import GRDB
import GRDBSQLite
import SyncModel

/// A prepared statement with SQLite's own bind and column calls: what a million rows go through.
/// Used on its connection's queue only; columns and parameters count from 0 and 1 as SQLite's do.
public final class SQLStatement {
    private let statement: OpaquePointer
    private let connection: OpaquePointer

    /// Tells SQLite to copy what is bound.
    private static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    public init(_ db: Database, _ sql: String) throws {
        connection = db.sqliteConnection!
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

    /// Moves to the next row; false at the end.
    @inline(__always)
    public func step() throws -> Bool {
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code: throw failure(code)
        }
    }

    /// Runs a statement that answers no rows, and makes it ready for the next time.
    public func run() throws {
        let code = sqlite3_step(statement)
        guard code == SQLITE_DONE || code == SQLITE_ROW else {
            let error = failure(code)
            sqlite3_reset(statement)
            throw error
        }
        sqlite3_reset(statement)
    }

    public func reset() {
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
    }

    private func failure(_ code: CInt) -> DatabaseError {
        // No SQL and no arguments: they could hold values.
        DatabaseError(
            resultCode: ResultCode(rawValue: code),
            message: String(cString: sqlite3_errmsg(connection)))
    }

    // MARK: Parameters

    /// The number of a named parameter such as `:as_of`; nil if the statement has none of it.
    public func parameter(_ name: String) -> Int32? {
        let index = sqlite3_bind_parameter_index(statement, name)
        return index == 0 ? nil : index
    }

    public func bindNull(_ index: Int32) { sqlite3_bind_null(statement, index) }

    @inline(__always)
    public func bind(_ index: Int32, _ value: Int64) { sqlite3_bind_int64(statement, index, value) }

    public func bind(_ index: Int32, _ text: String) {
        var text = text
        text.withUTF8 { bind(index, text: UnsafeRawBufferPointer($0)) }
    }

    @inline(__always)
    public func bind(_ index: Int32, text: UnsafeRawBufferPointer) {
        let start = text.baseAddress?.assumingMemoryBound(to: CChar.self)
        // A null pointer would bind NULL: an empty text needs an address.
        if let start {
            sqlite3_bind_text(statement, index, start, Int32(text.count), Self.transient)
        } else {
            sqlite3_bind_text(statement, index, "", 0, Self.transient)
        }
    }

    public func bind(_ index: Int32, bytes: UnsafeRawBufferPointer) {
        if let start = bytes.baseAddress {
            sqlite3_bind_blob(statement, index, start, Int32(bytes.count), Self.transient)
        } else {
            sqlite3_bind_zeroblob(statement, index, 0)
        }
    }

    public func bind(_ index: Int32, _ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bind(index, bytes: $0) }
    }

    public func bind(_ index: Int32, _ value: KeyValue) {
        switch value {
        case .integer(let number): bind(index, number)
        case .text(let text): bind(index, text)
        }
    }

    public func bind(_ index: Int32, _ value: DatabaseValue) {
        switch value.storage {
        case .null: bindNull(index)
        case .int64(let number): bind(index, number)
        case .double(let number): sqlite3_bind_double(statement, index, number)
        case .string(let text): bind(index, text)
        case .blob(let data): data.withUnsafeBytes { bind(index, bytes: $0) }
        }
    }

    // MARK: Columns

    public enum StorageClass: Sendable {
        case null, integer, real, text, blob
    }

    public var columnCount: Int32 { sqlite3_column_count(statement) }

    public func columnName(_ index: Int32) -> String {
        String(cString: sqlite3_column_name(statement, index))
    }

    @inline(__always)
    public func storageClass(_ index: Int32) -> StorageClass {
        switch sqlite3_column_type(statement, index) {
        case SQLITE_INTEGER: .integer
        case SQLITE_FLOAT: .real
        case SQLITE_TEXT: .text
        case SQLITE_BLOB: .blob
        default: .null
        }
    }

    @inline(__always)
    public func integer(_ index: Int32) -> Int64 { sqlite3_column_int64(statement, index) }

    /// The bytes of a text or blob, valid until the next step.
    @inline(__always)
    public func bytes(_ index: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(statement, index)
        return UnsafeRawBufferPointer(
            start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(statement, index)))
    }

    public func text(_ index: Int32) -> String {
        String(decoding: bytes(index), as: UTF8.self)
    }
}
