import SyncModel

/// What a person answers to held removals.
public enum RemovalAnswer: String, Codable, Hashable, Sendable {
    case approve, keep
}

/// A person's answer to held removals of one table, or to the question of lineage.
public struct AnswerRequest: Codable, Hashable, Sendable {
    public var answer: RemovalAnswer
    /// Nil where the question of lineage is answered.
    public var table: TableName?
    /// Removals that are held or kept; nil means all that are held and were seen.
    public var keys: [Key]?
    /// What was seen: the last commit (`StatusAnswer.lastCommittedAt`) when the person looked. What
    /// is held since a later one is not answered. Needed where no keys are named. For the question
    /// of lineage its `since`: another question is not answered.
    public var seenAt: Timestamp?
    /// Who answered, as the premises know the person.
    public var person: String
    /// Where the premises stand: a copy elsewhere has no say.
    public var place: String?

    public init(
        answer: RemovalAnswer, table: TableName?, keys: [Key]?, seenAt: Timestamp?,
        person: String, place: String? = nil
    ) {
        self.answer = answer
        self.table = table
        self.keys = keys
        self.seenAt = seenAt
        self.person = person
        self.place = place
    }
}

public struct AnswerReceipt: Codable, Hashable, Sendable {
    /// How many removals were answered.
    public var answered: Int
    public init(answered: Int) { self.answered = answered }
}

/// What the practice's exceptions are between runs.
public struct StatusAnswer: Codable, Hashable, Sendable {
    public var practiceName: String
    public var version: Int
    public var lastCommittedAt: Timestamp?
    public var rows: [TableName: Int]
    public var checkpoints: [TableName: Checkpoint]
    /// As in a receipt: of each table and kind the first `Receipt.exceptionsMax`.
    public var exceptions: [RowException]
    /// By table: how many rows are held and refused in all.
    public var waiting: [TableName: Counts]
    public var lineageQuestion: LineageQuestion?
    /// Of the held removals in `exceptions`, those that a person approved and that no
    /// synchronisation has acted on yet; nil where OneClick does not say.
    public var approvals: [Approval]?

    public struct Approval: Codable, Hashable, Sendable {
        public var table: TableName
        public var key: Key
        /// When it expires unused.
        public var until: Timestamp

        public init(table: TableName, key: Key, until: Timestamp) {
            self.table = table
            self.key = key
            self.until = until
        }
    }

    public init(
        practiceName: String, version: Int, lastCommittedAt: Timestamp?, rows: [TableName: Int],
        checkpoints: [TableName: Checkpoint], exceptions: [RowException],
        waiting: [TableName: Counts], lineageQuestion: LineageQuestion?,
        approvals: [Approval]? = nil
    ) {
        self.practiceName = practiceName
        self.version = version
        self.lastCommittedAt = lastCommittedAt
        self.rows = rows
        self.checkpoints = checkpoints
        self.exceptions = exceptions
        self.waiting = waiting
        self.lineageQuestion = lineageQuestion
        self.approvals = approvals
    }
}
