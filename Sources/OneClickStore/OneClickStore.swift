import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// OneClick's database on SQLite: opens the transactions in which `PracticeStore` works.
public final class OneClickStore: Sendable {
    public let shapes: Shapes
    private let writer: any DatabaseWriter
    /// In memory nothing has to be waited for: the caller's own thread does it.
    private let isInMemory: Bool
    /// Those of the connection that writes.
    private let statements = StatementCache()
    private let batches: OpenAnswer.Limits
    private let limits: [TableName: RemovalLimits]

    /// An enrolled SyncWorker.
    public struct Installation: Sendable, Hashable {
        public var id: InstallationID
        public var practice: PracticeID
        /// PEM, P-256.
        public var publicKey: String
        /// The key that is to follow, and when it was first used.
        public var nextKey: String?
        public var nextKeyUsedAt: Timestamp?
        /// As it called itself when it was enrolled.
        public var server: String
        public var isRevoked: Bool
        /// The practice's, such as `Europe/London`.
        public var timeZone: String
    }

    /// What a run's token gives access to.
    public struct RunAccess: Sendable, Hashable {
        public var practice: PracticeID
        public var run: RunID
        public var fence: Int
        /// Nil for a run that an earlier release opened for an installation replaced since.
        public var installation: InstallationID?
    }

    public struct PracticeSummary: Codable, Sendable, Hashable {
        public var id: PracticeID
        public var name: String
        public var installation: InstallationID?
        public var server: String?
        public var lastCommittedAt: Timestamp?
        public var rows: [TableName: Int]
    }

    /// Opens a migrated database.
    ///
    /// - Parameter secondsToWait: for another program that writes to it.
    public convenience init(
        path: String, shapes: Shapes, limits: [TableName: RemovalLimits] = [:],
        secondsToWait: Double = 10
    ) throws {
        try Self.checkIsReady(path: path)
        var configuration = Configuration()
        configuration.busyMode = .timeout(secondsToWait)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -65536")
        }
        let pool = try Self.opening(path) {
            try DatabasePool(path: path, configuration: configuration)
        }
        self.init(
            writer: pool, isInMemory: false, shapes: shapes, limits: limits, batches: Self.batches)
    }

    private init(
        writer: any DatabaseWriter, isInMemory: Bool, shapes: Shapes,
        limits: [TableName: RemovalLimits], batches: OpenAnswer.Limits
    ) {
        self.writer = writer
        self.isInMemory = isInMemory
        self.shapes = shapes
        self.limits = limits
        self.batches = batches
    }

    /// How large the premises make their batches.
    public static let batches = OpenAnswer.Limits(
        rowsPerBatch: 10_000, bytesPerBatch: 4 << 20, batchesInFlight: 3)

    /// How many batches a run may ship: two hundred million rows, and no more than a disk can hold.
    public static let batchesPerRunMax = 20_000

    /// A store in memory, with everything else real.
    public static func inMemory(
        shapes: Shapes, vault: VaultKey, limits: [TableName: RemovalLimits] = [:],
        batches: OpenAnswer.Limits = OneClickStore.batches
    ) throws -> OneClickStore {
        let queue = try DatabaseQueue()
        try queue.write { db in
            try StoreSchema.create(in: db, shapes: shapes)
            try VaultKeys(db: db).add(vault, now: Timestamp(microsecondsSince1970: 0))
        }
        return OneClickStore(
            writer: queue, isInMemory: true, shapes: shapes, limits: limits, batches: batches)
    }

    /// Puts everything of this store in another's place: how a backup is made, and put back.
    package func copy(to other: OneClickStore) throws { try writer.copy(to: other.writer) }

    /// The database itself, outside any transaction.
    package func inDatabase<T>(_ body: (Database) throws -> T) throws -> T {
        try writer.unsafeReentrantWrite(body)
    }

    deinit { statements.clear() }

    public func close() throws {
        // Behind the last transaction: whoever still writes uses them.
        let statements = statements
        writer.writeWithoutTransaction { _ in statements.clear() }
        try writer.close()
    }

    /// Rewrites the file without what was deleted from it, and empties the log beside it.
    func rewrite() throws {
        try writer.vacuum()
        try foldLog()
    }

    /// Writes SQLite's log into the database's file, which then is a backup by itself. Waits for
    /// whoever reads: for the end of a service, when nobody does.
    public func foldLog() throws {
        try writer.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
    }

    /// Reads the typed tables, for tests and for readers of the same process.
    public func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) async throws
        -> T
    {
        try await explaining {
            if isInMemory { return try writer.onThisThread(body) }
            return try await writer.read(body)
        }
    }

    // MARK: Practices and installations

    public func addPractice(
        name: String, timeZone: String, code: String, codeExpires: Timestamp,
        by person: String, now: Timestamp
    ) async throws -> PracticeID {
        try await write {
            try Practices.add(
                $0, name: name, timeZone: timeZone, code: code, codeExpires: codeExpires,
                by: person, now: now)
        }
    }

    /// One more code for a practice: to enrol another SyncWorker, or the same one anew.
    public func addCode(
        _ code: String, of practice: PracticeID, expires: Timestamp,
        by person: String, now: Timestamp
    ) async throws {
        try await write {
            try Practices.addCode(
                $0, code, of: practice, expires: expires, by: person, now: now)
        }
    }

    public func practices() async throws -> [PracticeSummary] {
        let shapes = shapes
        return try await read { try Practices.all($0, shapes: shapes) }
    }

    /// Trades a one-time code for an installation. A wrong, used or expired code throws `code`.
    public func enrol(
        _ request: EnrolmentRequest, installation: InstallationID, now: Timestamp
    ) async throws -> EnrolmentAnswer {
        try await write {
            let answer = try Practices.enrol($0, request, installation: installation, now: now)
            try Audit(db: $0, practice: answer.practice).note(
                .enrolled, by: request.server, subject: installation.rawValue, now: now)
            return answer
        }
    }

    public func installation(_ id: InstallationID) async throws -> Installation? {
        try await read { try Practices.installation($0, id) }
    }

    /// False if an assertion of this name was seen before of the same installation: a replay.
    public func rememberAssertion(
        _ name: String, of installation: Installation, expires: Timestamp, now: Timestamp
    ) async throws -> Bool {
        try await write {
            try Practices.remember(
                $0, assertion: name, of: installation, expires: expires, now: now)
        }
    }

    // MARK: Runs

    public func open(
        _ request: OpenRequest, installation: Installation, token: String, asOf: LocalDate,
        now: Timestamp
    ) async throws -> OpenAnswer {
        let context = PracticeStore.OpenContext(
            request: request, installation: installation.id,
            tokenDigest: Self.digest(ofToken: token), token: token, asOf: asOf, now: now,
            batches: batches)
        switch try await write(installation.practice, { try $0.open(context) }) {
        case .opened(let answer): return answer
        case .refused(let error): throw error
        }
    }

    /// Who a run's token belongs to; `token` if it is unknown or expired, `assertion` if its
    /// installation was revoked.
    public func access(token: String, run: RunID, now: Timestamp) async throws -> RunAccess {
        let digest = Self.digest(ofToken: token)
        let row = try await read { db in
            try Row.fetchOne(
                db,
                cached: """
                    SELECT r.*, i.revoked_at FROM runs AS r LEFT JOIN installations AS i
                    ON i.practice_id = r.practice_id AND i.id = r.installation
                    WHERE r.token_digest = ? AND r.run_id = ?
                    """, arguments: [digest, run.rawValue]
            ).map {
                (
                    practice: $0["practice_id"] as Int64, fence: $0["fence"] as Int,
                    expires: $0["token_expires_at"] as String,
                    installation: $0["installation"] as String?,
                    isRevoked: $0["revoked_at"] != nil
                )
            }
        }
        guard let row, row.expires > now.sql else {
            throw SyncError(
                "token", "The token of this synchronisation is unknown or has expired.",
                hint: "Start a new synchronisation; it carries on where this one stopped.")
        }
        guard !row.isRevoked else { throw StoreError.revoked }
        return RunAccess(
            practice: PracticeID(rawValue: row.practice), run: run, fence: row.fence,
            installation: row.installation.map(InstallationID.init(rawValue:)))
    }

    public func beginLoad(
        _ request: LoadRequest, _ access: RunAccess, now: Timestamp
    ) async throws {
        try await write(access) { try $0.begin(request) }
    }

    public func plan(_ plan: Plan, _ access: RunAccess) async throws -> PlanAnswer {
        try await read(access.practice) { store in
            try store.checkFence(access.run, fence: access.fence)
            return try store.answer(plan)
        }
    }

    /// Takes a batch in; `frame` is its encoding, kept as it came.
    public func stage(_ batch: Batch, frame: [UInt8], _ access: RunAccess) async throws {
        guard batch.run == access.run else {
            throw WireReader.malformed("belongs to another synchronisation than its request")
        }
        try await write(access) { try $0.stage(batch, frame: frame) }
    }

    /// The commit. The same run again answers the same receipt.
    public func commit(
        _ request: CommitRequest, _ access: RunAccess, now: Timestamp
    ) async throws -> Receipt {
        let limits = limits
        return try await write(access.practice) { store in
            try store.checkNotRevoked(access.run)
            if case .committed(let receipt) = try store.runs.state(of: access.run) {
                return receipt
            }
            try store.checkFence(access.run, fence: access.fence)
            return try Commit(
                store: store, request: request, run: access.run, limits: limits, now: now
            ).execute()
        }
    }

    // What follows asks nobody who he is: over the network it is `OneClickStore+Asking.swift`.

    /// A run never heard of is written down as aborted before it is said to be.
    public func state(
        of run: RunID, practice: PracticeID, now: Timestamp
    ) async throws -> RunState {
        try await write(practice) { store in
            _ = try store.state()
            return try store.runs.settledState(of: run, now: now)
        }
    }

    /// Ends a run that will not be committed; what it shipped for a load stays for a later one.
    public func abandon(_ access: RunAccess, reason: String, now: Timestamp) async throws {
        try await write(access.practice) { store in
            _ = try store.state()
            try store.runs.abort(access.run, reason: reason)
        }
    }

    public func status(practice: PracticeID) async throws -> StatusAnswer {
        try await read(practice) { try $0.status() }
    }

    public func answer(
        _ request: AnswerRequest, practice: PracticeID, now: Timestamp
    ) async throws -> AnswerReceipt {
        try await write(practice) { store in
            _ = try store.state()
            return try store.answer(request, now: now)
        }
    }

    // MARK: Transactions

    func write<T: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> T
    ) async throws -> T {
        try await explaining {
            if isInMemory { return try writer.onThisThread(body) }
            return try await writer.write(body)
        }
    }

    func write<T: Sendable>(
        _ practice: PracticeID, _ body: @escaping @Sendable (PracticeStore) throws -> T
    ) async throws -> T {
        let (shapes, statements) = (shapes, statements)
        return try await write { db in
            defer { statements.reset() }
            return try body(
                PracticeStore(db, shapes: shapes, id: practice, statements: statements))
        }
    }

    /// Writes for a run, with the fence checked inside the transaction.
    private func write<T: Sendable>(
        _ access: RunAccess, _ body: @escaping @Sendable (PracticeStore) throws -> T
    ) async throws -> T {
        try await write(access.practice) { store in
            try store.checkFence(access.run, fence: access.fence)
            return try body(store)
        }
    }

    func read<T: Sendable>(
        _ practice: PracticeID, _ body: @escaping @Sendable (PracticeStore) throws -> T
    ) async throws -> T {
        if isInMemory { return try await write(practice, body) }
        let shapes = shapes
        return try await read { try body(PracticeStore($0, shapes: shapes, id: practice)) }
    }

    private static func digest(ofToken token: String) -> String {
        RowDigest.name(of: "run token " + token)
    }

    // MARK: Errors

    /// Says that the database, not the request, is at fault.
    private func explaining<T>(_ body: () async throws -> T) async throws -> T {
        do {
            return try await body()
        } catch let error as DatabaseError {
            let isFull = error.isDiskFull(writer.path)
            throw SyncError(
                "store_failed",
                isFull
                    ? "The disk of OneClick's database is full."
                    : "OneClick's database could not be used: "
                        + "\(error.message ?? "no reason given").",
                hint: (isFull ? "Whoever runs OneClick has to free some space on it. " : "")
                    + "Nothing was applied; a synchronisation tries again by itself.",
                recovery: .retryAfter(.seconds(5)))
        }
    }
}

extension DatabaseWriter {
    /// A transaction by GRDB's call that blocks instead of the one that waits.
    fileprivate func onThisThread<T>(_ body: (Database) throws -> T) throws -> T {
        try write(body)
    }
}
