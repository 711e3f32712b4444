import SQLDrivers
import SyncModel
import SyncProtocol

/// The rows that OneClick holds in a range, in the order of their keys, a page at a time: a range
/// may hold more than memory does.
///
/// Rows up to the one in front may be written or removed meanwhile; those behind it may not.
struct RowPages {
    static let rowsPerPage = 1_000

    private let store: PracticeStore
    private let table: TypedTable
    private var rest: KeyRange?
    /// The page that the row in front lies in.
    private(set) var block = RowBlock()
    private var index = 0

    init(_ store: PracticeStore, _ table: TypedTable, _ range: KeyRange) {
        self.store = store
        self.table = table
        rest = range
    }

    /// The row in front; nil at the end.
    mutating func front() throws -> RowBlock.Span? {
        if index == block.count, let range = rest { try readPage(range) }
        return index < block.count ? block.rows[index] : nil
    }

    mutating func advance() { index += 1 }

    private mutating func readPage(_ range: KeyRange) throws {
        block = RowBlock()
        index = 0
        let row = try store.rows(table, range)
        defer { row.reset() }
        while block.count < Self.rowsPerPage {
            guard try row.step() else { return rest = nil }
            table.append(row, to: &block)
        }
        rest = KeyRange(after: block.key(of: block.rows[block.count - 1]), upTo: range.upTo)
    }
}

extension PracticeStore {
    /// Every row of a range, one after the other.
    func forEachRow(
        _ table: TypedTable, _ range: KeyRange, _ body: (RowBlock, RowBlock.Span) throws -> Void
    ) throws {
        var pages = RowPages(self, table, range)
        while let row = try pages.front() {
            try body(pages.block, row)
            pages.advance()
        }
    }

    /// The digest of all rows of a range as they are now.
    func digest(_ table: TypedTable, _ range: KeyRange) throws -> [UInt8] {
        var digest = RowDigest()
        try forEachRow(table, range) { block, row in digest.add(block, row) }
        return digest.finish()
    }

    func hasNoRow(_ table: TypedTable, _ range: KeyRange) throws -> Bool {
        let row = try ranged("SELECT 1 FROM \(table.shape.name)", table, range, order: " LIMIT 1")
        defer { row.reset() }
        return try !row.step()
    }

    func count(_ table: TypedTable, _ range: KeyRange) throws -> Int {
        let row = try ranged("SELECT count(*) FROM \(table.shape.name)", table, range)
        defer { row.reset() }
        return try row.step() ? Int(row.integer(0)) : 0
    }
}
