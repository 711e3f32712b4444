import Catalogue
import Central
import Foundation
import GRDB
import SQLDrivers
import SyncEngine
import SyncModel
import Synchronization

/// A SQLite file, read by the product's own source.
final class FileCentral: SimulatedCentral {
    private let folder: TestFolder
    private let path: String
    private let isCaptured: Bool
    private let office: DatabaseQueue
    private let world: SimulatedWorld
    private let committed = Mutex(0)

    init(world: SimulatedWorld, _ catalogue: Catalogue, isCaptured: Bool) throws {
        self.world = world
        self.isCaptured = isCaptured
        folder = try TestFolder()
        path = folder.path(of: "central.db")
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 0")
        }
        office = try DatabaseQueue(path: path, configuration: configuration)
        try CentralTemplate.copy(to: office, catalogue, isCaptured: isCaptured)
        try useWriteAheadLog()
    }

    deinit { try? office.close() }

    private func useWriteAheadLog() throws {
        try office.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
    }

    var version: Int { committed.withLock { $0 } }

    func work(_ statements: [String]) throws {
        let seconds = world.now.microsecondsSince1970 / 1_000_000
        try office.write { db in
            let before =
                isCaptured ? try CentralLineage.changeNumber(db) : 0
            for sql in statements { try db.execute(bound: sql) }
            // The triggers ask SQLite for the time, which is not this world's.
            if isCaptured {
                try db.execute(
                    cached: "UPDATE syncworker_change SET at = ? WHERE seq > ?",
                    arguments: [seconds, before])
            }
        }
        committed.withLock { $0 += 1 }
    }

    /// SQLite's writers are serial.
    var hasConcurrentWriters: Bool { false }

    func begin(_ statements: [String], isPrepared: Bool) -> Int {
        preconditionFailure("SQLite's writers are serial")
    }

    func end(_ transaction: Int, commits: Bool) {}

    func endAll() {}

    func read<T>(_ body: (Database) throws -> T) throws -> T {
        try office.inDatabase(body)
    }

    func source(
        _ catalogue: Catalogue, world: SimulatedWorld, now: @escaping @Sendable () -> Timestamp
    ) throws -> any Source {
        // Who waits for a lock would keep the one thread from whoever holds it.
        try SQLiteCentral(
            path: path, catalogue: catalogue, fingerprintKey: TestCentral.fingerprintKey,
            busyTimeout: .zero, retention: world.knobs.retention,
            changesPerRunMax: world.knobs.changesPerRunMax, executor: world.executor, now: now)
    }

    func backUp() throws -> Backup {
        let copy = try DatabaseQueue()
        try office.copy(to: copy)
        return Backup(version: version, contents: copy, schemaVersion: try schemaVersion())
    }

    func restore(_ backup: Backup) throws {
        let before = try schemaVersion()
        try backup.contents.copy(to: office)
        // As a file would be that was copied back: SQLite's own restore counts as a change of the
        // schema, by which every table would be compared in full.
        if backup.schemaVersion == before {
            try office.writeWithoutTransaction {
                try $0.execute(sql: "PRAGMA schema_version = \(before)")
            }
        }
        try useWriteAheadLog()
        committed.withLock { $0 = backup.version }
    }

    private func schemaVersion() throws -> Int {
        try office.inDatabase { try Int.fetchOne($0, sql: "PRAGMA schema_version") ?? 0 }
    }

    func workUnnoted(_ statements: [String], _ catalogue: Catalogue) throws {
        guard isCaptured else { return try work(statements) }
        try office.write { db in
            let triggers = try Row.fetchAll(
                db, sql: "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            for trigger in triggers {
                try db.execute(sql: "DROP TRIGGER \((trigger["name"] as String).quoted)")
            }
            for sql in statements { try db.execute(sql: sql) }
            for trigger in triggers { try db.execute(sql: trigger["sql"]) }
        }
        committed.withLock { $0 += 1 }
    }

    func changeSchema() throws {
        try office.write { db in
            let columns = try db.columns(in: "contact").count
            try db.execute(sql: "ALTER TABLE contact ADD COLUMN extra\(columns) TEXT")
        }
    }

    func expire() throws {
        guard isCaptured else { return }
        try office.write { db in
            try db.execute(
                sql: """
                    UPDATE syncworker_meta
                    SET value = max(value, (SELECT coalesce(max(seq), 0) FROM syncworker_change))
                    WHERE name = 'floor';
                    DELETE FROM syncworker_change
                    """)
        }
    }
}
