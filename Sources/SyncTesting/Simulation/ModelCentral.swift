import Catalogue
import Central
import GRDB
import SQLDrivers
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
    private let bases: [String]

    init(world: SimulatedWorld, _ catalogue: Catalogue, flavour: CentralFlavour) throws {
        self.world = world
        self.flavour = flavour
        committed = try DatabaseQueue()
        bases = Set(catalogue.tables.flatMap { $0.watches.map(\.base) }).sorted()
        try CentralTemplate.copy(to: committed, catalogue, isCaptured: true)
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

    func endAll() { log.withLock { $0.open = [:] } }

    private func commit(_ statements: [String], _ transaction: Int) throws {
        let changes = try committed.write { db in
            let before = try CentralLineage.changeNumber(db)
            for sql in statements { try db.execute(bound: sql) }
            let after = try CentralLineage.changeNumber(db)
            return after > before ? (before + 1)...after : nil
        }
        log.withLock { log in
            let version = (log.entries.last?.version ?? 0) + 1
            log.entries.append(Entry(transaction: transaction, version: version, changes: changes))
        }
    }

    // MARK: Readers

    func read<T>(_ body: (Database) throws -> T) throws -> T {
        try committed.inDatabase(body)
    }

    /// Puts all that is committed into another database.
    func copy(to other: DatabaseQueue) throws { try committed.copy(to: other) }

    func insert(_ mark: Mark, after predecessor: Mark?) throws {
        try committed.write { db in
            try db.execute(
                cached: """
                    INSERT INTO syncworker_mark (token, predecessor, at) VALUES (?, ?, 0)
                    ON CONFLICT (token) DO NOTHING
                    """, arguments: [mark.rawValue, predecessor?.rawValue])
        }
    }

    func source(
        _ catalogue: Catalogue, world: SimulatedWorld, now: @escaping @Sendable () -> Timestamp
    ) throws -> any Source { try ModelSource(self, catalogue, world) }

    // MARK: What befalls it

    func backUp() throws -> Backup {
        let contents = try DatabaseQueue()
        try copy(to: contents)
        return Backup(version: version, contents: contents, log: state)
    }

    func restore(_ backup: Backup) throws {
        try backup.contents.copy(to: committed)
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
        let base = world.pick(bases)
        log.withLock { log in
            switch flavour {
            case .versions: log.purgedVersions[base] = log.entries.last?.version ?? 0
            default:
                // Never as far as a transaction that is still open: every later snapshot would
                // be below the floor for as long.
                let oldest = log.open.keys.min() ?? log.nextTransaction
                let purged = log.entries.map(\.transaction).filter { $0 < oldest }.max() ?? 0
                log.purgedTransaction = max(log.purgedTransaction, purged)
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
