import GRDB
import SQLDrivers

/// A statement whose whole numbers and texts are bound to parameters, so that SQLite compiles those
/// of one form once: an office says the same few things again and again.
struct BoundStatement {
    private(set) var sql = ""
    private(set) var arguments = StatementArguments()

    /// - Parameter text: SQL without comments, parameters, quoted names, fractions, or quotes in a
    ///   text.
    init(_ text: String) {
        var rest = text[...]
        while let character = rest.first {
            if character == "'" {
                let value = rest.dropFirst().prefix { $0 != "'" }
                bind(String(value))
                rest = rest[value.endIndex...].dropFirst()
            } else if character.isLetter {
                let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
                sql += name
                rest = rest[name.endIndex...]
            } else if character.isNumber {
                let digits = rest.prefix(while: \.isNumber)
                bind(Int64(digits)!)
                rest = rest[digits.endIndex...]
            } else {
                sql.append(rest.removeFirst())
            }
        }
    }

    private mutating func bind(_ value: some DatabaseValueConvertible) {
        sql += "?"
        arguments += [value]
    }
}

extension Database {
    func execute(bound text: String) throws {
        let statement = BoundStatement(text)
        try execute(cached: statement.sql, arguments: statement.arguments)
    }
}
