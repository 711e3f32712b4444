import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// Rows under one parent that Central has no more, one beside the other: OneClick holds no other
/// row in their range.
struct RemovalRun {
    var range: KeyRange
    var rows: Int
    /// The key of what they hang on; their own where they hang on nothing.
    var prefix: Key
}

/// Applies Replaces to one typed table: writes what is new or different at once, and collects what
/// would go for the guard to decide.
final class RangeApplier {
    let store: PracticeStore
    let table: TypedTable
    /// The removals that are held as the commit begins.
    private let held: HeldRemovals
    private(set) var counts = Counts()
    /// What OneClick holds in the ranges and Central has no more.
    private(set) var candidates: [RemovalRun] = []
    /// Keys of held removals that came with a row, and so have ended.
    private(set) var arrived: Set<Key> = []
    /// How many excluded ranges lie before the last candidate, while the next may be beside it.
    private var beside: Int?

    init(_ store: PracticeStore, _ table: TypedTable, held: HeldRemovals = HeldRemovals()) {
        self.store = store
        self.table = table
        self.held = held
    }

    /// - Parameter excluding: disjoint ranges in ascending order that a later part of the same
    ///   commit replaces: what lies in them is left to that part.
    func apply(_ replace: Replace, excluding: [KeyRange]) throws {
        var existing = RowPages(store, table, replace.range)
        var excluded = RangeWalk(excluding, after: replace.range.after)
        let except = Set(replace.except)
        let write = try store.statement(table.replaceSQL)
        var reader = WireReader(replace.rows)
        var last = replace.range.after
        beside = nil
        for _ in 0..<replace.rowCount {
            let span = try table.bind(next: &reader, to: write, practice: store.id)
            let key = Key(bytes: Array(reader.bytes[span.start..<span.keyEnd]))
            guard last < key, replace.range.contains(key), !except.contains(key) else {
                throw WireReader.malformed("has rows out of order or outside their range")
            }
            last = key
            try addCandidates(&existing, before: key, except, &excluded)
            let front = try existing.front()
            let same = front.flatMap { existing.block.key(of: $0) == key ? $0 : nil }
            if !excluded.contains(key) {
                let isEqual = same.map { row in
                    existing.block.bytes[row.start..<row.canonicalEnd]
                        == reader.bytes[span.start..<span.canonicalEnd]
                }
                try put(write, key, isEqual: isEqual)
            }
            if same != nil { existing.advance() }
            beside = nil
        }
        guard reader.isAtEnd else { throw WireReader.malformed("has more rows than it says") }
        try addCandidates(&existing, before: nil, except, &excluded)
    }

    /// - Parameter isEqual: whether OneClick holds just this row; nil where it has none of its key.
    private func put(_ write: SQLStatement, _ key: Key, isEqual: Bool?) throws {
        if !held.isEmpty, held.covering(key) != nil { arrived.insert(key) }
        switch isEqual {
        case true?: return counts.unchanged += 1
        case false?: counts.changed += 1
        case nil: counts.added += 1
        }
        try write.run()
    }

    // MARK: What Central has no more

    /// Rows that OneClick holds before `key`, or to the end of the range.
    private func addCandidates(
        _ existing: inout RowPages, before key: Key?, _ except: Set<Key>,
        _ excluded: inout RangeWalk
    ) throws {
        while let row = try existing.front() {
            let found = existing.block.key(of: row)
            if let key, found >= key { return }
            if except.contains(found) || excluded.contains(found) {
                beside = nil
            } else {
                addCandidate(found, passed: excluded.passed)
            }
            existing.advance()
        }
    }

    /// Between two rows of a run nothing may lie that another part of the commit could write to.
    private func addCandidate(_ key: Key, passed: Int) {
        let prefix = key.parentPrefix ?? key
        if beside == passed, candidates[candidates.count - 1].prefix == prefix {
            candidates[candidates.count - 1].range.upTo = key
            candidates[candidates.count - 1].rows += 1
        } else {
            candidates.append(RemovalRun(range: .key(key), rows: 1, prefix: prefix))
        }
        beside = passed
    }

    func delete(_ run: RemovalRun) throws {
        let statement = try store.ranged("DELETE FROM \(table.shape.name)", table, run.range)
        try statement.run()
        guard store.db.changesCount == run.rows else { throw notApplied() }
        counts.removed += run.rows
    }

    // MARK: Recounting

    /// Reads a range back and compares it with what was to be applied: a row that is not there
    /// byte for byte rolls the whole commit back.
    func verify(_ replace: Replace, excluding: [KeyRange], held: HeldRemovals) throws {
        let except = Set(replace.except)
        var pages = RowPages(store, table, replace.range)
        var ourWalk = RangeWalk(excluding, after: replace.range.after)
        var theirWalk = ourWalk
        func isJudged(_ key: Key, _ walk: inout RangeWalk) -> Bool {
            !walk.contains(key) && !except.contains(key) && held.covering(key) == nil
        }
        func nextOfOurs() throws -> RowBlock.Span? {
            while let row = try pages.front() {
                if isJudged(pages.block.key(of: row), &ourWalk) { return row }
                pages.advance()
            }
            return nil
        }
        var reader = WireReader(replace.rows)
        for _ in 0..<replace.rowCount {
            let span = try table.skip(&reader)
            let key = Key(bytes: Array(reader.bytes[span.start..<span.keyEnd]))
            guard isJudged(key, &theirWalk) else { continue }
            guard let row = try nextOfOurs(),
                pages.block.bytes[row.start..<row.canonicalEnd]
                    == reader.bytes[span.start..<span.canonicalEnd]
            else { throw notApplied() }
            pages.advance()
        }
        guard try nextOfOurs() == nil else { throw notApplied() }
    }

    private func notApplied() -> SyncError {
        SyncError(
            "recount",
            "OneClick recounted \(table.shape.name) after applying and found something else than was "
                + "sent; the whole commit was taken back.",
            hint: "Run the synchronisation again; if this stays, keep this message for support.")
    }
}
