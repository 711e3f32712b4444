import GRDB

// GRDB's calls of the same names with statements that are compiled once for a connection: the same
// few come back with every request.

extension Database {
    public func execute(cached sql: String, arguments: StatementArguments = []) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }
}

extension Row {
    public static func fetchOne(
        _ db: Database, cached sql: String, arguments: StatementArguments = []
    ) throws -> Row? {
        try fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }

    public static func fetchAll(
        _ db: Database, cached sql: String, arguments: StatementArguments = []
    ) throws -> [Row] {
        try fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
    }
}

extension DatabaseValueConvertible where Self: StatementColumnConvertible {
    public static func fetchOne(
        _ db: Database, cached sql: String, arguments: StatementArguments = []
    ) throws -> Self? {
        try fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }

    public static func fetchAll(
        _ db: Database, cached sql: String, arguments: StatementArguments = []
    ) throws -> [Self] {
        try fetchAll(db.cachedStatement(sql: sql), arguments: arguments)
    }
}
