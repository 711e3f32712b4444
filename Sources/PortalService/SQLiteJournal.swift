import Foundation
import GRDB
import SQLDrivers
import SyncEngine
import SyncModel
import SyncProtocol

/// What the premises remember, in a SQLite file of its own.
public final class SQLiteJournal: Journal {
    private let queue: DatabaseQueue
    private let path: String

    static let version = 1
    /// Runs are kept this long.
    static let keptFor = Duration.seconds(90 * 86_400)

    private static let schema = [
        """
        CREATE TABLE runs (
          id TEXT PRIMARY KEY, started_at TEXT NOT NULL, start TEXT NOT NULL, outcome TEXT,
          record TEXT
        ) STRICT
        """,
        "CREATE INDEX runs_by_start ON runs (started_at)",
        "CREATE TABLE installation (fence INTEGER NOT NULL) STRICT",
        "INSERT INTO installation VALUES (0)",
        "PRAGMA user_version = 1",
    ]

    public init(path: String) throws {
        self.path = path
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        queue = try Self.explaining(path) {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
            try queue.write { db in
                switch try Int.fetchOne(db, sql: "PRAGMA user_version") {
                case 0: for sql in Self.schema { try db.execute(sql: sql) }
                case Self.version: break
                default:
                    throw SyncError(
                        "journal", "The journal \(path) was made by a newer release.",
                        hint: "Use that release, or move the journal away: only history is lost.")
                }
            }
            return queue
        }
    }

    public func close() throws { try queue.close() }

    // MARK: The engine's port

    public func lastOpened() async throws -> (fence: Int, run: RunID?) {
        try await read { db in
            let fence = try Int.fetchOne(db, sql: "SELECT fence FROM installation") ?? 0
            let run = try String.fetchOne(
                db, sql: "SELECT id FROM runs ORDER BY started_at DESC, rowid DESC LIMIT 1")
            return (fence, run.map(RunID.init(rawValue:)))
        }
    }

    public func save(fence: Int) async throws {
        try await write {
            try $0.execute(sql: "UPDATE installation SET fence = ?", arguments: [fence])
        }
    }

    public func begin(_ run: RunStart) async throws {
        let start = String(decoding: try WireJSON.encode(run), as: UTF8.self)
        try await write { db in
            try db.execute(
                sql: "INSERT INTO runs (id, started_at, start) VALUES (?, ?, ?)",
                arguments: [run.id.rawValue, run.startedAt.sql, start])
            try db.execute(
                sql: "DELETE FROM runs WHERE started_at < ?",
                arguments: [(run.startedAt + (.zero - Self.keptFor)).sql])
        }
    }

    public func record(_ run: RunRecord) async throws {
        let record = String(decoding: try WireJSON.encode(run), as: UTF8.self)
        try await write { db in
            try db.execute(
                sql: "UPDATE runs SET outcome = ?, record = ? WHERE id = ?",
                arguments: [run.outcome.rawValue, record, run.id.rawValue])
        }
    }

    // MARK: Looking back

    /// The latest runs, newest first. A run that began and never ended is one that the service
    /// did not survive, unless it is the one under way.
    public func runs(limit: Int, underway: RunID? = nil) async throws -> [RunRecord] {
        let rows = try await read { db in
            try Row.fetchAll(
                db,
                sql: "SELECT start, record FROM runs ORDER BY started_at DESC, rowid DESC LIMIT ?",
                arguments: [limit]
            ).map { ($0["start"] as String, $0["record"] as String?) }
        }
        return try rows.compactMap { start, record in
            if let record { return try WireJSON.decode(RunRecord.self, from: Array(record.utf8)) }
            let start = try WireJSON.decode(RunStart.self, from: Array(start.utf8))
            return start.id == underway ? nil : Self.cutOff(start)
        }
    }

    public func lastStarted() async throws -> Timestamp? {
        try await read { db in
            try String.fetchOne(db, sql: "SELECT max(started_at) FROM runs")
        }.flatMap { Timestamp($0) }
    }

    /// A new enrolment begins to count anew.
    public func resetFence() async throws { try await save(fence: 0) }

    private static func cutOff(_ start: RunStart) -> RunRecord {
        RunRecord(
            start: start, finishedAt: start.startedAt, outcome: .failed,
            errors: [
                .init(
                    dataSet: nil, table: nil, key: nil, code: "cut_off",
                    message: "The service ended during this synchronisation.",
                    hint: "Nothing is lost: the next synchronisation carried on from what OneClick "
                        + "had.")
            ])
    }

    // MARK: Transactions

    private func read<T: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> T
    ) async throws -> T {
        do { return try await queue.read(body) } catch { throw Self.explained(error, path) }
    }

    private func write(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
        do { try await queue.write(body) } catch { throw Self.explained(error, path) }
    }

    private static func explaining<T>(_ path: String, _ body: () throws -> T) throws -> T {
        do { return try body() } catch { throw explained(error, path) }
    }

    private static func explained(_ error: any Error, _ path: String) -> any Error {
        (error as? DatabaseError)?.explained("The journal", path: path) ?? error
    }
}
