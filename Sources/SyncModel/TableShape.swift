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

/// How the rows of a table lead to those of another, whose fate is theirs: the parent that they
/// hang on, and takes them along when it goes; or the rows that need them.
public struct ParentLink: Hashable, Sendable, Codable {
    public var table: TableName
    /// The first column of the key of the table that has the link.
    public var column: String
    /// The other table's column that it leads to.
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
    /// The table whose rows cannot do without this one's: as long as OneClick keeps one of them, it
    /// keeps what that needs.
    public var neededBy: ParentLink?
    /// Whether the table belongs to the commit group of security: applied with its group or not at
    /// all.
    public var isInCommitGroup: Bool
    /// How a message names a row to a person: text with `{column}`. The two sides need not agree.
    public var label: String?

    public init(
        name: TableName, columns: [Column], keyCount: Int, parent: ParentLink? = nil,
        neededBy: ParentLink? = nil, isInCommitGroup: Bool = false, label: String? = nil
    ) {
        self.name = name
        self.columns = columns
        self.keyCount = keyCount
        self.parent = parent
        self.neededBy = neededBy
        self.isInCommitGroup = isInCommitGroup
        self.label = label
    }

    public var key: ArraySlice<Column> { columns[..<keyCount] }
    public var values: ArraySlice<Column> { columns[keyCount...] }

    public func index(of column: String) -> Int? {
        columns.firstIndex { $0.name == column }
    }
}

extension TableShape {
    /// Of a text in a label, in Unicode scalars: enough to know a record by, and no more of what
    /// was pasted into it.
    public static let labelTextMax = 80

    /// The label of one row, given the texts of its columns; nil where there is none.
    public func label(_ text: (Column) -> String) -> String? {
        guard var label else { return nil }
        for column in columns where label.contains("{\(column.name)}") {
            label = label.replacing("{\(column.name)}", with: Self.shortened(text(column)))
        }
        label.unicodeScalars.removeAll { $0.properties.generalCategory == .control }
        let words = label.split(separator: " ").joined(separator: " ")
        return words.isEmpty ? nil : words
    }

    private static func shortened(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard scalars.dropFirst(labelTextMax).first != nil else { return text }
        return String(scalars.prefix(labelTextMax)) + "…"
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

    /// Tables together with all that they hang on or are needed by, and with the commit group where
    /// one of it is among them: what has to be synchronised together for every removal to be judged
    /// at its root.
    public func closure(of names: Set<TableName>) -> Set<TableName> {
        var names = names
        if !names.isDisjoint(with: commitGroup) { names.formUnion(commitGroup) }
        let links = tables.filter { names.contains($0.name) }.flatMap { [$0.parent, $0.neededBy] }
        let wider = names.union(links.compactMap { $0?.table })
        return wider == names ? names : closure(of: wider)
    }
}
