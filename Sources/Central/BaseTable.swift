import Catalogue
import GRDB
import SQLDrivers
import SyncModel

/// One of Central's own tables that the catalogue's queries read.
struct BaseTable: Hashable {
    /// A primary key or unique index: the columns whose values no two rows may share.
    struct UniqueKey: Hashable {
        var columns: [(name: String, collation: String)]
        static func == (a: Self, b: Self) -> Bool { a.columns.map(\.name) == b.columns.map(\.name) }
        func hash(into hasher: inout Hasher) { hasher.combine(columns.map(\.name)) }
    }

    var name: String
    var columns: [String]
    var uniqueKeys: [UniqueKey]
    /// False for tables declared WITHOUT ROWID.
    var hasRowID: Bool
    /// The statement that made it.
    var sql: String
    /// A unique index on an expression: a row replaced through it cannot be captured.
    var hasExpressionIndex: Bool

    /// Nil if there is no such table.
    init?(_ name: String, in db: Database) throws {
        let made = try Row.fetchOne(
            db, cached: "SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = ?",
            arguments: [name])
        guard let made else { return nil }
        self.name = name
        sql = made["sql"] ?? ""
        let info = try Row.fetchAll(
            db, cached: "SELECT name, pk FROM pragma_table_xinfo(?) ORDER BY cid", arguments: [name]
        )
        columns = info.map { $0["name"] }
        hasRowID =
            try Bool.fetchOne(
                db, cached: "SELECT NOT wr FROM pragma_table_list(?) WHERE schema = 'main'",
                arguments: [name]) ?? true
        (uniqueKeys, hasExpressionIndex) = try Self.uniqueIndexes(of: name, in: db)
        let primary = info.filter { ($0["pk"] as Int) > 0 }
            .sorted { ($0["pk"] as Int) < ($1["pk"] as Int) }
        let key = UniqueKey(columns: primary.map { ($0["name"], "BINARY") })
        if !primary.isEmpty, !uniqueKeys.contains(key) { uniqueKeys.insert(key, at: 0) }
    }

    /// Those of Central's tables that the catalogue watches, by name; what is not there is missing.
    static func watched(by catalogue: Catalogue, in db: Database) throws -> [String: BaseTable] {
        var tables: [String: BaseTable] = [:]
        for (base, _) in catalogue.captured { tables[base] = try BaseTable(base, in: db) }
        return tables
    }

    private static func uniqueIndexes(
        of table: String, in db: Database
    ) throws -> (keys: [UniqueKey], hasExpression: Bool) {
        var keys: [UniqueKey] = []
        var hasExpression = false
        let indexes = try String.fetchAll(
            db, cached: "SELECT name FROM pragma_index_list(?) WHERE \"unique\" ORDER BY name",
            arguments: [table])
        for index in indexes {
            let columns = try Row.fetchAll(
                db, cached: "SELECT cid, name, coll FROM pragma_index_xinfo(?) WHERE key",
                arguments: [index])
            if columns.contains(where: { ($0["cid"] as Int) == -2 }) {
                hasExpression = true
            } else {
                keys.append(
                    UniqueKey(columns: columns.map { ($0["name"] ?? "rowid", $0["coll"]) }))
            }
        }
        return (keys, hasExpression)
    }
}

extension Catalogue {
    /// The tables of Central that rules of the catalogue watch, in alphabetical order, each with
    /// the columns to capture of a changed row.
    package var captured: [(base: String, columns: [String])] {
        var columns: [String: Set<String>] = [:]
        for watch in tables.flatMap(\.watches) {
            columns[watch.base, default: []].formUnion(watch.capturedColumns)
        }
        return columns.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted()) }
    }
}

extension Watch {
    /// Columns of the changed row that the rule needs, before and after the change.
    var capturedColumns: [String] {
        let mapping: [String]
        switch rule {
        case .path(let columns): mapping = columns
        case .lookup(let sql): mapping = sql.parameterNames
        case .byValue(let column): mapping = [column]
        }
        return mapping + (when ?? [])
    }
}
