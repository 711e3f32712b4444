/// A key or a prefix that OneClick knowingly holds differently from Central.
public struct RowException: Hashable, Sendable, Codable {
    public enum Kind: String, Hashable, Sendable, Codable {
        /// The row breaks a type or a rule: OneClick keeps what it had of it, or nothing.
        case refused
        /// A removal that waits for an answer.
        case held
        /// A removal that a person answered with "keep".
        case kept
    }

    public var table: TableName
    /// A whole key, or a prefix: everything that hangs on it.
    public var key: Key
    public var kind: Kind
    /// A stable word for programs, such as `duplicate_email`.
    public var code: String
    public var column: String?
    /// What happened to which record, called by its label: personal data, and not for a log.
    public var message: String
    /// What a person should do next.
    public var hint: String
    /// When it was first found; OneClick's clock.
    public var since: Timestamp?
    /// The parent whose fate this one shares; nil for a root.
    public var origin: Origin?
    /// How many rows it stands for: more than one where a whole prefix is held; 0 where they are
    /// counted with the origin.
    public var rows: Int

    public struct Origin: Hashable, Sendable, Codable {
        public var table: TableName
        public var key: Key
        public init(table: TableName, key: Key) {
            self.table = table
            self.key = key
        }
    }

    public init(
        table: TableName, key: Key, kind: Kind, code: String, column: String? = nil,
        message: String, hint: String, since: Timestamp? = nil, origin: Origin? = nil,
        rows: Int = 1
    ) {
        self.table = table
        self.key = key
        self.kind = kind
        self.code = code
        self.column = column
        self.message = message
        self.hint = hint
        self.since = since
        self.origin = origin
        self.rows = rows
    }
}
