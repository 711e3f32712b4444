import Catalogue
import GRDB
import SQLDrivers
import SyncEngine
import SyncModel
import SyncProtocol

/// The port `Source` over a SQLite Central: one connection that holds the pinned snapshot, another
/// that inserts marks. Runs on a queue of its own, since SQLite blocks.
public actor SQLiteCentral: Source {
    private let file: CentralFile
    private let catalogue: Catalogue
    private let fingerprintKey: [UInt8]
    private let retention: Retention
    private let changesPerRunMax: Int
    private let now: @Sendable () -> Timestamp
    private var reading: DatabaseQueue
    private var identity: CentralFile.Identity?
    private var knownSchema: CentralSchemaState?
    private var pinned: Pinned?

    private let executor: any SerialExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// What belongs to the snapshot pinned at the moment.
    private struct Pinned {
        var request: PinRequest
        var sealer: Sealer
        var upTo: Int64
        var isCaptured: Bool
        var schemaVersion: Int
        var verdict: Lineage
        /// By table and as-of date.
        var readers: [ReaderName: SnapshotReader] = [:]
    }

    private struct ReaderName: Hashable {
        var table: TableName
        var asOf: LocalDate
    }

    /// Opens Central and checks the catalogue against it.
    ///
    /// - Parameters:
    ///   - fingerprintKey: 32 secret bytes of the premises, under which sealed values are compared.
    ///   - busyTimeout: how long a locked Central is waited for.
    ///   - changesPerRunMax: where more rows that a table reads from changed, it is compared in
    ///     full: the keys of all changes are held in memory.
    ///   - executor: where it works; a queue of its own unless told otherwise.
    /// - Throws: `SyncError` where the file is missing, locked or no Central, and one that names
    ///   every mistake of the catalogue.
    public init(
        path: String, catalogue: Catalogue, fingerprintKey: [UInt8],
        busyTimeout: Duration = .seconds(10), retention: Retention = Retention(),
        changesPerRunMax: Int = 500_000,
        executor: any SerialExecutor = DispatchQueueExecutor(label: "syncworker.central"),
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        self.executor = executor
        file = CentralFile(path: path, busyTimeout: busyTimeout)
        self.catalogue = catalogue
        self.fingerprintKey = fingerprintKey
        self.retention = retention
        self.changesPerRunMax = changesPerRunMax
        self.now = now
        let queue = try file.openForReading()
        try Self.explaining(path) {
            try queue.inDatabase { try CatalogueCheck.run(catalogue, $0, path: path) }
        }
        reading = queue
        identity = file.identity
    }

    public func close() throws {
        unpin()
        try reading.close()
    }

    // MARK: Snapshot

    public func pin(_ request: PinRequest) throws -> Snapshot {
        unpin()
        try reopenIfMoved()
        let sealer = try Sealer(
            practice: request.practice, vault: request.vault, fingerprintKey: fingerprintKey)
        return try Self.explaining(file.path) {
            try reading.inDatabase { db in
                try db.execute(sql: "BEGIN DEFERRED")
                defer { if pinned == nil { try? db.execute(sql: "ROLLBACK") } }
                // The first read pins the snapshot.
                let schema = try schema(db)
                let capture = try CaptureState(file, schema, db)
                let isCaptured = capture.isWorking
                if isCaptured { try checkJournalMode(capture) }
                let lineage = CentralLineage(catalogue: catalogue, db: db, isCaptured: isCaptured)
                let upTo = isCaptured ? try CentralLineage.changeNumber(db) : 0
                let verdict = try lineage.verdict(request)
                pinned = Pinned(
                    request: request, sealer: sealer, upTo: upTo, isCaptured: isCaptured,
                    schemaVersion: schema.version, verdict: verdict)
                return Snapshot(
                    position: try lineage.position(),
                    tables: try tables(request, lineage, schema), lineage: verdict,
                    isCaptured: isCaptured, notes: capture.notes)
            }
        }
    }

    /// Without write-ahead logging a pinned snapshot keeps everybody's writes waiting, our mark's
    /// included.
    private func checkJournalMode(_ capture: CaptureState) throws {
        guard !capture.isLoggedAhead else { return }
        throw SyncError(
            .central, "Central (\(file.path)) does not use write-ahead logging (WAL) any more.",
            hint: "`syncworker capture install` turns it on again.")
    }

    public func unpin() {
        guard pinned != nil else { return }
        pinned = nil
        try? reading.inDatabase { db in
            if db.isInsideTransaction { try db.execute(sql: "ROLLBACK") }
        }
    }

    /// A database that was replaced under its path (restored, moved back) is opened anew.
    private func reopenIfMoved() throws {
        guard file.identity != identity else { return }
        try? reading.close()
        reading = try file.openForReading()
        identity = file.identity
        try reading.inDatabase { try CatalogueCheck.run(catalogue, $0, path: file.path) }
    }

    /// What stands in the schema, found out anew where it changed.
    private func schema(_ db: Database) throws -> CentralSchemaState {
        if let knownSchema, try knownSchema.isStill(of: db) { return knownSchema }
        let schema = try CentralSchemaState(catalogue, db)
        knownSchema = schema
        return schema
    }

    private func tables(
        _ request: PinRequest, _ lineage: CentralLineage, _ schema: CentralSchemaState
    ) throws -> [TableName: Snapshot.Table] {
        let floor = lineage.isCaptured ? try lineage.floor() : 0
        var tables: [TableName: Snapshot.Table] = [:]
        for name in request.tables {
            guard let table = catalogue[name] else { continue }
            let epoch = lineage.isCaptured ? schema.epochs[name] ?? "" : "no capture"
            let state = TableInSnapshot(
                epoch: epoch, table: table, vaultKey: request.vault.id, floor: floor,
                isCaptured: lineage.isCaptured)
            func reason(_ checkpoint: Checkpoint?) throws -> FullReason? {
                try state.fullReason(checkpoint)
                    ?? checkpoint.flatMap { try manyChanges(table, since: $0, lineage.db) }
            }
            tables[name] = Snapshot.Table(
                epoch: epoch, fingerprint: state.fingerprint,
                fullReason: try reason(request.checkpoints[name]),
                loadReason: try request.loads[name].flatMap { try reason($0.base) })
        }
        return tables
    }

    private func manyChanges(
        _ table: CatalogueTable, since checkpoint: Checkpoint, _ db: Database
    ) throws -> FullReason? {
        let bases = Set(table.watches.map(\.base)).sorted().map(\.literal).joined(separator: ", ")
        let changes = try Int.fetchOne(
            db,
            sql: """
                SELECT count(*) FROM (
                  SELECT 1 FROM syncworker_change WHERE seq > ? AND base IN (\(bases)) LIMIT ?)
                """, arguments: [Int64(checkpoint.position.rawValue) ?? 0, changesPerRunMax + 1])
        return changes ?? 0 > changesPerRunMax ? .manyChanges : nil
    }

    // MARK: Marks

    public func insert(_ mark: Mark, after predecessor: Mark?) throws {
        let now = now()
        let at = now.microsecondsSince1970 / 1_000_000
        try Self.explaining(file.path) {
            // Opened for this one insert: nothing of ours keeps a right to write while it reads.
            let writing = try file.openForWriting()
            // A file put in the other's place meanwhile is not the one whose rows will leave.
            guard file.identity == identity else { throw moved }
            try writing.inDatabase { db in
                try db.inTransaction(.immediate) {
                    // Nor is one that went back to a backup, and may have been written on since.
                    guard try isPinnedHistory(db) else { throw moved }
                    try db.execute(
                        sql: """
                            INSERT INTO syncworker_mark (token, predecessor, at) VALUES (?, ?, ?)
                            ON CONFLICT (token) DO NOTHING
                            """, arguments: [mark.rawValue, predecessor?.rawValue, at])
                    return .commit
                }
                // In a transaction of its own: a mark is never lost for it.
                try db.inTransaction(.immediate) {
                    try retention.purge(db, now: now)
                    return .commit
                }
            }
            try writing.close()
        }
    }

    /// Whether all that the pinned snapshot saw still stands in Central, as far as marks and change
    /// numbers tell. The version of the schema counts restores too: SQLite's own do not keep it.
    private func isPinnedHistory(_ db: Database) throws -> Bool {
        guard let pinned else { return true }
        guard try CentralLineage.changeNumber(db) >= pinned.upTo,
            try CentralSchemaState.version(of: db) == pinned.schemaVersion
        else { return false }
        let other = try CentralLineage(catalogue: catalogue, db: db, isCaptured: pinned.isCaptured)
            .otherHistory(pinned.request)
        return other?.isBroken != true || other == pinned.verdict
    }

    private var moved: SyncError {
        SyncError(
            .central, "Central (\(file.path)) was replaced while it was read.",
            hint: "Nothing was applied; the next synchronisation looks at the new file.",
            recovery: .retry)
    }

    // MARK: Rows

    public func affected(
        _ table: TableName, since checkpoint: Checkpoint, asOf: LocalDate
    ) throws -> [KeyRange] {
        try withReader(table, asOf) { reader, db in
            // Without capture nothing is known of changes: everything was compared.
            guard let pinned, pinned.isCaptured else { return [] }
            guard let position = Int64(checkpoint.position.rawValue) else {
                throw SyncError(
                    .table, "The checkpoint of \(table) is not one of this Central.",
                    hint: "Run a full synchronisation; the table was left as it is.")
            }
            let captured = Dictionary(
                uniqueKeysWithValues: catalogue.captured.map { ($0.base, $0.columns) })
            var affected = AffectedKeys(
                reader.table, captured: captured, rules: reader.rules, db)
            return try affected.ranges(
                of: .numbered(after: position, upTo: pinned.upTo), from: checkpoint.asOf, to: asOf)
        }
    }

    public func read(_ request: ReadRequest) throws -> [Chunk] {
        try withReader(request.table, request.asOf) { reader, _ in try reader.read(request) }
    }

    private func withReader<T>(
        _ name: TableName, _ asOf: LocalDate, _ body: (SnapshotReader, Database) throws -> T
    ) throws -> T {
        guard let sealer = pinned?.sealer, let table = catalogue[name] else {
            throw SyncError(
                .central, "No snapshot of Central is open.",
                hint: "Run the synchronisation again.", recovery: .retry)
        }
        return try Self.explaining(file.path, table: name) {
            try reading.inDatabase { db in
                let id = ReaderName(table: name, asOf: asOf)
                let reader =
                    try pinned?.readers[id]
                    ?? SnapshotReader(table, db, asOf: asOf, sealer: sealer)
                pinned?.readers[id] = reader
                return try body(reader, db)
            }
        }
    }

    private static func explaining<T>(
        _ path: String, table: TableName? = nil, _ body: () throws -> T
    ) throws -> T {
        do {
            return try body()
        } catch let error as DatabaseError {
            if let table, error.resultCode == .SQLITE_ERROR {
                throw SyncError(
                    .table,
                    "Central could not answer the query of \(table): "
                        + "\(error.message ?? "unknown reason").",
                    hint: "Check the catalogue's query of \(table); the table was left as it is.")
            }
            throw error.explained("Central", path: path)
        }
    }
}

/// What a snapshot knows of one table, to compare with a checkpoint.
private struct TableInSnapshot {
    var epoch: String
    var table: CatalogueTable
    var vaultKey: String
    var floor: Int64
    var isCaptured: Bool

    var fingerprint: String { table.fingerprint(sealedTo: vaultKey) }

    func fullReason(_ checkpoint: Checkpoint?) -> FullReason? {
        guard let checkpoint else { return .neverSynchronised }
        if checkpoint.fingerprint != fingerprint {
            return table.isDescribed(by: checkpoint.fingerprint)
                ? .vaultKeyChanged : .catalogueChanged
        }
        guard isCaptured else { return .noCapture }
        if checkpoint.epoch != epoch { return .captureChanged }
        guard let position = Int64(checkpoint.position.rawValue) else { return .captureChanged }
        return position < floor ? .historyExpired : nil
    }
}
