import Catalogue
import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// Installs, checks and removes change capture in a SQLite Central.
public enum Capture {
    /// What stands in a Central.
    public struct Status: Codable, Sendable, Hashable, CustomStringConvertible {
        public enum State: String, Codable, Sendable {
            case installed
            /// Some triggers are missing or belong to another catalogue or schema.
            case outdated
            case missing
        }
        public var state: State
        /// Central's tables whose changes are noted.
        public var tables: [String]
        public var triggers: Int
        /// Change rows kept at the moment.
        public var changes: Int
        public var notes: [String]
        /// Queries of the catalogue that work, but slowly.
        public var warnings: [CatalogueWarning]

        public var description: String {
            switch state {
            case .installed:
                "Change capture is installed: \(triggers) triggers on \(tables.count) tables, "
                    + "\(changes) changes kept."
            case .outdated:
                "Change capture does not fit the catalogue or the schema any more. Run "
                    + "`syncworker capture install`; the next synchronisation compares everything."
            case .missing:
                "Change capture is not installed: every synchronisation compares everything. Run "
                    + "`syncworker capture install` to change that."
            }
        }
    }

    typealias Trigger = (name: String, sql: String)

    static let changeTable = """
        CREATE TABLE IF NOT EXISTS syncworker_change (
          seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, base TEXT NOT NULL,
          operation TEXT NOT NULL, \(valueColumns))
        """
    static let markTable = """
        CREATE TABLE IF NOT EXISTS syncworker_mark (
          token TEXT PRIMARY KEY, predecessor TEXT, at INTEGER NOT NULL) WITHOUT ROWID
        """
    static let metaTable = """
        CREATE TABLE IF NOT EXISTS syncworker_meta (
          name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID
        """

    private static var valueColumns: String {
        let indices = 0..<CaptureTriggers.columnsMax
        return (indices.map { "o\($0)" } + indices.map { "n\($0)" }).joined(separator: ", ")
    }

    /// Makes our tables and triggers, or mends those that do not fit any more; in one transaction.
    /// Turns write-ahead logging on, without which a snapshot would block the office's writes.
    public static func install(path: String, catalogue: Catalogue) throws -> Status {
        let file = CentralFile(path: path)
        return try using(path, file.openForWriting) { db in
            guard try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL") == "wal" else {
                throw SyncError(
                    .central, "Central (\(path)) cannot use write-ahead logging.",
                    hint: "Put the database on a local disk, or go on without change capture.")
            }
            try db.inTransaction(.immediate) {
                try install(in: db, catalogue)
                return .commit
            }
            return try status(catalogue, file, db)
        }
    }

    package static func install(in db: Database, _ catalogue: Catalogue) throws {
        for sql in [changeTable, markTable, metaTable] { try db.execute(sql: sql) }
        try db.execute(sql: "INSERT OR IGNORE INTO syncworker_meta VALUES ('floor', 0)")
        try goOnCounting(db)
        let tables = try BaseTable.watched(by: catalogue, in: db)
        if try !fits(catalogue, tables, try installed(db)) {
            try makeTriggers(catalogue, tables, db)
        }
    }

    public static func status(path: String, catalogue: Catalogue) throws -> Status {
        let file = CentralFile(path: path)
        return try using(path, file.openForReading) { db in try status(catalogue, file, db) }
    }

    /// Drops triggers and change rows. The marks stay, by which OneClick recognises this Central,
    /// and how far the change numbers had got, unless `everything` is asked for.
    public static func remove(
        path: String, catalogue: Catalogue, everything: Bool
    ) throws -> Status {
        let file = CentralFile(path: path)
        return try using(path, file.openForWriting) { db in
            try db.inTransaction(.immediate) {
                try dropTriggers(db)
                if try db.tableExists("syncworker_change") {
                    try Retention.raiseFloor(db, to: CentralLineage.changeNumber(db))
                }
                try db.execute(sql: "DROP TABLE IF EXISTS syncworker_change")
                if everything {
                    try db.execute(sql: "DROP TABLE IF EXISTS syncworker_meta")
                    try db.execute(sql: "DROP TABLE IF EXISTS syncworker_mark")
                }
                return .commit
            }
            return try status(catalogue, file, db)
        }
    }

    /// A change table made anew begins behind the numbers of the one before: numbers that went back
    /// would say that Central did.
    private static func goOnCounting(_ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO sqlite_sequence (name, seq)
                SELECT 'syncworker_change', value FROM syncworker_meta
                WHERE name = 'floor' AND NOT EXISTS (
                  SELECT 1 FROM sqlite_sequence WHERE name = 'syncworker_change')
                """)
    }

    private static func using<T>(
        _ path: String, _ open: () throws -> DatabaseQueue, _ body: (Database) throws -> T
    ) throws -> T {
        do {
            return try open().inDatabase(body)
        } catch let error as DatabaseError {
            throw error.explained("Central", path: path)
        }
    }

    private static func makeTriggers(
        _ catalogue: Catalogue, _ tables: [String: BaseTable], _ db: Database
    ) throws {
        try dropTriggers(db)
        for trigger in try expected(catalogue, tables) { try db.execute(sql: trigger.sql) }
    }

    private static func dropTriggers(_ db: Database) throws {
        for name in try installed(db).map(\.name) {
            try db.execute(sql: "DROP TRIGGER \(name.quoted)")
        }
    }

    private static func expected(
        _ catalogue: Catalogue, _ tables: [String: BaseTable]
    ) throws -> [Trigger] {
        try catalogue.captured.flatMap { base, columns in
            guard let table = tables[base] else {
                throw SyncError(
                    .central, "Central has no table \(base), which the catalogue watches.",
                    hint: "Check that the path leads to Central and that the catalogue fits it.")
            }
            return CaptureTriggers(table: table, columns: columns).statements
        }
    }

    static func installed(_ db: Database) throws -> [Trigger] {
        try Row.fetchAll(
            db,
            cached: """
                SELECT name, sql FROM sqlite_schema
                WHERE type = 'trigger' AND name GLOB 'syncworker_*' ORDER BY name
                """
        ).map { ($0["name"], $0["sql"]) }
    }

    /// Whether exactly the triggers that catalogue and schema ask for are those installed.
    static func fits(
        _ catalogue: Catalogue, _ tables: [String: BaseTable], _ installed: [Trigger]
    ) throws -> Bool {
        let expected = try expected(catalogue, tables).sorted { $0.name < $1.name }
        return expected.count == installed.count
            && zip(expected, installed).allSatisfy { $0.name == $1.name && $0.sql == $1.sql }
    }

    private static func status(
        _ catalogue: Catalogue, _ file: CentralFile, _ db: Database
    ) throws -> Status {
        let triggers = try installed(db)
        let capture = try CaptureState(file, CentralSchemaState(catalogue, db), db)
        let bases = catalogue.captured.map(\.base)
        let tables = try BaseTable.watched(by: catalogue, in: db)
        let unnoticed = bases.compactMap { tables[$0] }
            .filter(\.hasExpressionIndex)
            .map {
                "\($0.name) has a unique index on an expression: a row that INSERT OR REPLACE "
                    + "removes through it is only noticed by rolling verification."
            }
        return Status(
            state: !capture.isInstalled ? .missing : capture.fits ? .installed : .outdated,
            tables: bases, triggers: triggers.count,
            changes: capture.isInstalled
                ? try Int.fetchOne(db, sql: "SELECT count(*) FROM syncworker_change") ?? 0 : 0,
            notes: (capture.fits ? capture.notes : []) + unnoticed,
            warnings: try QueryPlans(catalogue: catalogue, db: db).warnings())
    }

    /// Names everything that capture of one table of the catalogue stands on: another epoch means
    /// that changes may have been missed.
    static func epoch(
        of table: CatalogueTable, version: Int, _ tables: [String: BaseTable],
        _ installed: [Trigger]
    ) -> String {
        let bases = Set(table.watches.map(\.base)).sorted()
        let parts =
            [String(version)] + bases.map { tables[$0]?.sql ?? "-" }
            + installed
            .filter { trigger in bases.contains { trigger.name.hasPrefix("syncworker_\($0)_") } }
            .map(\.sql)
        return RowDigest.name(of: parts.joined(separator: "\n"))
    }
}
