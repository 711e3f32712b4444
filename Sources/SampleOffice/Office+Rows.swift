import GRDB

/// How an office finds and writes rows.
extension Office {
    /// The id of some row that meets the condition, found by the primary key from a random place
    /// on: a table of millions is not read for it.
    mutating func row(
        of table: String, where condition: String = "1", _ values: Value...
    ) throws -> Int? {
        let bounds = try Row.fetchOne(
            db, sql: "SELECT (SELECT min(id) FROM \(table)), (SELECT max(id) FROM \(table))")
        guard let least = bounds?[0] as Int?, let greatest = bounds?[1] as Int? else { return nil }
        let start = dice.number(least...greatest)
        let arguments = StatementArguments(
            [start.databaseValue] + values.map(\.databaseValue))
        for (comparison, order) in [(">=", "ASC"), ("<", "DESC")] {
            let id = try Int.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT id FROM \(table) WHERE id \(comparison) ? AND (\(condition))
                        ORDER BY id \(order) LIMIT 1
                        """), arguments: arguments)
            if let id { return id }
        }
        return nil
    }

    /// Two different rows, in either order.
    mutating func pair(of table: String, where condition: String = "1") throws -> (Int, Int)? {
        guard let one = try row(of: table, where: condition),
            let other = try row(of: table, where: "(\(condition)) AND id <> ?", .integer(one))
        else { return nil }
        return dice.chance(percent: 50) ? (one, other) : (other, one)
    }

    func run(_ sql: String, _ values: Value...) throws {
        try db.cachedStatement(sql: sql)
            .execute(arguments: StatementArguments(values.map(\.databaseValue)))
    }

    func number(_ sql: String, _ values: Value...) throws -> Int? {
        try Int.fetchOne(
            db.cachedStatement(sql: sql),
            arguments: StatementArguments(values.map(\.databaseValue)))
    }

    func numbers(_ sql: String, _ values: Value...) throws -> [Int] {
        try Int.fetchAll(
            db.cachedStatement(sql: sql),
            arguments: StatementArguments(values.map(\.databaseValue)))
    }

    func text(_ sql: String, _ values: Value...) throws -> String? {
        try String.fetchOne(
            db.cachedStatement(sql: sql),
            arguments: StatementArguments(values.map(\.databaseValue)))
    }

    func insert(into table: String, _ columns: String, _ values: [Value]) throws -> Int {
        try Insertion(db, into: table, columns).insert(values)
        return Int(db.lastInsertedRowID)
    }

    /// A number greater than every id the table ever had.
    func nextID(of table: String) throws -> Int {
        (try number("SELECT seq FROM sqlite_sequence WHERE name = ?", .text(table)) ?? 0) + 1
    }

    func stations() throws -> Stations {
        try Stations(
            employees: numbers("SELECT id FROM employee ORDER BY id"),
            companies: numbers("SELECT id FROM company ORDER BY id"),
            offices: numbers("SELECT id FROM office ORDER BY id"),
            departments: numbers("SELECT id FROM department ORDER BY id"))
    }
}
