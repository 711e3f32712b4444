import Catalogue
import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// What follows from Central's schema alone: whether capture fits it, and the epoch of each table.
/// A snapshot is pinned every few seconds; the schema changes with an upgrade.
struct CentralSchemaState: Sendable {
    var captureFits: Bool
    var epochs: [TableName: String]
    /// SQLite's own count of the schema's changes.
    let version: Int
    private var name: String

    init(_ catalogue: Catalogue, _ db: Database) throws {
        name = try Self.name(of: db)
        version = try Self.version(of: db)
        let tables = try BaseTable.watched(by: catalogue, in: db)
        let triggers = try Capture.installed(db)
        captureFits = try Capture.fits(catalogue, tables, triggers)
        epochs = [:]
        for table in catalogue.tables {
            epochs[table.name] = Capture.epoch(of: table, version: version, tables, triggers)
        }
    }

    func isStill(of db: Database) throws -> Bool { try Self.name(of: db) == name }

    /// Every object of the schema as it was declared, and its version.
    private static func name(of db: Database) throws -> String {
        let objects = try String.fetchAll(
            db.cachedStatement(
                sql: "SELECT name || coalesce(sql, '') FROM sqlite_schema ORDER BY rowid"))
        return "\(try version(of: db)) " + RowDigest.name(of: objects.joined(separator: "\n"))
    }

    static func version(of db: Database) throws -> Int {
        try Int.fetchOne(db, cached: "PRAGMA schema_version") ?? 0
    }
}
