import Foundation
import GRDB
import SQLDrivers
import SyncModel

/// The database's file before it is opened: whether it is one of OneClick's, and of which release.
extension OneClickStore {
    /// Makes the tables of a new database, or makes an older one ready for this release; leaves one
    /// of this version as it is.
    public static func migrate(path: String, shapes: Shapes) throws {
        if FileManager.default.fileExists(atPath: path) { _ = try version(of: path) }
        let queue = try opening(path) { try DatabaseQueue(path: path) }
        try opening(path) {
            try queue.write { db in
                switch try Int.fetchOne(db, sql: "PRAGMA user_version") {
                case 0: try StoreSchema.create(in: db, shapes: shapes)
                case 1: try StoreSchema.migrateToVersion2(db)
                case StoreSchema.version: break
                case let version: throw newer(path, version ?? -1)
                }
            }
        }
        try queue.close()
    }

    /// Throws unless a migrated database is there.
    public static func checkIsReady(path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else {
            throw SyncError(
                "store", "There is no database \(path).",
                hint: "Check the path, or make it with "
                    + "`oneclick migrate --database sqlite:\(path)`.")
        }
        let version = try version(of: path)
        guard version <= StoreSchema.version else { throw newer(path, version) }
        guard version == StoreSchema.version else {
            throw SyncError(
                "store", "The database \(path) has not been made ready for this release.",
                hint: "Stop OneClick, back the database up, and run "
                    + "`oneclick migrate --database sqlite:\(path)`.")
        }
    }

    static func opening<T>(_ path: String, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw error.explained("OneClick's database", path: path, for: .command)
        }
    }

    /// Reads only: the file may be another program's, and opening it for writing changes it.
    private static func version(of path: String) throws -> Int {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        let (version, tables) = try opening(path) {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            defer { try? queue.close() }
            return try queue.read { db in
                (
                    try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
                    try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
                )
            }
        }
        // OneClick's tables and their version are made in one transaction.
        guard version > 0 || tables == 0 else {
            throw SyncError(
                "store", "\(path) is not OneClick's database: it holds another program's tables.",
                hint: "Check the path; OneClick's database is a file of its own.")
        }
        return version
    }

    private static func newer(_ path: String, _ version: Int) -> SyncError {
        SyncError(
            "store", "The database \(path) was made by a newer release (schema \(version)).",
            hint: "Use that release, or restore a backup from before.")
    }
}
