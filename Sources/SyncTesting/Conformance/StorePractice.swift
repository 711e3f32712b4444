import OneClickStore
import SyncModel
import SyncProtocol
import Synchronization

/// One enrolled practice of a store under test, and what a SyncWorker would do there.
struct StorePractice: Sendable {
    let store: any StoreUnderTest
    let world: World
    let id: PracticeID
    let installation: OneClickStore.Installation
    private let keeper: Keeper

    /// What lasts as long as the practice is used.
    private final class Keeper: Sendable {
        let folder: TestFolder
        let lastFence = Mutex(0)
        init(_ folder: TestFolder) { self.folder = folder }
    }

    static let shapes = StoreConformance.shapes

    /// The first practice of a new store.
    init(
        _ kind: StoreKind, seed: UInt64 = 1, limits: [TableName: RemovalLimits] = [:]
    ) async throws {
        let folder = try TestFolder()
        let store = try kind.make(folder, Self.shapes, limits)
        try await self.init(store, World(seed: seed, today: Practice.today), folder, "first")
    }

    /// Another practice of the same store.
    func neighbour() async throws -> StorePractice {
        try await StorePractice(store, world, keeper.folder, "neighbour")
    }

    private init(
        _ store: any StoreUnderTest, _ world: World, _ folder: TestFolder, _ name: String
    ) async throws {
        self.store = store
        self.world = world
        keeper = Keeper(folder)
        let name = InstallationID(rawValue: name)
        id = try await store.addPractice(
            name: name.rawValue, installation: name, now: world.now)
        installation = try require(
            await store.installation(name), "an enrolled installation is not known")
    }

    func open(_ run: RunID? = nil, kind: RunKind = .change) async throws -> StoreRun {
        let run = run ?? RunID(rawValue: world.token())
        let request = OpenRequest(
            run: run, lastFence: keeper.lastFence.withLock(\.self), lastRuns: [], kind: kind,
            purpose: .synchronise, server: "TEST", place: "here", shapes: Self.shapes.digests)
        let token = world.token()
        let answer = try await store.open(
            request, installation: installation, token: token, asOf: world.today, now: world.now)
        keeper.lastFence.withLock { $0 = answer.fence }
        let access = try await store.access(token: token, run: run, now: world.now)
        return StoreRun(practice: self, access: access, token: token, opened: answer)
    }

    /// Opens, ships these Replaces of the closing change run, and commits.
    @discardableResult
    func change(
        _ replaces: [TableName: [Replace]], refused: [RowException] = []
    ) async throws -> Receipt {
        var run = try await open()
        for shape in Self.shapes.tables {
            guard let replaces = replaces[shape.name] else { continue }
            try await run.ship(shape.name, replaces)
        }
        return try await run.commit(refused: refused)
    }

    /// Opens, loads all tables with these rows and nothing else, and commits.
    @discardableResult
    func load(_ model: StoreModel) async throws -> Receipt {
        var run = try await open(kind: .full)
        for shape in Self.shapes.tables {
            let whole = Replace(.everything, model.rows(shape.name), shape)
            try await run.load(shape.name, [.everything], [whole])
        }
        return try await run.commit()
    }

    // MARK: Looking

    func rows(_ shape: TableShape) async throws -> [Key: TypedRow] {
        let rows = try await store.typedRows(shape, of: id)
        return Dictionary(uniqueKeysWithValues: rows.map { ($0.key(shape), $0) })
    }

    func contents() async throws -> StoreModel {
        var tables: [TableName: [Key: TypedRow]] = [:]
        for shape in Self.shapes.tables { tables[shape.name] = try await rows(shape) }
        return StoreModel(tables)
    }

    func state(of run: RunID) async throws -> RunState {
        try await store.state(of: run, practice: id, now: world.now)
    }

    func status() async throws -> StatusAnswer { try await store.status(practice: id) }

    /// Contents and everything that is said about them.
    func everything() async throws -> Everything {
        Everything(contents: try await contents(), status: try await status())
    }

    struct Everything: Equatable {
        var contents: StoreModel
        var status: StatusAnswer
    }

    @discardableResult
    func answer(
        _ answer: RemovalAnswer, _ table: TableName, keys: [Key]? = nil, seenAt: Timestamp? = nil
    ) async throws -> AnswerReceipt {
        let now = world.now
        let request = AnswerRequest(
            answer: answer, table: table, keys: keys, seenAt: seenAt ?? now, person: "tester")
        return try await store.answer(request, practice: id, now: now)
    }
}

/// A run that a practice has opened.
struct StoreRun: Sendable {
    let practice: StorePractice
    let access: OneClickStore.RunAccess
    let token: String
    let opened: OpenAnswer
    private(set) var batches = 0
    private(set) var loads: [TableName: LoadID] = [:]

    var id: RunID { access.run }
    private var store: any StoreUnderTest { practice.store }

    func checkpoint(position: String = "7") -> Checkpoint {
        Checkpoint(
            position: Position(rawValue: position), asOf: opened.asOf,
            mark: Mark(rawValue: "mark of \(id)"), epoch: "epoch", fingerprint: "fingerprint")
    }

    func batch(
        _ number: Int, _ table: TableName, _ replaces: [Replace], load: LoadID? = nil,
        covers: [KeyRange] = []
    ) -> Batch {
        Batch(
            table: table, run: id, number: number, load: load, mark: checkpoint().mark,
            covers: covers, replaces: replaces)
    }

    func stage(_ batch: Batch) async throws {
        try await store.stage(batch, frame: batch.encoded(), access)
    }

    /// The next batch of the closing change run.
    mutating func ship(_ table: TableName, _ replaces: [Replace]) async throws {
        try await stage(batch(batches + 1, table, replaces))
        batches += 1
    }

    mutating func beginLoad(_ table: TableName) async throws {
        let load = LoadID(rawValue: "load of \(table) by \(id)")
        let request = LoadRequest(table: table, load: load, base: checkpoint())
        try await store.beginLoad(request, access, now: practice.world.now)
        loads[table] = load
    }

    /// The next batch of a load, which is begun with the first or taken up from an earlier run.
    mutating func load(
        _ table: TableName, _ tiles: [KeyRange], _ replaces: [Replace],
        takingUp earlier: LoadID? = nil
    ) async throws {
        if let earlier { loads[table] = earlier }
        if loads[table] == nil { try await beginLoad(table) }
        try await stage(
            batch(batches + 1, table, replaces, load: loads[table], covers: tiles))
        batches += 1
    }

    func plan(_ table: TableName, _ entries: [Plan.Entry]) async throws -> [PlanAnswer.Verdict] {
        try await store.plan(Plan(table: table, entries: entries), access).verdicts
    }

    func request(
        tables: [TableName]? = nil, refused: [RowException] = []
    ) -> CommitRequest {
        let names = tables ?? StorePractice.shapes.tables.map(\.name)
        let commits = names.map { name in
            (
                name,
                TableCommit(
                    checkpoint: checkpoint(), load: loads[name],
                    refused: refused.filter { $0.table == name }, unchanged: 0, provedUpTo: nil)
            )
        }
        return CommitRequest(
            version: opened.version, batches: batches,
            tables: Dictionary(uniqueKeysWithValues: commits), mark: checkpoint().mark)
    }

    @discardableResult
    func commit(_ request: CommitRequest) async throws -> Receipt {
        try await store.commit(request, access, now: practice.world.now)
    }

    @discardableResult
    func commit(
        tables: [TableName]? = nil, refused: [RowException] = []
    ) async throws -> Receipt {
        try await commit(request(tables: tables, refused: refused))
    }

    func abandon() async throws {
        try await store.abandon(access, reason: "a test", now: practice.world.now)
    }

    func state() async throws -> RunState {
        try await practice.state(of: id)
    }
}

extension Replace {
    init(_ range: KeyRange, _ rows: [TypedRow], _ shape: TableShape, except: [Key] = []) {
        let rows = rows.sorted { $0.key(shape) < $1.key(shape) }
        self.init(
            range: range, except: except, rows: rows.flatMap { $0.wire(shape) },
            rowCount: rows.count)
    }

    /// One row is gone, or is now this one.
    static func removal(_ key: Key) -> Replace {
        Replace(range: .key(key), except: [], rows: [], rowCount: 0)
    }

    static func row(_ row: TypedRow, _ shape: TableShape) -> Replace {
        Replace(.key(row.key(shape)), [row], shape)
    }
}
