import Catalogue
import GRDB
import SQLDrivers
import SyncModel

/// What works, but slowly: for whoever writes a catalogue or looks after Central.
public struct CatalogueWarning: Codable, Sendable, Hashable, CustomStringConvertible {
    public var table: TableName
    public var file: String
    public var line: Int
    public var message: String
    /// What to do.
    public var hint: String

    public var description: String { "\(file), line \(line): \(message) \(hint)" }
}

/// Asks SQLite how it would carry out a catalogue's queries, without carrying them out.
struct QueryPlans {
    let catalogue: Catalogue
    let db: Database

    /// In the order of the file.
    func warnings() throws -> [CatalogueWarning] {
        try catalogue.tables.flatMap { table in
            try [sorting(table), searching(table)].compactMap(\.self) + lookups(of: table)
        }.sorted { $0.line < $1.line }
    }

    /// Rows that do not come in the order of their key by themselves are held in memory or in
    /// temporary files, for every range anew.
    private func sorting(_ table: CatalogueTable) throws -> CatalogueWarning? {
        let one = Self.example(table)
        let ranges = [
            KeyRange.everything, KeyRange(after: one, upTo: KeyRange.plusInfinity), .key(one),
        ]
        let isSorted = try ranges.contains { range in
            try read(table, range).contains { $0.contains("USE TEMP B-TREE FOR ORDER BY") }
        }
        guard isSorted else { return nil }
        let key = table.shape.key.map(\.name).joined(separator: ", ")
        return warning(
            table, table.line, "The query of \(table.name) has to sort its rows.",
            "Give Central an index in the order of the key (\(key)), or bring the tables of the "
                + "query into that order with CROSS JOIN; EXPLAIN QUERY PLAN shows what helps.")
    }

    /// A changed row is read by its key: that has to lead to it without reading a whole table.
    private func searching(_ table: CatalogueTable) throws -> CatalogueWarning? {
        guard let scan = try read(table, .key(Self.example(table))).first(where: Self.isScan)
        else { return nil }
        return warning(
            table, table.line,
            "The query of \(table.name) reads a whole table for every changed row (\(scan)).",
            "Give Central an index that leads from the key to the rows, and let the query answer "
                + "the columns of the key as they stand in their tables.")
    }

    private func lookups(of table: CatalogueTable) throws -> [CatalogueWarning] {
        try table.watches.compactMap { watch in
            guard case .lookup(let sql) = watch.rule,
                let scan = try plan(of: sql).first(where: Self.isScan)
            else { return nil }
            return warning(
                table, watch.line,
                "The lookup on \(watch.base) reads a whole table for every changed row (\(scan)).",
                "Give Central an index on the columns that the lookup compares.")
        }
    }

    private func warning(
        _ table: CatalogueTable, _ line: Int, _ message: String, _ hint: String
    ) -> CatalogueWarning {
        CatalogueWarning(
            table: table.name, file: catalogue.file, line: line, message: message, hint: hint)
    }

    // MARK: Plans

    /// A key of the table's form: a plan depends on the columns that are compared, not on values.
    private static func example(_ table: CatalogueTable) -> Key {
        Key(
            table.shape.key.map { column in
                if case .text = column.type { .text("a") } else { .integer(1) }
            })
    }

    /// An index that SQLite makes for one statement costs as much as reading the table.
    private static func isScan(_ step: String) -> Bool {
        (step.hasPrefix("SCAN ") && !step.contains("CONSTANT ROW")) || step.contains("AUTOMATIC")
    }

    private func read(_ table: CatalogueTable, _ range: KeyRange) throws -> [String] {
        guard let condition = table.condition(for: range) else { return [] }
        return try plan(of: table.orderedRead(where: condition.sql))
    }

    private func plan(of sql: String) throws -> [String] {
        let statement = try SQLStatement(db, "EXPLAIN QUERY PLAN " + sql)
        var steps: [String] = []
        while try statement.step() { steps.append(statement.text(3)) }
        return steps
    }
}

extension CatalogueTable {
    /// Nil for a range that is none of this table's keys.
    func condition(for range: KeyRange) -> RangeCondition? {
        RangeCondition(
            range, columns: shape.key.map(\.name.quoted), keyCount: shape.keyCount)
    }

    /// The query narrowed to a range and put in the order of the key's bytes.
    func orderedRead(where condition: String) -> String {
        let columns = shape.columns.map(\.name.quoted).joined(separator: ", ")
        let order = shape.key.map { column in
            if case .text = column.type { return column.name.quoted + " COLLATE BINARY" }
            return column.name.quoted
        }
        return "SELECT \(columns) FROM (\(query)) WHERE \(condition) ORDER BY "
            + order.joined(separator: ", ")
    }
}
