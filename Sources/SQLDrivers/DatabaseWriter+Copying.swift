import GRDB

extension DatabaseWriter {
    /// Puts what is in this database in the place of all that is in the other.
    ///
    /// GRDB's `backup(to:)` of a whole reader turns `query_only` on and off meanwhile, after which
    /// SQLite compiles each statement of the connection anew.
    package func copy(to other: any DatabaseWriter) throws {
        try writeWithoutTransaction { from in
            try other.writeWithoutTransaction { try from.backup(to: $0) }
        }
    }
}
