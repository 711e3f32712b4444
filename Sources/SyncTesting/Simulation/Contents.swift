import Catalogue
import Crypto
import Foundation
import GRDB
import SyncModel
import SyncProtocol

/// What one side holds of every table, each row by a name of its content. Read and judged here
/// without anything of the product's reading, so that both cannot be wrong in the same way.
struct Contents: Equatable {
    var rows: [TableName: [Key: UInt64]] = [:]
    /// Rows of Central that break a type or a rule.
    var refused: [TableName: Set<Key>] = [:]

    /// The rows that the catalogue's queries give.
    init(central db: Database, _ catalogue: Catalogue, asOf: LocalDate) throws {
        for table in catalogue.tables {
            let statement = try db.cachedStatement(sql: table.query)
            let hasDate = table.query.contains(":as_of")
            let found = try Row.fetchAll(
                statement, arguments: hasDate ? ["as_of": asOf.description] : [:])
            take(found, table)
        }
    }

    /// The rows that OneClick's readers see.
    init(oneClick db: Database, _ shapes: Shapes, _ practice: PracticeID) throws {
        for shape in shapes.tables {
            let statement = try db.cachedStatement(
                sql: "SELECT * FROM \(shape.name) WHERE practice_id = ?")
            let found = try Row.fetchAll(statement, arguments: [practice.rawValue])
            var rows: [Key: UInt64] = [:]
            for row in found {
                // After the practice; a sealed column is three.
                let values = Array(row.databaseValues).dropFirst()
                var name = ContentName()
                var index = values.startIndex
                for column in shape.columns {
                    name.addOneClick(values[index...], column)
                    index += column.type.isSealed ? 3 : 1
                }
                rows[Self.key(of: values, shape)] = name.hash
            }
            self.rows[shape.name] = rows
        }
    }

    private mutating func take(_ found: [Row], _ table: CatalogueTable) {
        let shape = table.shape
        let found = found.map { Array($0.databaseValues)[...] }
        var sharers: [[String: Key]] = table.uniques.map { _ in [:] }
        for row in found {
            let key = Self.key(of: row, shape)
            for (index, rule) in table.uniques.enumerated() {
                guard let value = Self.shared(row, rule, shape) else { continue }
                sharers[index][value] = min(sharers[index][value] ?? key, key)
            }
        }
        var rows: [Key: UInt64] = [:]
        var refused: Set<Key> = []
        for row in found {
            let key = Self.key(of: row, shape)
            let isLater = zip(table.uniques, sharers).contains { rule, keepers in
                Self.shared(row, rule, shape).map { keepers[$0] != key } ?? false
            }
            let isBlank = table.requires.contains { rule in
                Self.text(row, rule.column, shape)?.allSatisfy(\.isWhitespace) ?? true
            }
            if isLater || isBlank || !zip(row, shape.columns).allSatisfy(Self.fits) {
                refused.insert(key)
            } else {
                var name = ContentName()
                for (value, column) in zip(row, shape.columns) { name.addCentral(value, column) }
                rows[key] = name.hash
            }
        }
        self.rows[table.name] = rows
        self.refused[table.name] = refused
    }

    static func key(of row: ArraySlice<DatabaseValue>, _ shape: TableShape) -> Key {
        Key(
            row.prefix(shape.keyCount).map { value in
                if case .int64(let number) = value.storage { return .integer(number) }
                return .text(String.fromDatabaseValue(value) ?? "")
            })
    }

    private static func text(
        _ row: ArraySlice<DatabaseValue>, _ column: String, _ shape: TableShape
    ) -> String? {
        shape.index(of: column).flatMap { String.fromDatabaseValue(row[row.startIndex + $0]) }
    }

    private static func shared(
        _ row: ArraySlice<DatabaseValue>, _ rule: UniqueRule, _ shape: TableShape
    ) -> String? {
        guard let text = text(row, rule.column, shape) else { return nil }
        let folded =
            rule.fold == .exact
            ? text : text.trimmingCharacters(in: .whitespaces).lowercased()
        return folded.isEmpty ? nil : folded
    }

    private static func fits(_ value: DatabaseValue, _ column: SyncModel.Column) -> Bool {
        if value.isNull { return column.isNullable }
        switch (column.type, value.storage) {
        case (.integer, .int64), (.decimal, .int64): return true
        case (.boolean, .int64(let number)): return number == 0 || number == 1
        case (.text(let limit), .string(let text)), (.sealed(let limit), .string(let text)):
            return text.unicodeScalars.count <= limit && !text.unicodeScalars.contains("\0")
        case (.date, .string(let text)): return isDate(text)
        case (.timestamp, .string(let text)):
            return text.count >= 19 && isDate(String(text.prefix(10)))
        default: return false
        }
    }

    private static func isDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-").compactMap { Int($0) }
        guard text.count == 10, parts.count == 3, (1...12).contains(parts[1]) else { return false }
        let isLeap = parts[0] % 4 == 0 && (parts[0] % 100 != 0 || parts[0] % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[parts[1] - 1]).contains(parts[2])
    }
}

/// A name of a row's content: FNV-1a over its values.
private struct ContentName {
    private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private static let fingerprintKey = SymmetricKey(data: TestCentral.fingerprintKey)

    private mutating func add(_ text: String) {
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        hash = (hash ^ 0xFF) &* 0x100_0000_01B3
    }

    private mutating func add(_ value: DatabaseValue, _ type: ColumnType) {
        switch value.storage {
        case .null: add("-")
        case .int64(let number): add("i\(number)")
        case .string(let text):
            if case .timestamp = type, text.count == 19 { return add("t" + text + ".000000") }
            add("t" + text)
        default: add("?")
        }
    }

    mutating func addCentral(_ value: DatabaseValue, _ column: SyncModel.Column) {
        guard column.type.isSealed, let secret = String.fromDatabaseValue(value) else {
            return add(value, column.type)
        }
        let code = HMAC<SHA256>.authenticationCode(
            for: Data(secret.utf8), using: Self.fingerprintKey)
        add(TestVault.key.id + Array(code).hexadecimal)
    }

    /// - Parameter values: begins with the column's; a sealed one is cipher text, vault key and
    ///   fingerprint.
    mutating func addOneClick(
        _ values: ArraySlice<DatabaseValue>, _ column: SyncModel.Column
    ) {
        let first = values.startIndex
        guard column.type.isSealed, let fingerprint = Data.fromDatabaseValue(values[first + 2]),
            let vaultKey = String.fromDatabaseValue(values[first + 1])
        else { return add(values[first], column.type) }
        add(vaultKey + Array(fingerprint).hexadecimal)
    }
}
