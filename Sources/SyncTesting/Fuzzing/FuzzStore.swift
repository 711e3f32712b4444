import GRDB
import OneClickStore
import SyncModel
import SyncProtocol

/// OneClick's real store in memory: a practice that was synchronised, one that never was, and a
/// neighbour whom nothing may touch. Every input begins with the same contents.
struct FuzzStore: Sendable {
    struct Office: Sendable {
        var id: PracticeID
        var installation: OneClickStore.Installation
        var fence = 0
    }

    static let now = Timestamp("2026-11-24T09:00:00Z")!
    static let today = LocalDate("2026-11-24")!
    /// A code that nobody has used yet.
    static let code = "ABCD-EFGH-JKLM"

    let store: OneClickStore
    /// Every table there is.
    private let tables: [String]
    let shapes: Shapes
    private(set) var synchronised: Office
    private(set) var new: Office
    private(set) var neighbour: Office
    /// What the neighbour's readers see, and always have to.
    let neighbours: Contents

    init(_ corpus: FuzzCorpus) async throws {
        shapes = try FuzzShapes.all()
        store = try .inMemory(shapes: shapes, vault: TestVault.key)
        synchronised = try await store.office("synchronised")
        new = try await store.office("new")
        neighbour = try await store.office("neighbour")
        for office in [synchronised, neighbour] {
            try await Self.load(office, store, shapes, corpus)
        }
        synchronised.fence = 1
        neighbours = try await Self.contents(of: neighbour, store, shapes)
        try await store.addCode(
            Self.code, of: new.id, expires: Self.now + .seconds(60), by: "fuzzer", now: Self.now)
        tables = try store.inDatabase(Self.keepAside)
    }

    /// Copies all tables into a second database of the same connection, and names them.
    private static func keepAside(_ db: Database) throws -> [String] {
        let tables = try String.fetchAll(
            db,
            sql: """
                SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                """)
        try db.execute(sql: "ATTACH ':memory:' AS pristine")
        for table in tables {
            try db.execute(sql: "CREATE TABLE pristine.\(table) AS SELECT * FROM main.\(table)")
        }
        return tables
    }

    /// Everything is again as it was. Row by row, not as a backup: after that every statement would
    /// have to be prepared anew.
    func restore() throws {
        try store.inDatabase { db in
            try db.inTransaction {
                try db.execute(sql: "PRAGMA defer_foreign_keys = ON")
                for table in tables {
                    try db.cachedStatement(sql: "DELETE FROM main.\(table)").execute()
                    try db.cachedStatement(
                        sql: "INSERT INTO main.\(table) SELECT * FROM pristine.\(table)"
                    ).execute()
                }
                return .commit
            }
        }
    }

    /// The practice's first synchronisation: what the corpus has of each table.
    private static func load(
        _ office: Office, _ store: OneClickStore, _ shapes: Shapes, _ corpus: FuzzCorpus
    ) async throws {
        let run = RunID(rawValue: "first of \(office.id)")
        let access = try await open(Self.request(office, run, shapes), office, store)
        let batches = try corpus.inputs(.batch).map {
            try Batch(frame: $0, contentBytesMax: FuzzKind.contentBytesMax)
        }
        var loads: [TableName: LoadID] = [:]
        for (index, shape) in shapes.tables.enumerated() {
            let name = shape.name
            let load = LoadID(rawValue: "load of \(name)")
            loads[name] = load
            try await store.beginLoad(
                LoadRequest(table: name, load: load, base: checkpoint), access, now: now)
            var batch =
                batches.first { $0.table == name && $0.load != nil && $0.covers == [.everything] }
                ?? Batch(
                    table: name, run: run, number: 0, load: load, mark: nil,
                    covers: [.everything], replaces: [])
            (batch.run, batch.number, batch.load) = (run, index + 1, load)
            try await store.stage(batch, frame: batch.encoded(), access)
        }
        let tables = loads.mapValues { commit(load: $0) }
        _ = try await store.commit(
            CommitRequest(
                version: 0, batches: loads.count, tables: tables, mark: checkpoint.mark),
            access, now: now)
    }

    static let checkpoint = Checkpoint(
        position: Position(rawValue: "7"), asOf: today, mark: Mark(rawValue: "mark"),
        epoch: "epoch", fingerprint: "fingerprint")

    static func commit(load: LoadID?) -> TableCommit {
        TableCommit(
            checkpoint: checkpoint, load: load, refused: [], unchanged: 0, provedUpTo: nil)
    }

    // MARK: Runs

    private static func request(
        _ office: Office, _ run: RunID, _ shapes: Shapes
    ) -> OpenRequest {
        OpenRequest(
            run: run, lastFence: office.fence, lastRuns: [], kind: .change, purpose: .synchronise,
            server: "TEST", place: "here", shapes: shapes.digests)
    }

    private static func open(
        _ request: OpenRequest, _ office: Office, _ store: OneClickStore
    ) async throws -> OneClickStore.RunAccess {
        let token = "token of \(request.run)"
        let answer = try await store.open(
            request, installation: office.installation, token: token, asOf: today, now: now)
        _ = try WireJSON.encode(answer)
        return try await store.access(token: token, run: request.run, now: now)
    }

    func open(_ office: Office, _ run: RunID) async throws -> OneClickStore.RunAccess {
        try await open(Self.request(office, run, shapes), office)
    }

    func open(
        _ request: OpenRequest, _ office: Office
    ) async throws -> OneClickStore.RunAccess {
        try await Self.open(request, office, store)
    }

    func version(_ office: Office) async throws -> Int {
        try await store.status(practice: office.id).version
    }

    // MARK: Looking

    /// What readers of one practice see of each table, and how many rows that is.
    struct Contents: Equatable, Sendable {
        var rows: [TableName: Int] = [:]
        var values: [TableName: String] = [:]
    }

    func contents(of office: Office) async throws -> Contents {
        try await Self.contents(of: office, store, shapes)
    }

    private static func contents(
        of office: Office, _ store: OneClickStore, _ shapes: Shapes
    ) async throws -> Contents {
        let sql = shapes.tables.map(select).joined(separator: " UNION ALL ")
        let practice = office.id.rawValue
        return try await store.read { db in
            var contents = Contents()
            let rows = try Row.fetchAll(
                db.cachedStatement(sql: sql), arguments: ["practice": practice])
            for row in rows {
                let table = TableName(rawValue: row[0])
                contents.rows[table] = row[1]
                contents.values[table] = row[2]
            }
            return contents
        }
    }

    /// A table's name, its number of rows, and all their values as SQL.
    private static func select(_ table: TableShape) -> String {
        let columns = table.columns.flatMap { column in
            column.type.isSealed
                ? ["", "_vault_key", "_fingerprint"].map { column.name + $0 } : [column.name]
        }
        let values = columns.map { "quote(\($0))" }.joined(separator: " || ',' || ")
        let key = table.key.map(\.name).joined(separator: ", ")
        return """
            SELECT '\(table.name)', count(*), coalesce(group_concat(\(values), ';'), '')
            FROM (SELECT * FROM \(table.name) WHERE practice_id = :practice ORDER BY \(key))
            """
    }
}

extension OneClickStore {
    /// A practice whose one installation is enrolled.
    fileprivate func office(_ name: String) async throws -> FuzzStore.Office {
        let installation = InstallationID(rawValue: name)
        let id = try await addPractice(
            name: name, installation: installation, now: FuzzStore.now)
        let known = try require(
            try await self.installation(installation), "an enrolled installation is not known")
        return FuzzStore.Office(id: id, installation: known)
    }
}
