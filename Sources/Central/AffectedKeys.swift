import Catalogue
import GRDB
import SQLDrivers
import SyncModel

/// Which rows of the change table are looked at.
package struct ChangeSelection {
    /// A condition over the change table's columns.
    package var condition: String
    package var arguments: StatementArguments

    package init(condition: String, arguments: StatementArguments) {
        self.condition = condition
        self.arguments = arguments
    }

    static func numbered(after position: Int64, upTo: Int64) -> ChangeSelection {
        ChangeSelection(condition: "seq > ? AND seq <= ?", arguments: [position, upTo])
    }
}

/// Maps what changed in Central since a checkpoint to keys and prefixes of one table.
package struct AffectedKeys {
    let table: CatalogueTable
    let captured: [String: [String]]
    let rules: RowRules
    let db: Database
    private var paths: Set<Key> = []
    /// Lookups already done, so that a client touched fifty times is looked up once.
    private var asked: Set<[[UInt8]]> = []
    private var lookups: [String: SQLStatement] = [:]

    package init(
        _ table: CatalogueTable, captured: [String: [String]], rules: RowRules, _ db: Database
    ) {
        self.table = table
        self.captured = captured
        self.rules = rules
        self.db = db
    }

    /// Ranges in ascending order, disjoint.
    package mutating func ranges(
        of changes: ChangeSelection, from: LocalDate, to asOf: LocalDate
    ) throws -> [KeyRange] {
        try addChanges(changes)
        // Dates between two as-ofs take effect in either direction.
        if from != asOf {
            try addClock(from: min(from, asOf), to: max(from, asOf))
        }
        paths.formUnion(rules.companions(of: paths))
        return paths.map { KeyRange.path($0, keyCount: table.shape.keyCount) }.merged()
    }

    private mutating func addChanges(_ selection: ChangeSelection) throws {
        let watches = Dictionary(grouping: table.watches, by: \.base)
        let bases = watches.keys.sorted().map(\.literal).joined(separator: ", ")
        let values = (0..<CaptureTriggers.columnsMax)
        let names = (values.map { "o\($0)" } + values.map { "n\($0)" }).joined(separator: ", ")
        let statement = try db.cachedStatement(
            sql: """
                SELECT base, operation, \(names) FROM syncworker_change
                WHERE \(selection.condition) AND base IN (\(bases)) ORDER BY seq
                """)
        let changes = try Row.fetchCursor(statement, arguments: selection.arguments)
        while let row = try changes.next() {
            let change = Change(row, columns: captured[row["base"]] ?? [])
            for watch in watches[row["base"]] ?? [] where change.concerns(watch) {
                try add(watch, change)
            }
        }
    }

    private mutating func add(_ watch: Watch, _ change: Change) throws {
        for row in change.versions {
            switch watch.rule {
            case .path(let columns):
                let values = columns.map { row[$0].flatMap(KeyValue.init(databaseValue:)) }
                if !values.contains(nil) { paths.insert(Key(values.compactMap(\.self))) }
            case .lookup(let sql): try addLookup(sql, row)
            case .byValue(let column):
                guard let text = row[column].flatMap({ String.fromDatabaseValue($0) }) else {
                    break
                }
                paths.formUnion(rules.keys(sharing: [text], of: column))
            }
        }
    }

    private mutating func addLookup(_ sql: String, _ row: [String: DatabaseValue]) throws {
        let values = sql.parameterNames.map { row[$0] ?? .null }
        guard asked.insert([Array(sql.utf8)] + values.map(\.exact)).inserted else { return }
        let statement = try lookups[sql] ?? SQLStatement(db, sql)
        lookups[sql] = statement
        statement.reset()
        for (name, value) in zip(sql.parameterNames, values) {
            if let index = statement.parameter(":" + name) { statement.bind(index, value) }
        }
        try addPaths(statement)
    }

    private mutating func addClock(from: LocalDate, to: LocalDate) throws {
        for sql in table.clock {
            let statement = try SQLStatement(db, sql)
            for (name, date) in [(":from", from), (":to", to)] {
                if let index = statement.parameter(name) { statement.bind(index, date.description) }
            }
            try addPaths(statement)
        }
    }

    private mutating func addPaths(_ statement: SQLStatement) throws {
        while try statement.step() {
            if let values = statement.keyValues(0..<statement.columnCount) {
                paths.insert(Key(values))
            }
        }
        statement.reset()
    }
}

/// One row of the change table.
private struct Change {
    private var operation: String
    private var old: [String: DatabaseValue] = [:]
    private var new: [String: DatabaseValue] = [:]

    init(_ row: Row, columns: [String]) {
        operation = row["operation"]
        for (index, column) in columns.enumerated() {
            old[column] = row["o\(index)"]
            new[column] = row["n\(index)"]
        }
    }

    /// The captured columns before and after the change, as far as there is a before and an after.
    var versions: [[String: DatabaseValue]] {
        switch operation {
        case "I": [new]
        case "D": [old]
        default: [old, new]
        }
    }

    /// Whether one of the columns that the rule names changed, or one that leads it to its rows; a
    /// row that came or went always does.
    func concerns(_ watch: Watch) -> Bool {
        guard operation == "U", let when = watch.when else { return true }
        return (when + watch.rule.columns).contains { old[$0]?.exact != new[$0]?.exact }
    }
}

extension DatabaseValue {
    /// Storage class and content. Values that Swift takes for equal may be two: 1 and 1.0, or two
    /// spellings of one letter.
    fileprivate var exact: [UInt8] {
        switch storage {
        case .null: [0]
        case .int64(let number): [1] + withUnsafeBytes(of: number, Array.init)
        case .double(let number): [2] + withUnsafeBytes(of: number.bitPattern, Array.init)
        case .string(let text): [3] + text.utf8
        case .blob(let bytes): [4] + bytes
        }
    }
}

extension Watch.Rule {
    /// The columns of the changed row that lead to the affected rows.
    fileprivate var columns: [String] {
        switch self {
        case .path(let columns): columns
        case .lookup(let sql): sql.parameterNames
        case .byValue(let column): [column]
        }
    }
}

extension KeyValue {
    /// Nil for what can be no component of a key.
    init?(databaseValue: DatabaseValue) {
        switch databaseValue.storage {
        case .int64(let number): self = .integer(number)
        case .string(let text): self = .text(text)
        default: return nil
        }
    }
}
