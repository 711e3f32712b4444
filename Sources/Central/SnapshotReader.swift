import Catalogue
import GRDB
import SQLDrivers
import SyncEngine
import SyncModel
import SyncProtocol

/// Reads one table of the catalogue from the pinned snapshot, in the order of its keys.
package final class SnapshotReader {
    package let table: CatalogueTable
    private let db: Database
    private let asOf: LocalDate
    private let sealer: Sealer
    private let readers: [ColumnReader]
    private var statements: [String: SQLStatement] = [:]
    package let rules: RowRules

    package init(
        _ table: CatalogueTable, _ db: Database, asOf: LocalDate, sealer: Sealer
    ) throws {
        self.table = table
        self.db = db
        self.asOf = asOf
        self.sealer = sealer
        readers = table.shape.columns.enumerated().map {
            ColumnReader(column: $0.element, index: Int32($0.offset))
        }
        rules = try RowRules(table, db, asOf: asOf)
    }

    /// One chunk a range, until the limits are reached.
    package func read(_ request: ReadRequest) throws -> [Chunk] {
        var chunks: [Chunk] = []
        var rowsLeft = request.rowsMax
        var bytesLeft = request.bytesMax
        for range in request.ranges where rowsLeft > 0 && bytesLeft > 0 {
            let chunk = try read(range, rowsMax: rowsLeft, bytesMax: bytesLeft)
            // An empty range counts too: what is asked about it has to be bounded as well.
            rowsLeft -= max(1, chunk.rows.count + chunk.refused.count)
            bytesLeft -= chunk.rows.bytes.count
            chunks.append(chunk)
            if chunk.range.upTo != range.upTo { break }
        }
        return chunks
    }

    private func read(_ range: KeyRange, rowsMax: Int, bytesMax: Int) throws -> Chunk {
        let row = try statement(for: range)
        defer { row.reset() }
        var block = RowBlock()
        block.reserve(rows: min(rowsMax, 256), bytesPerRow: 80)
        var refused: [RowException] = []
        var last = range.after
        while try row.step() {
            block.beginRow()
            try appendKey(row, to: &block)
            let key = block.openKey
            guard last < key, range.contains(key) else { throw outOfOrder(key) }
            last = key
            if let exception = try appendValues(row, key, to: &block) {
                block.dropRow()
                refused.append(exception)
            } else {
                block.endRow()
            }
            if block.count + refused.count >= rowsMax || block.bytes.count >= bytesMax {
                try checkNext(row, after: key, &block)
                return Chunk(
                    range: KeyRange(after: range.after, upTo: key), rows: block, refused: refused)
            }
        }
        return Chunk(range: range, rows: block, refused: refused)
    }

    /// The next read begins behind `key`: a second row of that key would not be seen again.
    private func checkNext(
        _ row: SQLStatement, after key: Key, _ block: inout RowBlock
    ) throws {
        guard try row.step() else { return }
        block.beginRow()
        defer { block.dropRow() }
        try appendKey(row, to: &block)
        guard key < block.openKey else { throw outOfOrder(block.openKey) }
    }

    /// The catalogue's query narrowed to a range and put in order; kept for the next range of the
    /// same form.
    private func statement(for range: KeyRange) throws -> SQLStatement {
        guard let condition = table.condition(for: range) else {
            throw SyncError(
                .malformed, "A range of \(table.name) is not one of its keys.",
                hint: "Run a full synchronisation; keep this message for support.")
        }
        let statement =
            try statements[condition.sql]
            ?? SQLStatement(db, table.orderedRead(where: condition.sql))
        statements[condition.sql] = statement
        statement.reset()
        condition.bind(to: statement)
        bindAsOf(statement)
        return statement
    }

    private func bindAsOf(_ statement: SQLStatement) {
        if let index = statement.parameter(":as_of") { statement.bind(index, asOf.description) }
    }

    @inline(__always)
    private func appendKey(_ row: SQLStatement, to block: inout RowBlock) throws {
        for (index, column) in table.shape.key.enumerated() {
            switch (column.type, row.storageClass(Int32(index))) {
            case (.integer, .integer): block.key(row.integer(Int32(index)))
            case (.text(let limit), .text):
                let text = row.bytes(Int32(index))
                do throws(Misfit) {
                    block.key(try readers[index].checkedText(text, limit))
                } catch {
                    throw unusableKey(column, error.message)
                }
            default: throw unusableKey(column, "is not \(column.type)")
            }
        }
        block.endKey()
    }

    /// Nil if the row is good; else why it is refused.
    @inline(__always)
    private func appendValues(
        _ row: SQLStatement, _ key: Key, to block: inout RowBlock
    ) throws -> RowException? {
        for reader in readers[table.shape.keyCount...] {
            do throws(Misfit) {
                if reader.column.type.isSealed {
                    try appendSealed(reader, row, key, to: &block)
                } else {
                    try reader.append(row, to: &block)
                }
            } catch {
                return rules.exception(key, row, reader.column.name, error)
            }
        }
        return rules.isEmpty ? nil : try rules.broken(by: row, key)
    }

    private func appendSealed(
        _ reader: ColumnReader, _ row: SQLStatement, _ key: Key, to block: inout RowBlock
    ) throws(Misfit) {
        let found = row.storageClass(reader.index)
        guard case .sealed(let limit) = reader.column.type, found == .text else {
            if found == .null { return try reader.append(row, to: &block) }
            throw .wrongType("a text", found)
        }
        let text = try reader.checkedText(row.bytes(reader.index), limit)
        do {
            block.sealed(
                try sealer.seal(
                    Array(text), table: table.name, key: key, column: reader.column.name))
        } catch {
            throw Misfit(
                code: "not_sealed", message: "could not be encrypted to OneClick's vault",
                hint: "Ask the people who run OneClick to check its vault key.")
        }
    }

    // MARK: What stops a table

    private func outOfOrder(_ key: Key) -> SyncError {
        SyncError(
            .table,
            "Central delivered \(table.name) \(key) out of order or twice; the table was left as "
                + "it is.",
            hint: "Check the query of \(table.name) in the catalogue: a join that multiplies rows, "
                + "or a key that is not unique.")
    }

    private func unusableKey(_ column: SyncModel.Column, _ what: String) -> SyncError {
        SyncError(
            .table, "A row of \(table.name) has a key whose \(column.name) \(what).",
            hint:
                "Correct the row in Central, or the query in the catalogue; the table was left as "
                + "it is.")
    }
}
