import SyncModel
import SyncProtocol

/// OneClick as the engine sees it. Every call may be repeated: a repetition changes nothing.
public protocol Cloud: Sendable {
    func open(_ request: OpenRequest) async throws -> OpenAnswer
    func beginLoad(_ request: LoadRequest, in run: OpenRun) async throws
    func plan(_ plan: Plan, in run: OpenRun) async throws -> PlanAnswer
    func ship(_ batch: Batch, in run: OpenRun) async throws
    /// Answers `.committed`, or `.committing` where the receipt takes longer than a request may.
    func commit(_ request: CommitRequest, in run: OpenRun) async throws -> RunState
    func state(of run: RunID) async throws -> RunState
    /// Ends a run that will not be committed.
    func abandon(_ run: OpenRun, reason: String) async throws
    /// Everything sent so far by this process.
    func traffic() async -> Traffic
}

/// A run that OneClick has opened, with the token of its requests.
public struct OpenRun: Hashable, Sendable {
    public var id: RunID
    public var token: String

    public init(id: RunID, token: String) {
        self.id = id
        self.token = token
    }
}

public struct Traffic: Hashable, Sendable {
    /// Bytes of request bodies, as they were sent (compressed).
    public var bytesSent = 0
    public var requests = 0

    public init(bytesSent: Int = 0, requests: Int = 0) {
        self.bytesSent = bytesSent
        self.requests = requests
    }
}

/// Central as the engine sees it. One snapshot at a time.
public protocol Source: Sendable {
    /// Ends the snapshot before, if any, and pins a new one: one consistent read of every table.
    func pin(_ request: PinRequest) async throws -> Snapshot
    /// Inserts a mark into Central in a transaction of its own.
    ///
    /// - Throws: `SyncError` where Central went back since the pinned snapshot: a mark says that
    ///   what the snapshot saw stands in this Central.
    func insert(_ mark: Mark, after predecessor: Mark?) async throws
    /// The keys of one table that may differ between a checkpoint and the pinned snapshot.
    func affected(
        _ table: TableName, since checkpoint: Checkpoint, asOf: LocalDate
    ) async throws -> [KeyRange]
    /// Rows of the pinned snapshot, one chunk a range, until the ranges or the limits are reached:
    /// the last chunk may end before its range does, and ranges behind it may be left unread.
    func read(_ request: ReadRequest) async throws -> [Chunk]
    /// Ends the snapshot.
    func unpin() async
}

public struct PinRequest: Hashable, Sendable {
    /// The tables that this run carries.
    public var tables: [TableName]
    /// What OneClick holds of them: their positions, epochs and marks are checked in the snapshot.
    public var checkpoints: [TableName: Checkpoint]
    public var loads: [TableName: Load]
    /// The mark of OneClick's latest commit.
    public var latestMark: Mark?
    /// Set where a person said that the Central in which this mark stands is to be followed.
    public var approved: LineageQuestion?
    /// The public key that sealed columns are encrypted to, and whose they are.
    public var vault: VaultKey
    public var practice: PracticeID

    public init(
        tables: [TableName], checkpoints: [TableName: Checkpoint], loads: [TableName: Load],
        latestMark: Mark?, approved: LineageQuestion?, vault: VaultKey, practice: PracticeID
    ) {
        self.tables = tables
        self.checkpoints = checkpoints
        self.loads = loads
        self.latestMark = latestMark
        self.approved = approved
        self.vault = vault
        self.practice = practice
    }
}

/// A pinned snapshot and what it says of the checkpoints.
public struct Snapshot: Hashable, Sendable {
    public struct Table: Hashable, Sendable {
        public var epoch: String
        public var fingerprint: String
        /// Why the checkpoint cannot be continued from; nil if a change run will do.
        public var fullReason: FullReason?
        /// Why the load under way cannot be taken up again; nil if it can, or if there is none.
        public var loadReason: FullReason?

        public init(
            epoch: String, fingerprint: String, fullReason: FullReason?,
            loadReason: FullReason? = nil
        ) {
            self.epoch = epoch
            self.fingerprint = fingerprint
            self.fullReason = fullReason
            self.loadReason = loadReason
        }
    }

    public var position: Position
    public var tables: [TableName: Table]
    public var lineage: Lineage
    /// False where Central has no capture: every run is a full from this one snapshot, without
    /// mark or closing run.
    public var isCaptured: Bool
    /// What a person should know of this Central, such as protections that are missing.
    public var notes: [String]

    public init(
        position: Position, tables: [TableName: Table], lineage: Lineage, isCaptured: Bool,
        notes: [String] = []
    ) {
        self.position = position
        self.tables = tables
        self.lineage = lineage
        self.isCaptured = isCaptured
        self.notes = notes
    }
}

/// Why a table is read in full although nobody asked for it.
public enum FullReason: String, Hashable, Sendable, Codable, CaseIterable {
    case neverSynchronised = "never synchronised"
    case historyExpired = "its change history has expired"
    case captureChanged = "capture or schema changed"
    case catalogueChanged = "the catalogue changed"
    /// What is sealed is sealed anew.
    case vaultKeyChanged = "OneClick's vault has another key"
    /// Reading every changed key by itself would take more time and memory than comparing.
    case manyChanges = "so much changed"
    case noCapture = "Central has no capture"

    /// Whether what changed since is not known any more.
    var isGap: Bool { self != .manyChanges }
}

/// Whether Central's history is the one that OneClick's checkpoints came from.
public enum Lineage: Hashable, Sendable {
    case intact
    /// It is not, and a person said that it is to be followed: everything is compared.
    case approved
    /// Central went back or is another one; in words for a person.
    case broken(String)
    /// OneClick went back: Central knows of commits that OneClick does not. The change history
    /// fills the gap; it is said.
    case cloudWentBack(String)

    public var isBroken: Bool {
        if case .broken = self { true } else { false }
    }
}

public struct ReadRequest: Hashable, Sendable {
    public var table: TableName
    /// Disjoint, in ascending order.
    public var ranges: [KeyRange]
    public var asOf: LocalDate
    public var rowsMax: Int
    public var bytesMax: Int

    public init(
        table: TableName, ranges: [KeyRange], asOf: LocalDate, rowsMax: Int, bytesMax: Int
    ) {
        self.table = table
        self.ranges = ranges
        self.asOf = asOf
        self.rowsMax = rowsMax
        self.bytesMax = bytesMax
    }
}

/// All rows of a range: encoded, in order of their keys; and those that are refused.
public struct Chunk: Hashable, Sendable {
    /// From the beginning of a range asked for to the last row read, or to its end.
    public var range: KeyRange
    public var rows: RowBlock
    public var refused: [RowException]

    public init(range: KeyRange, rows: RowBlock, refused: [RowException]) {
        self.range = range
        self.rows = rows
        self.refused = refused
    }
}

/// What the premises remember. Losing it costs history, and at most someone's word that this is
/// the one installation.
public protocol Journal: Sendable {
    /// The last fence that OneClick gave this installation (0 before the first), and every run
    /// begun since it was saved: the fence of one of them may never have arrived.
    func lastOpened() async throws -> (fence: Int, runs: [RunID])
    func save(fence: Int) async throws
    /// Saved before OneClick hears of the run.
    func begin(_ run: RunStart) async throws
    func record(_ run: RunRecord) async throws
}
