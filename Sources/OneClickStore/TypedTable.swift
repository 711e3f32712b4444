import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// One of OneClick's typed tables: how its rows become canonical bytes and back.
///
/// Dates are `YYYY-MM-DD`, timestamps `YYYY-MM-DD HH:MM:SS.ffffff`, local times
/// `HH:MM:SS.ffffff`, decimals integers in units of their scale, booleans 0 and 1. A sealed column
/// is three: the cipher text, `_vault_key` and `_fingerprint`.
struct TypedTable: Sendable {
    let shape: TableShape
    /// In the order of binding: `practice_id`, then the shape's columns, sealed ones thrice.
    let columns: [String]

    init(_ shape: TableShape) {
        self.shape = shape
        columns =
            ["practice_id"]
            + shape.columns.flatMap { column in
                column.type.isSealed
                    ? [column.name, column.name + "_vault_key", column.name + "_fingerprint"]
                    : [column.name]
            }
    }

    var keyColumns: [String] { shape.key.map(\.name) }

    var createSQL: String {
        let definitions = shape.columns.flatMap { column in
            let null = column.isNullable ? "" : " NOT NULL"
            let type = Self.sqlType(column.type)
            return column.type.isSealed
                ? [
                    "\(column.name) BLOB\(null)", "\(column.name)_vault_key TEXT\(null)",
                    "\(column.name)_fingerprint BLOB\(null)",
                ] : ["\(column.name) \(type)\(null)"]
        }
        return """
            CREATE TABLE \(shape.name) (practice_id INTEGER NOT NULL REFERENCES practices (id), \
            \(definitions.joined(separator: ", ")), \
            PRIMARY KEY (practice_id, \(keyColumns.joined(separator: ", ")))) STRICT, WITHOUT ROWID
            """
    }

    private static func sqlType(_ type: ColumnType) -> String {
        switch type {
        case .integer, .decimal, .boolean: "INTEGER"
        case .text, .date, .timestamp, .localTime: "TEXT"
        case .bytes, .sealed: "BLOB"
        }
    }

    var replaceSQL: String {
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        return "REPLACE INTO \(shape.name) (\(columns.joined(separator: ", "))) VALUES (\(places))"
    }

    var selectSQL: String {
        "SELECT \(columns.joined(separator: ", ")) FROM \(shape.name)"
    }

    var order: String { " ORDER BY practice_id, " + keyColumns.joined(separator: ", ") }

    // MARK: From the database

    /// Appends the statement's current row, read by `selectSQL`.
    func append(_ row: SQLStatement, to block: inout RowBlock) {
        block.beginRow()
        var index: Int32 = 1
        for column in shape.columns[..<shape.keyCount] {
            if case .integer = column.type {
                block.key(row.integer(index))
            } else {
                block.key(row.bytes(index))
            }
            index += 1
        }
        block.endKey()
        for column in shape.columns[shape.keyCount...] {
            if row.storageClass(index) == .null {
                block.null()
            } else {
                append(column.type, row, index, to: &block)
            }
            index += column.type.isSealed ? 3 : 1
        }
        block.endRow()
    }

    @inline(__always)
    private func append(
        _ type: ColumnType, _ row: SQLStatement, _ index: Int32, to block: inout RowBlock
    ) {
        // A text that is no date any more was changed by someone else: a value no date has makes
        // the row differ, so that it is mended.
        switch type {
        case .integer, .decimal: block.integer(row.integer(index))
        case .boolean: block.boolean(row.integer(index) != 0)
        case .text, .bytes: block.block(row.bytes(index))
        case .date:
            block.integer(LocalDate(utf8: row.bytes(index))?.daysSince1970 ?? .min)
        case .timestamp:
            block.integer(Timestamp(utf8: row.bytes(index))?.microsecondsSince1970 ?? .min)
        case .localTime:
            block.integer(Timestamp.microsecondsOfDay(Array(row.bytes(index))[...]) ?? .min)
        case .sealed:
            block.sealed(
                SealedValue(
                    vaultKey: row.text(index + 1), fingerprint: Array(row.bytes(index + 2)),
                    cipher: Array(row.bytes(index))))
        }
    }

    // MARK: Into the database

    /// Where the next row of a frame lies.
    func skip(_ reader: inout WireReader) throws -> RowBlock.Span {
        var span = RowBlock.Span(start: reader.position, keyEnd: 0, canonicalEnd: 0, end: 0)
        for column in shape.key { _ = try reader.keyValue(column.type) }
        span.keyEnd = reader.position
        var sealed = 0
        for column in shape.values {
            if case .sealed = try reader.value(column) { sealed += 1 }
        }
        span.canonicalEnd = reader.position
        for _ in 0..<sealed { _ = try reader.blockBounds() }
        span.end = reader.position
        return span
    }

    /// Binds the next row of a frame to `replaceSQL` and answers where it lies.
    func bind(
        next reader: inout WireReader, to statement: SQLStatement, practice: PracticeID
    ) throws -> RowBlock.Span {
        var span = RowBlock.Span(
            start: reader.position, keyEnd: 0, canonicalEnd: 0, end: 0)
        statement.bind(1, practice.rawValue)
        var index: Int32 = 2
        for column in shape.columns[..<shape.keyCount] {
            try bind(try reader.keyValue(column.type), column.type, reader, statement, index)
            index += 1
        }
        span.keyEnd = reader.position
        var sealed: [Int32] = []
        for column in shape.columns[shape.keyCount...] {
            let value = try reader.value(column)
            if case .sealed(let vaultKey, let fingerprint) = value {
                bind(text: vaultKey, reader, statement, index + 1)
                bind(bytes: fingerprint, reader, statement, index + 2)
                sealed.append(index)
            } else if column.type.isSealed {
                for offset in 0..<3 { statement.bindNull(index + Int32(offset)) }
            } else {
                try bind(value, column.type, reader, statement, index)
            }
            index += column.type.isSealed ? 3 : 1
        }
        span.canonicalEnd = reader.position
        for index in sealed { bind(bytes: try reader.blockBounds(), reader, statement, index) }
        span.end = reader.position
        return span
    }

    @inline(__always)
    private func bind(
        _ value: WireValue, _ type: ColumnType, _ reader: WireReader, _ statement: SQLStatement,
        _ index: Int32
    ) throws {
        switch value {
        case .null: statement.bindNull(index)
        case .boolean(let flag): statement.bind(index, flag ? 1 : 0)
        case .integer(let number): try bind(number, type, statement, index)
        case .block(let bounds):
            if case .text(let limit) = type {
                try check(bounds, reader, limit)
                bind(text: bounds, reader, statement, index)
            } else {
                bind(bytes: bounds, reader, statement, index)
            }
        case .sealed: throw WireReader.malformed("has a sealed value where none belongs")
        }
    }

    @inline(__always)
    private func bind(
        _ number: Int64, _ type: ColumnType, _ statement: SQLStatement, _ index: Int32
    ) throws {
        switch type {
        case .date:
            guard (LocalDate.first.daysSince1970...LocalDate.last.daysSince1970).contains(number)
            else { throw WireReader.malformed("has a date outside the calendar") }
            LocalDate(daysSince1970: number).withUTF8 { statement.bind(index, text: $0) }
        case .timestamp:
            let time = Timestamp(microsecondsSince1970: number)
            guard (LocalDate.first...LocalDate.last).contains(time.dateInUTC) else {
                throw WireReader.malformed("has a time outside the calendar")
            }
            statement.bind(index, time.sql)
        case .localTime:
            guard (0..<86_400_000_000).contains(number) else {
                throw WireReader.malformed("has a time of day outside the day")
            }
            statement.bind(index, Timestamp.clock(number))
        default: statement.bind(index, number)
        }
    }

    /// The limits of a text column hold for whoever sends it.
    private func check(_ bounds: Range<Int>, _ reader: WireReader, _ limit: Int) throws {
        try reader.bytes.withUnsafeBytes { all in
            let bytes = UnsafeRawBufferPointer(rebasing: all[bounds])
            guard !bytes.contains(0), bytes.count(where: { $0 & 0xC0 != 0x80 }) <= limit,
                bytes.allSatisfy({ $0 < 0x80 }) || String(validating: bytes, as: UTF8.self) != nil
            else { throw WireReader.malformed("has a text that its column cannot hold") }
        }
    }

    private func bind(
        text bounds: Range<Int>, _ reader: WireReader, _ statement: SQLStatement, _ index: Int32
    ) {
        reader.bytes.withUnsafeBytes {
            statement.bind(index, text: UnsafeRawBufferPointer(rebasing: $0[bounds]))
        }
    }

    private func bind(
        bytes bounds: Range<Int>, _ reader: WireReader, _ statement: SQLStatement, _ index: Int32
    ) {
        reader.bytes.withUnsafeBytes {
            statement.bind(index, bytes: UnsafeRawBufferPointer(rebasing: $0[bounds]))
        }
    }
}

extension LocalDate {
    /// The ten bytes of `YYYY-MM-DD` without a String: a million of them pass here.
    func withUTF8<T>(_ body: (UnsafeRawBufferPointer) throws -> T) rethrows -> T {
        let (year, month, day) = components
        return try withUnsafeTemporaryAllocation(byteCount: 10, alignment: 1) { text in
            func put(_ number: Int, _ offset: Int, _ digits: Int) {
                var rest = number
                for place in stride(from: offset + digits - 1, through: offset, by: -1) {
                    text[place] = UInt8(0x30 + rest % 10)
                    rest /= 10
                }
            }
            put(year, 0, 4)
            put(month, 5, 2)
            put(day, 8, 2)
            text[4] = UInt8(ascii: "-")
            text[7] = UInt8(ascii: "-")
            return try body(UnsafeRawBufferPointer(text))
        }
    }
}
