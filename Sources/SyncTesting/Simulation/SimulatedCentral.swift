import Catalogue
import Central
import Foundation
import GRDB
import SQLDrivers
import SampleOffice
import SyncEngine
import SyncModel
import Synchronization

/// A Central of some kind, as the simulated world sees it from outside.
protocol SimulatedCentral: AnyObject, Sendable {
    /// How many transactions it has committed. Goes back when it is restored.
    var version: Int { get }
    /// One transaction of the office, committed at once.
    func work(_ statements: [String]) throws
    /// Whether one transaction may begin before another ends.
    var hasConcurrentWriters: Bool { get }
    /// Begins a transaction that others do not see until it is committed.
    func begin(_ statements: [String], isPrepared: Bool) -> Int
    func end(_ transaction: Int, commits: Bool) throws
    /// Rolls back all that is still open, prepared or not.
    func endAll()
    /// What everybody sees.
    func read<T>(_ body: (Database) throws -> T) throws -> T
    func source(
        _ catalogue: Catalogue, world: SimulatedWorld, now: @escaping @Sendable () -> Timestamp
    ) throws -> any Source
    func backUp() throws -> Backup
    /// Everything that was written since is gone, open transactions too.
    func restore(_ backup: Backup) throws
    /// Triggers dropped, work done that nobody notes, triggers made again.
    func workUnnoted(_ statements: [String], _ catalogue: Catalogue) throws
    func changeSchema() throws
    /// Purges changes; of one table only, where there is a retention for each.
    func expire() throws
}

/// A Central at some earlier time.
struct Backup: Sendable {
    var version: Int
    var contents: DatabaseQueue
    /// Of a SQLite file: how often its schema had changed.
    var schemaVersion = 0
    var log: ModelCentral.Log?
}

/// The content that every simulated Central begins with, made once a process for each catalogue.
enum CentralTemplate {
    private static let made = Mutex<[String: DatabaseQueue]>([:])

    static func copy(
        to queue: DatabaseQueue, _ catalogue: Catalogue, isCaptured: Bool
    ) throws {
        let name = catalogue.tables.map(\.name.rawValue).joined(separator: " ") + " \(isCaptured)"
        try made.withLock { made in
            let template = try made[name] ?? make(catalogue, isCaptured: isCaptured)
            made[name] = template
            try template.copy(to: queue)
        }
    }

    private static func make(
        _ catalogue: Catalogue, isCaptured: Bool
    ) throws -> DatabaseQueue {
        let queue = try DatabaseQueue()
        try queue.write { db in
            try CentralSchema.create(in: db)
            try db.execute(
                sql: """
                    INSERT INTO database_info
                    VALUES ('11111111-2222-3333-4444-555555555555', 'Simulated', 1);
                    INSERT INTO data_security (by_company, by_office, by_department)
                    VALUES (0, 1, 0)
                    """)
        }
        if isCaptured {
            try queue.write { try Capture.install(in: $0, catalogue) }
        }
        return queue
    }
}
