import SQLDrivers
import SyncModel
import SyncProtocol

/// Why a value does not fit its column; becomes an exception of the row.
struct Misfit: Error {
    var code: String
    var message: String
    var hint: String

    static func wrongType(_ expected: String, _ found: SQLStatement.StorageClass) -> Misfit {
        Misfit(
            code: "wrong_type", message: "holds \(found.words) where \(expected) belongs",
            hint: "Enter \(expected) in Central.")
    }

    static func tooLong(_ limit: Int, _ unit: String) -> Misfit {
        Misfit(
            code: "too_long", message: "is longer than \(limit) \(unit)",
            hint: "Shorten it in Central.")
    }
}

extension SQLStatement.StorageClass {
    fileprivate var words: String {
        switch self {
        case .null: "nothing"
        case .integer: "a whole number"
        case .real: "a floating-point number"
        case .text: "a text"
        case .blob: "bytes"
        }
    }
}

/// Appends one column of Central's current row to a block, or throws what is wrong with it. No
/// value is ever rounded, clamped, shortened or turned into NULL.
struct ColumnReader {
    let column: Column
    let index: Int32

    @inline(__always)
    func append(_ row: SQLStatement, to block: inout RowBlock) throws(Misfit) {
        let found = row.storageClass(index)
        if found == .null {
            guard column.isNullable else {
                throw Misfit(
                    code: "missing", message: "is missing", hint: "Enter a value in Central.")
            }
            return block.null()
        }
        switch column.type {
        case .integer:
            guard found == .integer else { throw .wrongType("a whole number", found) }
            block.integer(row.integer(index))
        case .text(let limit):
            guard found == .text else { throw .wrongType("a text", found) }
            block.block(try checkedText(row.bytes(index), limit))
        case .date:
            guard found == .text, let date = LocalDate(utf8: row.bytes(index)) else {
                throw .wrongType("a date such as 2026-04-05", found)
            }
            block.integer(date.daysSince1970)
        case .boolean:
            guard found == .integer, let flag = [0: false, 1: true][row.integer(index)] else {
                throw .wrongType("yes or no (1 or 0)", found)
            }
            block.boolean(flag)
        default: try appendRare(row, found, to: &block)
        }
    }

    private func appendRare(
        _ row: SQLStatement, _ found: SQLStatement.StorageClass, to block: inout RowBlock
    ) throws(Misfit) {
        switch column.type {
        case .decimal(let precision, let scale):
            block.integer(try decimal(row, found, precision: precision, scale: scale))
        case .timestamp:
            guard found == .text, let time = Timestamp(utf8: row.bytes(index)) else {
                throw .wrongType("a time in UTC such as 2026-04-05 13:30:00", found)
            }
            block.integer(time.microsecondsSince1970)
        case .localTime:
            guard found == .text,
                let time = Timestamp.microsecondsOfDay(Array(row.bytes(index))[...])
            else { throw .wrongType("a time of day such as 13:30:00", found) }
            block.integer(time)
        case .bytes(let limit):
            guard found == .blob else { throw .wrongType("bytes", found) }
            guard row.bytes(index).count <= limit else { throw .tooLong(limit, "bytes") }
            block.block(row.bytes(index))
        default: preconditionFailure("handled by append(_:to:), or by SnapshotReader (sealed)")
        }
    }

    private func decimal(
        _ row: SQLStatement, _ found: SQLStatement.StorageClass, precision: Int, scale: Int
    ) throws(Misfit) -> Int64 {
        let text: String
        switch found {
        case .integer: text = String(row.integer(index))
        case .text: text = row.text(index)
        // SQLite keeps a REAL as a binary fraction: the decimal that was meant is already lost.
        default: throw .wrongType("an exact decimal number", found)
        }
        guard let units = Self.units(text, precision: precision, scale: scale) else {
            throw Misfit(
                code: "out_of_range",
                message:
                    "is not a number of at most \(precision) digits, \(scale) behind the point",
                hint: "Correct the amount in Central.")
        }
        return units
    }

    /// `-12.30` with scale 2 is -1230; nil if it does not fit exactly.
    static func units(_ text: String, precision: Int, scale: Int) -> Int64? {
        var digits = Substring(text)
        let isNegative = digits.hasPrefix("-")
        if isNegative || digits.hasPrefix("+") { digits = digits.dropFirst() }
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !parts[0].isEmpty else { return nil }
        var fraction = parts.count == 2 ? String(parts[1]) : ""
        guard parts.count == 1 || !fraction.isEmpty else { return nil }
        while fraction.count > scale, fraction.last == "0" { fraction.removeLast() }
        guard fraction.count <= scale else { return nil }
        fraction += String(repeating: "0", count: scale - fraction.count)
        let all = parts[0] + fraction
        guard all.allSatisfy({ $0.isASCII && $0.isNumber }),
            all.drop(while: { $0 == "0" }).count <= precision
        else { return nil }
        guard let units = Int64(all) else { return nil }
        return isNegative ? -units : units
    }

    /// UTF-8 without U+0000 of at most `limit` Unicode scalars.
    func checkedText(
        _ bytes: UnsafeRawBufferPointer, _ limit: Int
    ) throws(Misfit) -> UnsafeRawBufferPointer {
        var isASCII = true
        for byte in bytes {
            if byte == 0 {
                throw Misfit(
                    code: "zero_character", message: "holds the character U+0000",
                    hint: "Enter the text again in Central.")
            }
            if byte >= 0x80 { isASCII = false }
        }
        if isASCII, bytes.count <= limit { return bytes }
        guard isASCII || String(validating: bytes, as: UTF8.self) != nil else {
            throw Misfit(
                code: "not_utf8", message: "is not valid UTF-8 text",
                hint: "Enter the text again in Central.")
        }
        // Continuation bytes of UTF-8 are 10xxxxxx: all others begin a scalar.
        let scalars = bytes.count { $0 & 0xC0 != 0x80 }
        guard scalars <= limit else { throw .tooLong(limit, "characters") }
        return bytes
    }
}
