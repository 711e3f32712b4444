import Foundation
import GRDB
import SQLDrivers
import SyncEngine
import SyncModel
import SyncProtocol

/// What the premises remember, in a SQLite file of its own.
public final class SQLiteJournal: Journal {
    let queue: DatabaseQueue
    private let path: String

    static let version = 1
    /// Runs are kept this long.
    static let keptFor = Duration.seconds(90 * 86_400)

    private static let schema = [
        """
        CREATE TABLE runs (
          number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, started_at TEXT NOT NULL,
          start TEXT NOT NULL, outcome TEXT, record TEXT
        ) STRICT
        """,
        "CREATE INDEX runs_by_start ON runs (started_at)",
        // `settled` is the run begun last when the fence was saved.
        "CREATE TABLE installation (fence INTEGER NOT NULL, settled INTEGER NOT NULL) STRICT",
        "INSERT INTO installation VALUES (0, 0)",
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
                        .journal, "The journal \(path) was made by a newer release.",
                        hint: "Use that release, or move the journal away: history is lost, and "
                            + "OneClick may ask for a new enrolment.")
                }
            }
            return queue
        }
    }

    public func close() throws { try queue.close() }

    // MARK: The engine's port

    public func lastOpened() async throws -> (fence: Int, runs: [RunID]) {
        try await read { db in
            let fence = try Int.fetchOne(db, sql: "SELECT fence FROM installation") ?? 0
            let runs = try String.fetchAll(
                db,
                sql: """
                    SELECT id FROM runs WHERE number > (SELECT settled FROM installation)
                    ORDER BY number
                    """)
            return (fence, runs.map(RunID.init(rawValue:)))
        }
    }

    public func save(fence: Int) async throws {
        try await write {
            try $0.execute(
                sql: """
                    UPDATE installation
                    SET fence = ?, settled = (SELECT coalesce(max(number), 0) FROM runs)
                    """, arguments: [fence])
        }
    }

    public func begin(_ run: RunStart) async throws {
        let start = String(decoding: try WireJSON.encode(run), as: UTF8.self)
        try await write { db in
            try db.execute(
                sql: "INSERT INTO runs (id, started_at, start) VALUES (?, ?, ?)",
                arguments: [run.id.rawValue, run.startedAt.sql, start])
            try db.execute(
                sql: """
                    DELETE FROM runs
                    WHERE started_at < ? AND number <= (SELECT settled FROM installation)
                    """,
                arguments: [(run.startedAt + (.zero - Self.keptFor)).sql])
        }
    }

    public func record(_ run: RunRecord) async throws {
        try await write { try Self.end(run, $0) }
    }

    private static func end(_ run: RunRecord, _ db: Database) throws {
        let record = String(decoding: try WireJSON.encode(run), as: UTF8.self)
        try db.execute(
            sql: "UPDATE runs SET outcome = ?, record = ? WHERE id = ?",
            arguments: [run.outcome.rawValue, record, run.id.rawValue])
    }

    // MARK: Looking back

    /// The latest runs, begun last first: the clock may have been put back between them.
    ///
    /// A run that began and never ended is one that its process did not survive; the latest may be
    /// under way still, and is left out then.
    public func runs(limit: Int, isUnderway: Bool = false) async throws -> [RunRecord] {
        let rows = try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT start, record FROM runs ORDER BY number DESC LIMIT ?",
                arguments: [isUnderway ? limit + 1 : limit]
            ).map { ($0["start"] as String, $0["record"] as String?) }
        }
        let ended = isUnderway && rows.first?.1 == nil ? rows.dropFirst() : rows[...]
        return try ended.prefix(limit).map { start, record in
            if let record { return try WireJSON.decode(from: Array(record.utf8)) }
            return Self.cutOff(try WireJSON.decode(from: Array(start.utf8)))
        }
    }

    /// Nil for a run that is unknown.
    public func run(_ id: RunID) async throws -> RunRecord? {
        let row = try await read { db in
            try Row.fetchOne(
                db, sql: "SELECT start, record FROM runs WHERE id = ?", arguments: [id.rawValue]
            ).map { ($0["start"] as String, $0["record"] as String?) }
        }
        guard let (start, record) = row else { return nil }
        if let record { return try WireJSON.decode(from: Array(record.utf8)) }
        return Self.cutOff(try WireJSON.decode(from: Array(start.utf8)))
    }

    /// Writes down the end of every run that its process did not survive. For whoever holds the
    /// lock: nothing is under way then.
    public func endCutOff() async throws {
        try await write { db in
            let starts = try String.fetchAll(
                db, sql: "SELECT start FROM runs WHERE record IS NULL")
            for start in starts {
                let run = Self.cutOff(try WireJSON.decode(from: Array(start.utf8)))
                try Self.end(run, db)
            }
        }
    }

    public func lastStarted() async throws -> Timestamp? {
        try await read { db in
            try String.fetchOne(
                db, sql: "SELECT started_at FROM runs ORDER BY number DESC LIMIT 1")
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
                    message: "The service stopped during this synchronisation.",
                    hint: "Nothing is lost: the next synchronisation carries on from what OneClick "
                        + "has.")
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
        guard let error = error as? DatabaseError else { return error }
        var explained = error.explained("SyncWorker's journal", path: path)
        explained.code = .journal
        // SQLite cannot map its index on a full disk, and calls it an error of the disk.
        if error.resultCode == .SQLITE_IOERR, isFull(path) {
            explained.message = "The disk that holds SyncWorker's journal (\(path)) is full."
            explained.hint =
                "Free some space; the next synchronisation goes on where this one "
                + "stopped."
        }
        if error.resultCode == .SQLITE_NOTADB || error.resultCode == .SQLITE_CORRUPT {
            explained.hint =
                "Move it away: history is lost, and OneClick may ask for a new enrolment."
        }
        return explained
    }
}

/// Whether less than SQLite's smallest files need is free on the disk of a file.
private func isFull(_ path: String) -> Bool {
    let folder = (path as NSString).deletingLastPathComponent
    let free =
        try? FileManager.default.attributesOfFileSystem(forPath: folder)[.systemFreeSize]
        as? NSNumber
    return free.map { $0.int64Value < 64 << 10 } ?? false
}

extension SyncError.Code {
    /// What the premises remember cannot be read or written.
    public static let journal: Self = "journal"
}
