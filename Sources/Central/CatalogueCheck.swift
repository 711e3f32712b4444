import Catalogue
import GRDB
import SQLDrivers
import SyncModel

/// Checks a catalogue against the database: what only SQLite itself can tell.
struct CatalogueCheck {
    let catalogue: Catalogue
    let db: Database
    private let bases: [String: BaseTable]
    private var mistakes: [Mistake] = []

    /// Functions whose answer is not settled by the rows and `:as_of`.
    static let volatile: Set<String> = [
        "random", "randomblob", "changes", "total_changes", "last_insert_rowid", "date", "time",
        "datetime", "julianday", "unixepoch", "strftime", "timediff", "current_date",
        "current_time", "current_timestamp",
    ]

    private init(_ catalogue: Catalogue, _ db: Database) throws {
        self.catalogue = catalogue
        self.db = db
        bases = try BaseTable.watched(by: catalogue, in: db)
    }

    /// Throws one error that names every mistake with its line.
    static func run(_ catalogue: Catalogue, _ db: Database, path: String) throws {
        try mistakes(of: catalogue, db, path: path).thrown()
    }

    static func mistakes(of catalogue: Catalogue, _ db: Database, path: String) throws -> [Mistake]
    {
        var check = try CatalogueCheck(catalogue, db)
        try check.checkIsCentral(path)
        for table in catalogue.tables { try check.check(table) }
        return check.mistakes
    }

    private mutating func report(_ text: String, line: Int) {
        mistakes.append(Mistake(file: catalogue.file, line: line, text: text))
    }

    /// One calm sentence instead of twenty mistakes where the file is something else altogether.
    private func checkIsCentral(_ path: String) throws {
        let captured = catalogue.captured.map(\.base)
        let missing = captured.filter { bases[$0] == nil }
        guard missing.count > captured.count / 2 else { return }
        throw SyncError(
            .central,
            "\(path) is not a Central: it has no table "
                + missing.prefix(3).joined(separator: ", no table ") + ".",
            hint: "Check the path; for a Central with another schema, name its catalogue "
                + "(`syncworker init --catalogue`, or `catalogue` in the configuration).")
    }

    private mutating func check(_ table: CatalogueTable) throws {
        try checkWatches(table)
        guard let columns = columns(of: table.query, "The query of \(table.name)", table.line)
        else { return }
        let expected = table.shape.columns.map(\.name)
        if columns != expected, !expected.isEmpty {
            let index = zip(columns, expected).enumerated().first { $1.0 != $1.1 }?.offset
            let position = index ?? min(columns.count, expected.count)
            report(
                "The query of \(table.name) gives "
                    + (position < columns.count ? "\"\(columns[position])\"" : "nothing")
                    + " as column \(position + 1), where the table has "
                    + (position < expected.count ? "\"\(expected[position])\"." : "none."),
                line: table.line)
        }
        let program = try program(of: table.query)
        let watched = Set(table.watches.map(\.base))
        for read in try tables(readBy: program) where !watched.contains(read) {
            report(
                "\(table.name) reads \(read), which it does not watch: changes there would be "
                    + "lost.",
                line: table.line)
        }
        checkFunctions(program, "The query of \(table.name)", table.line)
        for clock in table.clock {
            checkFunctions(try? self.program(of: clock), "The clock of \(table.name)", table.line)
            checkKeys(clock, table, allowed: ["from", "to"])
        }
        checkParameters(table.query, "The query of \(table.name)", ["as_of"], table.line)
    }

    private mutating func checkWatches(_ table: CatalogueTable) throws {
        for watch in table.watches {
            guard let base = bases[watch.base] else {
                report("Central has no table \(watch.base).", line: watch.line)
                continue
            }
            for column in watch.capturedColumns where !base.columns.contains(column) {
                report("Central's \(watch.base) has no column \(column).", line: watch.line)
            }
            if case .lookup(let sql) = watch.rule {
                checkFunctions(
                    try? program(of: sql), "The lookup on \(watch.base)", watch.line)
                checkKeys(sql, table, allowed: base.columns, line: watch.line)
            }
        }
        for (base, columns) in catalogue.captured where columns.count > CaptureTriggers.columnsMax {
            guard let watch = table.watches.first(where: { $0.base == base }) else { continue }
            report(
                "The rules need \(columns.count) columns of \(base); capture keeps at most "
                    + "\(CaptureTriggers.columnsMax).", line: watch.line)
        }
    }

    /// A lookup or clock query has to answer keys or prefixes of them.
    private mutating func checkKeys(
        _ sql: String, _ table: CatalogueTable, allowed: [String], line: Int? = nil
    ) {
        let line = line ?? table.line
        guard let columns = columns(of: sql, "A rule of \(table.name)", line) else { return }
        if columns.count > table.shape.keyCount {
            report(
                "A rule of \(table.name) answers \(columns.count) columns; its key has "
                    + "\(table.shape.keyCount).", line: line)
        }
        checkParameters(sql, "A rule of \(table.name)", allowed, line)
    }

    private mutating func checkParameters(
        _ sql: String, _ what: String, _ allowed: [String], _ line: Int
    ) {
        for name in sql.parameterNames where !allowed.contains(name) {
            report("\(what) uses the parameter :\(name), which does not exist.", line: line)
        }
    }

    /// The columns that a statement answers; reports what SQLite says of one it cannot prepare.
    private mutating func columns(of sql: String, _ what: String, _ line: Int) -> [String]? {
        // What is missing was reported where the file was read.
        guard !sql.isEmpty else { return nil }
        do {
            let statement = try SQLStatement(db, sql)
            return (0..<statement.columnCount).map(statement.columnName)
        } catch {
            let reason = (error as? DatabaseError)?.message ?? "unknown reason"
            report("\(what) cannot be read by Central: \(reason).", line: line)
            return nil
        }
    }

    // MARK: What SQLite's own program of a query says

    private struct Instruction {
        var opcode: String
        var rootPage: Int64
        var database: Int64
        var function: String
    }

    private func program(of sql: String) throws -> [Instruction] {
        let statement = try SQLStatement(db, "EXPLAIN " + sql)
        var program: [Instruction] = []
        while try statement.step() {
            program.append(
                Instruction(
                    opcode: statement.text(1), rootPage: statement.integer(3),
                    database: statement.integer(4), function: statement.text(5)))
        }
        return program
    }

    private func tables(readBy program: [Instruction]) throws -> [String] {
        var tables: Set<String> = []
        for step in program where step.opcode == "OpenRead" || step.opcode == "ReopenIdx" {
            let table = try String.fetchOne(
                db, cached: "SELECT tbl_name FROM sqlite_schema WHERE rootpage = ?",
                arguments: [step.rootPage])
            if let table { tables.insert(table) }
        }
        return tables.sorted()
    }

    /// - Parameter program: nil where SQLite cannot prepare it, which is reported elsewhere.
    private mutating func checkFunctions(
        _ program: [Instruction]?, _ what: String, _ line: Int
    ) {
        guard let program else { return }
        let called = program.filter { ["Function", "PureFunc"].contains($0.opcode) }
            .map { String($0.function.prefix { $0 != "(" }).lowercased() }
        for function in Set(called).intersection(Self.volatile).sorted() {
            report(
                "\(what) calls \(function)(), whose answer changes by itself; use :as_of.",
                line: line)
        }
        if program.contains(where: { $0.opcode == "VOpen" }) {
            report("\(what) reads a virtual table, whose changes cannot be noted.", line: line)
        }
    }
}

extension CatalogueDraft {
    /// The mistakes that only the Central at a path can tell; none where it cannot be asked.
    public func mistakes(against path: String) -> [Mistake] {
        let found = try? CentralFile(path: path).openForReading().inDatabase { db in
            try CatalogueCheck.mistakes(of: catalogue, db, path: path)
        }
        return found ?? []
    }
}
