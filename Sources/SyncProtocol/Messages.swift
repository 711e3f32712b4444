import SyncModel

/// The version of everything in this module. A side that does not know the other's version says so
/// and stops; there is no guessing.
public let protocolVersion = 1

/// What a SyncWorker presents once, with the code of the practice's administrator.
public struct EnrolmentRequest: Codable, Hashable, Sendable {
    public var protocolVersion: Int
    public var code: String
    /// PEM of a P-256 public key made on the premises.
    public var publicKey: String
    public var server: String
    public var place: String

    public init(
        protocolVersion: Int, code: String, publicKey: String, server: String, place: String
    ) {
        self.protocolVersion = protocolVersion
        self.code = code
        self.publicKey = publicKey
        self.server = server
        self.place = place
    }
}

public struct EnrolmentAnswer: Codable, Hashable, Sendable {
    public var practice: PracticeID
    public var practiceName: String
    public var installation: InstallationID

    public init(practice: PracticeID, practiceName: String, installation: InstallationID) {
        self.practice = practice
        self.practiceName = practiceName
        self.installation = installation
    }
}

/// Opens a run. Authenticated by a client assertion signed with the installation's key.
public struct OpenRequest: Codable, Hashable, Sendable {
    public var protocolVersion: Int
    public var run: RunID
    /// The last fence that this installation was given; 0 before the first.
    public var lastFence: Int
    /// Every run begun since a fence last arrived: one of them may have been given a fence whose
    /// answer was lost. Nobody can tell which, where later ones were never heard of.
    public var lastRuns: [RunID]
    public var kind: RunKind
    public var purpose: RunPurpose
    public var server: String
    /// Where this installation stands (machine, path of Central), hashed; a cloned machine differs.
    public var place: String
    /// Hash of each table's shape, so that both sides mean the same columns and types.
    public var shapes: [TableName: String]

    public init(
        run: RunID, lastFence: Int, lastRuns: [RunID], kind: RunKind, purpose: RunPurpose,
        server: String, place: String, shapes: [TableName: String]
    ) {
        protocolVersion = SyncProtocol.protocolVersion
        self.run = run
        self.lastFence = lastFence
        self.lastRuns = lastRuns
        self.kind = kind
        self.purpose = purpose
        self.server = server
        self.place = place
        self.shapes = shapes
    }
}

/// What OneClick holds of one table.
public struct TableState: Codable, Hashable, Sendable {
    public var checkpoint: Checkpoint?
    public var load: Load?
    public var rows: Int
    /// Rolling verification proved everything up to this bound; it begins anew behind the last key.
    public var provedUpTo: KeyBound?
    /// Where OneClick has exceptions: every run reads these again, so that they end by themselves.
    /// At most `unsettledMax`; where exceptions are many, a range reaches from one to another.
    public var unsettled: [KeyRange]

    public static let unsettledMax = 50_000

    public init(
        checkpoint: Checkpoint?, load: Load?, rows: Int, provedUpTo: KeyBound?,
        unsettled: [KeyRange]
    ) {
        self.checkpoint = checkpoint
        self.load = load
        self.rows = rows
        self.provedUpTo = provedUpTo
        self.unsettled = unsettled
    }
}

/// A bound of a range as hexadecimal text.
public struct KeyBound: Codable, Hashable, Sendable {
    public var key: Key
    public init(_ key: Key) { self.key = key }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let bytes = [UInt8](hexadecimal: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no bound of a range"))
        }
        key = Key(bytes: bytes)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(key.bytes.hexadecimal)
    }
}

/// The public half of OneClick's vault: what sealed columns are encrypted to.
public struct VaultKey: Codable, Hashable, Sendable {
    public var id: String
    /// X25519, 32 bytes, hexadecimal.
    public var publicKey: String

    public init(id: String, publicKey: String) {
        self.id = id
        self.publicKey = publicKey
    }
}

/// The question that a broken lineage asks a person.
public struct LineageQuestion: Codable, Hashable, Sendable {
    /// What happened, for a person.
    public var message: String
    /// Rows that differed when the question was asked.
    public var rowsDiffering: Int
    /// A mark that stands in the Central that the question is about.
    public var mark: Mark?
    /// Where that Central stood; of one without capture, in which no mark can stand.
    public var position: Position?
    public var since: Timestamp?
    /// Set once a person said that this Central is to be followed.
    public var isApproved: Bool

    public init(
        message: String, rowsDiffering: Int, mark: Mark?, position: Position? = nil,
        since: Timestamp? = nil, isApproved: Bool = false
    ) {
        self.message = message
        self.rowsDiffering = rowsDiffering
        self.mark = mark
        self.position = position
        self.since = since
        self.isApproved = isApproved
    }
}

public struct OpenAnswer: Codable, Hashable, Sendable {
    public var protocolVersion: Int
    public var fence: Int
    /// The bearer token of this run's further requests; short-lived.
    public var token: String
    public var now: Timestamp
    /// The practice's local date at open.
    public var asOf: LocalDate
    public var practiceName: String
    /// Whether the fence that was presented is newer than any that OneClick remembers: OneClick was
    /// restored from a backup.
    public var wentBack: Bool
    /// How many commits the practice has had: the commit compares it.
    public var version: Int
    public var latestMark: Mark?
    public var tables: [TableName: TableState]
    public var lineageQuestion: LineageQuestion?
    public var vault: VaultKey
    public var limits: Limits

    public struct Limits: Codable, Hashable, Sendable {
        public var rowsPerBatch: Int
        public var bytesPerBatch: Int
        public var batchesInFlight: Int

        public init(rowsPerBatch: Int, bytesPerBatch: Int, batchesInFlight: Int) {
            self.rowsPerBatch = rowsPerBatch
            self.bytesPerBatch = bytesPerBatch
            self.batchesInFlight = batchesInFlight
        }
    }

    public init(
        fence: Int, token: String, now: Timestamp, asOf: LocalDate, practiceName: String,
        wentBack: Bool, version: Int, latestMark: Mark?, tables: [TableName: TableState],
        lineageQuestion: LineageQuestion?, vault: VaultKey, limits: Limits
    ) {
        protocolVersion = SyncProtocol.protocolVersion
        self.fence = fence
        self.token = token
        self.now = now
        self.asOf = asOf
        self.practiceName = practiceName
        self.wentBack = wentBack
        self.version = version
        self.latestMark = latestMark
        self.tables = tables
        self.lineageQuestion = lineageQuestion
        self.vault = vault
        self.limits = limits
    }
}

/// Begins a load of one table, or begins it anew: whatever an earlier load had staged is dropped.
public struct LoadRequest: Codable, Hashable, Sendable {
    public var table: TableName
    public var load: LoadID
    public var base: Checkpoint

    public init(table: TableName, load: LoadID, base: Checkpoint) {
        self.table = table
        self.load = load
        self.base = base
    }
}

/// What becomes of one table at the commit.
public struct TableCommit: Codable, Hashable, Sendable {
    public var checkpoint: Checkpoint
    /// The load that this commit ends, if any: its ranges must tile the key space.
    public var load: LoadID?
    /// Every row of the table that is refused now.
    public var refused: [RowException]
    /// Rows found equal in the plan's answers.
    public var unchanged: Int
    public var provedUpTo: KeyBound?

    public init(
        checkpoint: Checkpoint, load: LoadID?, refused: [RowException], unchanged: Int,
        provedUpTo: KeyBound?
    ) {
        self.checkpoint = checkpoint
        self.load = load
        self.refused = refused
        self.unchanged = unchanged
        self.provedUpTo = provedUpTo
    }
}

public struct CommitRequest: Codable, Hashable, Sendable {
    /// What `OpenAnswer.version` said: nothing else was committed since.
    public var version: Int
    /// Batches 1 to this were shipped.
    public var batches: Int
    /// Tables that are not named here keep their contents and checkpoints.
    public var tables: [TableName: TableCommit]
    public var mark: Mark?
    /// Set by a run that found the lineage broken: nothing is applied, the question is stored.
    public var lineageQuestion: LineageQuestion?

    public init(
        version: Int, batches: Int, tables: [TableName: TableCommit], mark: Mark?,
        lineageQuestion: LineageQuestion? = nil
    ) {
        self.version = version
        self.batches = batches
        self.tables = tables
        self.mark = mark
        self.lineageQuestion = lineageQuestion
    }
}

/// Ends a run that will not be committed.
public struct AbandonRequest: Codable, Hashable, Sendable {
    /// For a person.
    public var reason: String
    public init(reason: String) { self.reason = reason }
}

/// What OneClick answers where there is nothing else to say. It names the run, so that nothing
/// between the two sides can be taken for OneClick.
public struct Acknowledgement: Codable, Hashable, Sendable {
    public var run: RunID
    public init(run: RunID) { self.run = run }
}

/// What OneClick applied and what it now holds. The same for every repetition of a commit.
public struct Receipt: Codable, Hashable, Sendable {
    public var run: RunID
    public var version: Int
    public var committedAt: Timestamp
    /// Counted while applying, and recounted from the typed columns afterwards.
    public var counts: [TableName: Counts]
    /// Rows that each table of the practice now holds.
    public var rows: [TableName: Int]
    public var checkpoints: [TableName: Checkpoint]
    /// The exceptions of the practice after the commit: of each table and kind the first
    /// `exceptionsMax`; `counts` has the number of all.
    public var exceptions: [RowException]

    public static let exceptionsMax = 1_000

    public init(
        run: RunID, version: Int, committedAt: Timestamp, counts: [TableName: Counts],
        rows: [TableName: Int], checkpoints: [TableName: Checkpoint], exceptions: [RowException]
    ) {
        self.run = run
        self.version = version
        self.committedAt = committedAt
        self.counts = counts
        self.rows = rows
        self.checkpoints = checkpoints
        self.exceptions = exceptions
    }
}

/// Where a run stands in OneClick. "aborted" is written down before it is said.
public enum RunState: Codable, Hashable, Sendable {
    case committed(Receipt)
    /// Being committed at this moment: ask again.
    case committing
    /// Neither committed nor aborted: a commit may be sent, or sent again.
    case open
    case aborted(reason: String)
}

/// How a refusal looks on the wire; the HTTP status says retry or not, this says why.
public struct ErrorAnswer: Codable, Hashable, Sendable {
    public var code: String
    public var message: String
    public var hint: String
    /// When trying the same again may help: 0 is at once, nil is not before a person mends it.
    public var retryAfterSeconds: Int?

    public init(code: String, message: String, hint: String, retryAfterSeconds: Int? = nil) {
        self.code = code
        self.message = message
        self.hint = hint
        self.retryAfterSeconds = retryAfterSeconds
    }
}

extension RunState {
    private enum Word: String, Codable { case committed, committing, open, aborted }
    private enum CodingKeys: String, CodingKey { case state, receipt, reason }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        switch try container.decode(Word.self, forKey: .state) {
        case .committed: self = .committed(try container.decode(Receipt.self, forKey: .receipt))
        case .committing: self = .committing
        case .open: self = .open
        case .aborted: self = .aborted(reason: try container.decode(String.self, forKey: .reason))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .committed(let receipt):
            try container.encode(Word.committed, forKey: .state)
            try container.encode(receipt, forKey: .receipt)
        case .committing: try container.encode(Word.committing, forKey: .state)
        case .open: try container.encode(Word.open, forKey: .state)
        case .aborted(let reason):
            try container.encode(Word.aborted, forKey: .state)
            try container.encode(reason, forKey: .reason)
        }
    }
}
