import Foundation
import GRDB
import SQLDrivers
import SyncEngine
import SyncModel
import SyncProtocol
import Synchronization

/// What the premises remember, in a SQLite file of its own.
public final class SQLiteJournal: Journal {
    let queue: DatabaseQueue
    private let path: String
    /// In the order of the runs.
    let late = Mutex<[LateRecord]>([])
    /// What people did that could not be written down yet, in its order.
    let lateNotes = Mutex<[AuditEntry]>([])
    /// The run that this process began last.
    private let begun = Mutex<RunID?>(nil)

    /// Runs are kept this long.
    public static let keptDaysDefault = 90
    public let keptDays: Int

    /// - Parameter keptDays: how long a run is remembered.
    public init(path: String, keptDays: Int = SQLiteJournal.keptDaysDefault) throws {
        self.path = path
        self.keptDays = keptDays
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        queue = try Self.explaining(path) {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = WAL") }
            try queue.write { try JournalSchema.bringUpToDate($0, path: path) }
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

    /// A process that slept while a later run was given a fence takes none back.
    public func save(fence: Int) async throws {
        let run = begun.withLock(\.self)
        try await write {
            try $0.execute(
                sql: """
                    UPDATE installation SET fence = ?, settled = coalesce(
                      (SELECT number FROM runs WHERE id = ?), (SELECT max(number) FROM runs), 0)
                    WHERE fence <= ?
                    """, arguments: [fence, run?.rawValue, fence])
        }
    }

    public func begin(_ run: RunStart) async throws {
        try await writeLate()
        try await write { db in
            try RunRow(run).write(db)
            try db.execute(
                sql: """
                    DELETE FROM runs
                    WHERE started_at < ? AND number <= (SELECT settled FROM installation)
                    """,
                arguments: [(run.startedAt + .seconds(-86_400 * self.keptDays)).sql])
        }
        begun.withLock { $0 = run.id }
    }

    /// What cannot be written now is written before anything else is: see `writeLate`.
    public func record(_ run: RunRecord) async throws {
        do {
            try await writeLate()
            try await write { try RunRow(run.start, run).write($0) }
        } catch {
            guard let reason = error as? SyncError else { throw error }
            let record = LateRecord(run, reason)
            late.withLock { $0.add(record) }
            if !record.isTold { throw reason }
        }
    }

    /// Writes down what could not be written down when it came: the ends of runs, and what people
    /// did.
    public func writeLate() async throws {
        try await writeLateNotes()
        let late = late.withLock(\.self)
        guard !late.isEmpty else { return }
        try await write { db in
            for run in late.map(\.written) { try RunRow(run.start, run).write(db) }
        }
        let written = Set(late.map(\.id))
        self.late.withLock { $0.removeAll { written.contains($0.id) } }
    }

    // MARK: Looking back

    /// The latest runs, begun last first: the clock may have been put back between them.
    ///
    /// A run that began and never ended is one that its process did not survive; the latest may be
    /// under way still, and is left out then.
    public func runs(limit: Int, isUnderway: Bool = false) async throws -> [RunRecord] {
        let late = late.withLock(\.self)
        let rows = try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT id, start, record FROM runs ORDER BY number DESC LIMIT ?",
                arguments: [isUnderway ? limit + 1 : limit]
            ).map(Entry.init)
        }
        let began = Set(rows.map(\.id))
        let unbegun = late.reversed().filter { !began.contains($0.id) }.map(\.unwritten)
        let isLatestUnderway =
            isUnderway
            && rows.first.map { first in
                first.record == nil && !late.contains { $0.id == first.id }
            } == true
        let ended = isLatestUnderway ? rows.dropFirst() : rows[...]
        return Array(try (unbegun + ended.map { try $0.run(late) }).prefix(limit))
    }

    /// Nil for a run that is unknown.
    public func run(_ id: RunID) async throws -> RunRecord? {
        let late = late.withLock(\.self)
        let row = try await read { db in
            try Row.fetchOne(
                db, sql: "SELECT id, start, record FROM runs WHERE id = ?",
                arguments: [id.rawValue]
            ).map(Entry.init)
        }
        return try row?.run(late) ?? late.first { $0.id == id }?.unwritten
    }

    /// A row of `runs`.
    private struct Entry: Sendable {
        var id: RunID
        var start: String
        var record: String?

        init(_ row: Row) {
            id = RunID(rawValue: row["id"])
            start = row["start"]
            record = row["record"]
        }

        func run(_ late: [LateRecord]) throws -> RunRecord {
            if let record { return try WireJSON.decode(from: Array(record.utf8)) }
            return try late.first { $0.id == id }?.unwritten
                ?? .cutOff(try WireJSON.decode(from: Array(start.utf8)))
        }
    }

    /// Writes down the end of every run that its process did not survive. For whoever holds the
    /// lock: nothing is under way then.
    public func endCutOff() async throws {
        try await write { db in
            let starts = try String.fetchAll(
                db, sql: "SELECT start FROM runs WHERE record IS NULL ORDER BY number")
            for start in starts {
                let start: RunStart = try WireJSON.decode(from: Array(start.utf8))
                try RunRow(start, .cutOff(start)).write(db)
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
    public func resetFence() async throws {
        try await write {
            try $0.execute(
                sql: """
                    UPDATE installation
                    SET fence = 0, settled = (SELECT coalesce(max(number), 0) FROM runs)
                    """)
        }
    }

    // MARK: Transactions

    func read<T: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> T
    ) async throws -> T {
        do { return try await queue.read(body) } catch { throw Self.explained(error, path) }
    }

    func write(_ body: @escaping @Sendable (Database) throws -> Void) async throws {
        do { try await queue.write(body) } catch { throw Self.explained(error, path) }
    }

    private static func explaining<T>(_ path: String, _ body: () throws -> T) throws -> T {
        do { return try body() } catch { throw explained(error, path) }
    }

    private static func explained(_ error: any Error, _ path: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        var explained = error.explained("SyncWorker's journal", path: path)
        explained.code = .journal
        if error.resultCode == .SQLITE_NOTADB || error.resultCode == .SQLITE_CORRUPT {
            explained.hint =
                "Move it away: history is lost, and OneClick may ask for a new enrolment."
        }
        return explained
    }
}

extension SyncError.Code {
    /// What the premises remember cannot be read or written.
    public static let journal: Self = "journal"
}

extension RunRecord {
    /// How the run began, but for the data sets that were asked for.
    fileprivate var start: RunStart {
        RunStart(
            id: id,
            request: RunRequest(kind: kind, trigger: trigger, purpose: purpose, person: person),
            startedAt: startedAt)
    }

    /// What is said of a run that its process did not survive.
    static func cutOff(_ start: RunStart) -> RunRecord {
        RunRecord(
            start: start, finishedAt: start.startedAt, outcome: .failed,
            errors: [
                .init(
                    dataSet: nil, table: nil, key: nil, code: "cut_off",
                    message:
                        "This synchronisation has no end in the journal: its process was ended "
                        + "during it, or could not write it down.",
                    hint: "Nothing is lost: the next synchronisation carries on from what OneClick "
                        + "has.")
            ])
    }
}
