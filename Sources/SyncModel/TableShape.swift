/// One of the eight rows that the console shows, made of one or more tables.
public struct DataSet: Hashable, Sendable, Codable {
    public var name: String
    public var tables: [TableName]

    public init(name: String, tables: [TableName]) {
        self.name = name
        self.tables = tables
    }
}

public struct Column: Hashable, Sendable, Codable {
    public var name: String
    public var type: ColumnType
    public var isNullable: Bool

    public init(name: String, type: ColumnType, isNullable: Bool) {
        self.name = name
        self.type = type
        self.isNullable = isNullable
    }
}

/// The table that another one hangs on: a removed parent takes its rows along, and its fate is
/// theirs.
public struct ParentLink: Hashable, Sendable, Codable {
    public var table: TableName
    /// The first column of the key of the table that hangs.
    public var column: String
    /// The parent's column that it leads to.
    public var parentColumn: String

    public init(table: TableName, column: String, parentColumn: String) {
        self.table = table
        self.column = column
        self.parentColumn = parentColumn
    }
}

/// What OneClick and the premises must agree on about a table before a row can cross.
public struct TableShape: Hashable, Sendable, Codable {
    public var name: TableName
    /// All columns; those of the key come first and in the key's order.
    public var columns: [Column]
    /// How many of the columns make the key. Key columns are integers or text and never NULL.
    public var keyCount: Int
    public var parent: ParentLink?
    /// Whether the table belongs to the commit group of security: applied with its group or not at
    /// all.
    public var isInCommitGroup: Bool

    public init(
        name: TableName, columns: [Column], keyCount: Int, parent: ParentLink? = nil,
        isInCommitGroup: Bool = false
    ) {
        self.name = name
        self.columns = columns
        self.keyCount = keyCount
        self.parent = parent
        self.isInCommitGroup = isInCommitGroup
    }

    public var key: ArraySlice<Column> { columns[..<keyCount] }
    public var values: ArraySlice<Column> { columns[keyCount...] }
    public var hasSealedColumns: Bool { columns.contains { $0.type.isSealed } }

    public func index(of column: String) -> Int? {
        columns.firstIndex { $0.name == column }
    }
}

/// All tables and data sets, parents before the tables that hang on them.
public struct Shapes: Hashable, Sendable {
    public var dataSets: [DataSet]
    public var tables: [TableShape]

    public init(dataSets: [DataSet], tables: [TableShape]) {
        self.dataSets = dataSets
        self.tables = tables
    }

    public subscript(name: TableName) -> TableShape? { tables.first { $0.name == name } }

    public func dataSet(of table: TableName) -> DataSet? {
        dataSets.first { $0.tables.contains(table) }
    }

    public var commitGroup: [TableName] { tables.filter(\.isInCommitGroup).map(\.name) }

    /// Tables that hang directly on `parent`.
    public func children(of parent: TableName) -> [TableShape] {
        tables.filter { $0.parent?.table == parent }
    }
}
