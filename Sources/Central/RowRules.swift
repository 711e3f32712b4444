import Catalogue
import GRDB
import SQLDrivers
import SyncModel

/// The rules that rows of one table must keep: `require` and `unique`. Scope decides what exists,
/// rules decide what is refused.
package final class RowRules {
    private let table: CatalogueTable
    private let db: Database
    private let asOf: LocalDate
    /// Per unique rule: which keys in scope share a folded value. Read once a snapshot: rules are
    /// for tables of people, not for millions of rows.
    private let sharers: [[String: [Key]]]

    init(_ table: CatalogueTable, _ db: Database, asOf: LocalDate) throws {
        self.table = table
        self.db = db
        self.asOf = asOf
        sharers = try table.uniques.map { try Self.sharers(of: $0, table, db, asOf) }
    }

    var isEmpty: Bool { table.requires.isEmpty && table.uniques.isEmpty }

    /// The first rule that a row breaks, as its exception.
    func broken(by row: SQLStatement, _ key: Key) throws -> RowException? {
        for rule in table.requires where isBlank(row, rule.column) {
            return exception(key, row, rule.column, rule.code, rule.message, rule.hint)
        }
        for (rule, sharers) in zip(table.uniques, sharers) {
            guard let value = folded(row, rule), let keeper = sharers[value]?.first, keeper < key
            else { continue }
            let message = rule.message.replacing("{other}", with: try label(of: keeper))
            return exception(key, row, rule.column, rule.code, message, rule.hint)
        }
        return nil
    }

    /// All keys in scope that share a unique value with one of `keys`: whichever of them came or
    /// went decides who keeps it, however it came.
    func companions(of keys: Set<Key>) -> [Key] {
        sharers.flatMap(\.values).filter { $0.count > 1 && !keys.isDisjoint(with: $0) }
            .flatMap(\.self)
    }

    /// All keys in scope that share one of `values` of a unique column, the value's own row too.
    func keys(sharing values: [String], of column: String) -> [Key] {
        guard let index = table.uniques.firstIndex(where: { $0.column == column }) else {
            return []
        }
        return values.flatMap { sharers[index][table.uniques[index].fold($0)] ?? [] }
    }

    func exception(
        _ key: Key, _ row: SQLStatement, _ column: String, _ misfit: Misfit
    ) -> RowException {
        exception(key, row, column, misfit.code, "\(column) \(misfit.message)", misfit.hint)
    }

    private func exception(
        _ key: Key, _ row: SQLStatement, _ column: String, _ code: String, _ message: String,
        _ hint: String
    ) -> RowException {
        RowException(
            table: table.name, key: key, kind: .refused, code: code, column: column,
            message: "\(label(row, key)): \(message).", hint: hint)
    }

    private func isBlank(_ row: SQLStatement, _ column: String) -> Bool {
        guard let index = table.shape.index(of: column) else { return false }
        return row.storageClass(Int32(index)) == .null
            || row.text(Int32(index)).allSatisfy(\.isWhitespace)
    }

    private func folded(_ row: SQLStatement, _ rule: UniqueRule) -> String? {
        guard let index = table.shape.index(of: rule.column),
            row.storageClass(Int32(index)) != .null
        else { return nil }
        return rule.fold(row.text(Int32(index)))
    }

    // MARK: How a row is called

    /// Such as `Tom Evans (TE04)`, or `employees 17` where the catalogue gives no label.
    private func label(_ row: SQLStatement, _ key: Key) -> String {
        let label = table.shape.label { column in
            table.shape.index(of: column.name).map { row.text(Int32($0)) } ?? ""
        }
        return label ?? "\(table.name) \(key)"
    }

    private func label(of key: Key) throws -> String {
        let columns = table.shape.key.map(\.name.quoted)
        guard
            let condition = RangeCondition(.key(key), columns: columns, keyCount: columns.count)
        else { return "\(table.name) \(key)" }
        let row = try SQLStatement(
            db, "SELECT * FROM (\(table.query)) WHERE \(condition.sql)")
        condition.bind(to: row)
        if let index = row.parameter(":as_of") { row.bind(index, asOf.description) }
        return try row.step() ? label(row, key) : "\(table.name) \(key)"
    }

    private static func sharers(
        of rule: UniqueRule, _ table: CatalogueTable, _ db: Database, _ asOf: LocalDate
    ) throws -> [String: [Key]] {
        let key = table.shape.key.map(\.name.quoted)
        let row = try SQLStatement(
            db,
            "SELECT \(key.joined(separator: ", ")), \(rule.column.quoted) FROM (\(table.query))")
        if let index = row.parameter(":as_of") { row.bind(index, asOf.description) }
        var sharers: [String: [Key]] = [:]
        while try row.step() {
            guard row.storageClass(Int32(key.count)) != .null,
                let values = row.keyValues(0..<Int32(key.count))
            else { continue }
            let value = rule.fold(row.text(Int32(key.count)))
            if !value.isEmpty { sharers[value, default: []].append(Key(values)) }
        }
        return sharers.mapValues { $0.sorted() }
    }
}

extension UniqueRule {
    func fold(_ text: String) -> String {
        switch fold {
        case .exact: text
        case .trimmedLowercase: text.trimmed.lowercased()
        }
    }
}

extension String {
    var trimmed: String {
        guard let first = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[first...last])
    }
}

extension SQLStatement {
    /// Columns as components of a key; nil if one of them is NULL or neither integer nor text.
    func keyValues(_ columns: Range<Int32>) -> [KeyValue]? {
        var values: [KeyValue] = []
        for column in columns {
            switch storageClass(column) {
            case .integer: values.append(.integer(integer(column)))
            case .text: values.append(.text(text(column)))
            default: return nil
            }
        }
        return values
    }
}
