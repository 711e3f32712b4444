import Catalogue
import Central
import GRDB
import SyncEngine
import SyncModel
import Synchronization

/// A Central with concurrent writers. What is committed lies in an in-memory SQLite, with the
/// product's triggers noting what changed; beside it stands which transaction changed it, and when
/// it was committed.
final class ModelCentral: SimulatedCentral {
    /// One committed transaction.
    struct Entry: Sendable {
        /// Given when it began.
        var transaction: Int
        /// The order of commits.
        var version: Int
        /// Its rows of the change table.
        var changes: ClosedRange<Int64>?
    }

    /// What a database of this kind keeps beside its rows.
    struct Log: Sendable {
        var entries: [Entry] = []
        var nextTransaction = 1
        var open: [Int: Open] = [:]
        /// Counts up where capture or the schema changed.
        var epoch = 0
        /// The greatest transaction whose changes were purged.
        var purgedTransaction = 0
        /// For each of Central's tables the greatest version whose changes were purged.
        var purgedVersions: [String: Int] = [:]
    }

    struct Open: Sendable {
        var statements: [String]
        var isPrepared: Bool
    }

    let flavour: CentralFlavour
    private let world: SimulatedWorld
    private let committed: DatabaseQueue
    private let log = Mutex(Log())

    init(world: SimulatedWorld, flavour: CentralFlavour) throws {
        self.world = world
        self.flavour = flavour
        committed = try DatabaseQueue()
        try CentralTemplate.captured.get().backup(to: committed)
    }

    static func install(in db: Database, _ catalogue: Catalogue) throws {
        try Capture.install(in: db, catalogue)
    }

    var version: Int { log.withLock { $0.entries.last?.version ?? 0 } }
    var state: Log { log.withLock { $0 } }

    // MARK: Writers

    func work(_ statements: [String]) throws {
        try commit(statements, log.withLock { $0.take() })
    }

    var hasConcurrentWriters: Bool { true }

    func begin(_ statements: [String], isPrepared: Bool) -> Int {
        log.withLock { log in
            let transaction = log.take()
            log.open[transaction] = Open(statements: statements, isPrepared: isPrepared)
            return transaction
        }
    }

    func end(_ transaction: Int, commits: Bool) throws {
        let open = log.withLock { $0.open.removeValue(forKey: transaction) }
        if let open, commits { try commit(open.statements, transaction) }
    }

    /// A restart of Central: only what is prepared is still there.
    func rollBackOpen() {
        log.withLock { log in log.open = log.open.filter(\.value.isPrepared) }
    }

    private func commit(_ statements: [String], _ transaction: Int) throws {
        let changes = try committed.write { db in
            let before = try Self.greatestChange(db)
            for sql in statements { try db.execute(sql: sql) }
            let after = try Self.greatestChange(db)
            return after > before ? (before + 1)...after : nil
        }
        log.withLock { log in
            let version = (log.entries.last?.version ?? 0) + 1
            log.entries.append(Entry(transaction: transaction, version: version, changes: changes))
        }
    }

    private static func greatestChange(_ db: Database) throws -> Int64 {
        try Int64.fetchOne(
            db, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'syncworker_change'") ?? 0
    }

    // MARK: Readers

    func read<T>(_ body: (Database) throws -> T) throws -> T { try committed.read(body) }

    /// A snapshot of all that is committed.
    func snapshot() throws -> DatabaseQueue {
        let copy = try DatabaseQueue()
        try committed.backup(to: copy)
        return copy
    }

    func insert(_ mark: Mark, after predecessor: Mark?) throws {
        try committed.write { db in
            try db.execute(
                sql: """
                    INSERT INTO syncworker_mark (token, predecessor, at) VALUES (?, ?, 0)
                    ON CONFLICT (token) DO NOTHING
                    """, arguments: [mark.rawValue, predecessor?.rawValue])
        }
    }

    func source(
        _ catalogue: Catalogue, world: SimulatedWorld, now: @escaping @Sendable () -> Timestamp
    ) throws -> any Source { ModelSource(self, catalogue, world) }

    // MARK: What befalls it

    func backUp() throws -> Backup {
        Backup(version: version, contents: try snapshot(), log: state)
    }

    func restore(_ backup: Backup) throws {
        try backup.contents.backup(to: committed)
        log.withLock { log in
            log = backup.log ?? Log()
            log.open = log.open.filter(\.value.isPrepared)
        }
    }

    func workUnnoted(_ statements: [String], _ catalogue: Catalogue) throws {
        try work(statements)
        log.withLock { log in
            log.epoch += 1
            // Nobody noted it.
            log.entries[log.entries.count - 1].changes = nil
        }
    }

    func changeSchema() throws { log.withLock { $0.epoch += 1 } }

    func expire() throws {
        let bases = try Catalogue.standard().tables.flatMap { $0.watches.map(\.base) }
        let base = world.pick(Array(Set(bases)).sorted())
        log.withLock { log in
            switch flavour {
            case .versions: log.purgedVersions[base] = log.entries.last?.version ?? 0
            default: log.purgedTransaction = log.entries.map(\.transaction).max() ?? 0
            }
        }
    }
}

extension ModelCentral.Log {
    /// The number of a transaction that begins.
    mutating func take() -> Int {
        defer { nextTransaction += 1 }
        return nextTransaction
    }
}
