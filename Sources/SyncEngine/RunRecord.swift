import SyncModel

/// Who asked for which synchronisation.
public struct RunRequest: Hashable, Sendable, Codable {
    public var kind: RunKind
    public var trigger: RunTrigger
    public var purpose: RunPurpose
    /// Names of data sets; nil means all. Widened to the commit group of security.
    public var only: [String]?
    /// Who pressed the button; nil for the schedule.
    public var person: String?

    public init(
        kind: RunKind, trigger: RunTrigger, purpose: RunPurpose = .synchronise,
        only: [String]? = nil, person: String? = nil
    ) {
        self.kind = kind
        self.trigger = trigger
        self.purpose = purpose
        self.only = only
        self.person = person
    }
}

/// A run that has begun.
public struct RunStart: Hashable, Sendable, Codable {
    public var id: RunID
    public var request: RunRequest
    public var startedAt: Timestamp

    public init(id: RunID, request: RunRequest, startedAt: Timestamp) {
        self.id = id
        self.request = request
        self.startedAt = startedAt
    }
}

/// One synchronisation as the journal keeps it and every command prints it.
public struct RunRecord: Hashable, Sendable, Codable {
    public struct DataSetCounts: Hashable, Sendable, Codable {
        public var name: String
        public var added, changed, removed, unchanged, held, errors: Int

        public init(name: String, counts: Counts) {
            self.name = name
            added = counts.added
            changed = counts.changed
            removed = counts.removed
            unchanged = counts.unchanged
            held = counts.held
            errors = counts.errors
        }
    }

    /// One record that is not as it should be, or one thing that went wrong, for a person.
    public struct Problem: Hashable, Sendable, Codable {
        public var dataSet: String?
        public var table: TableName?
        public var key: Key?
        public var code: String
        public var message: String
        public var hint: String
        /// Whether it may pass by itself; nil for a record, and where an earlier release wrote it.
        public var passes: Bool?

        /// Whether it is a removal that waits for an answer.
        public var isHeld: Bool { code == "held" }

        enum CodingKeys: String, CodingKey {
            case dataSet = "data_set"
            case table, key, code, message, hint, passes
        }

        public init(
            dataSet: String?, table: TableName?, key: Key?, code: String, message: String,
            hint: String, passes: Bool? = nil
        ) {
            self.dataSet = dataSet
            self.table = table
            self.key = key
            self.code = code
            self.message = message
            self.hint = hint
            self.passes = passes
        }
    }

    public var id: RunID
    public var kind: RunKind
    public var trigger: RunTrigger
    public var purpose: RunPurpose
    public var person: String?
    public var startedAt: Timestamp
    public var finishedAt: Timestamp
    public var outcome: Outcome
    public var dataSets: [DataSetCounts]
    /// Rows shipped, whatever became of them.
    public var rowsSent: Int
    public var bytesSent: Int
    public var requests: Int
    public var errors: [Problem]
    /// What else a person should know: data sets widened, tables read in full and why.
    public var notes: [String]

    enum CodingKeys: String, CodingKey {
        case id, kind, trigger, purpose, person
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case outcome
        case dataSets = "data_sets"
        case rowsSent = "rows_sent"
        case bytesSent = "bytes_sent"
        case requests, errors, notes
    }

    public init(
        start: RunStart, finishedAt: Timestamp, outcome: Outcome, dataSets: [DataSetCounts] = [],
        rowsSent: Int = 0, traffic: Traffic = Traffic(), errors: [Problem] = [],
        notes: [String] = []
    ) {
        id = start.id
        kind = start.request.kind
        trigger = start.request.trigger
        purpose = start.request.purpose
        person = start.request.person
        startedAt = start.startedAt
        self.finishedAt = finishedAt
        self.outcome = outcome
        self.dataSets = dataSets
        self.rowsSent = rowsSent
        bytesSent = traffic.bytesSent
        requests = traffic.requests
        self.errors = errors
        self.notes = notes
    }
}

/// Where a run under way stands.
public struct RunProgress: Hashable, Sendable, Codable {
    public struct DataSetProgress: Hashable, Sendable, Codable {
        public enum State: String, Hashable, Sendable, Codable {
            case waiting, working, equal, shipped
        }
        public var name: String
        public var state: State
        /// Rows read and compared so far.
        public var rowsDone: Int
        /// About how many there are; nil where that is not known.
        public var rowsTotal: Int?
        /// When work on it began; nil while it waits.
        public var startedAt: Timestamp?
        /// When the last of its tables was done; nil until then.
        public var finishedAt: Timestamp?

        public init(name: String, state: State = .waiting, rowsDone: Int = 0, rowsTotal: Int? = nil)
        {
            self.name = name
            self.state = state
            self.rowsDone = rowsDone
            self.rowsTotal = rowsTotal
        }
    }

    public var run: RunStart
    /// In words for a person, such as "comparing".
    public var step: String
    public var dataSets: [DataSetProgress]
    public var rowsSent: Int

    public init(run: RunStart, step: String, dataSets: [DataSetProgress], rowsSent: Int) {
        self.run = run
        self.step = step
        self.dataSets = dataSets
        self.rowsSent = rowsSent
    }
}
