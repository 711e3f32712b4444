import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// Applies Replaces to one typed table: writes what is new or different at once, and collects what
/// would go for the guard to decide.
final class RangeApplier {
    let store: PracticeStore
    let table: TypedTable
    private(set) var counts = Counts()
    /// Keys that OneClick holds in the ranges and that Central has no more, in order of arrival.
    private(set) var candidates: [Key] = []
    /// Keys that came with a row: a held removal of one of them has ended.
    private(set) var arrived: Set<Key> = []
    /// Only where removals are held does it matter which keys arrived.
    var notesArrivals = false

    init(_ store: PracticeStore, _ table: TypedTable) {
        self.store = store
        self.table = table
    }

    /// - Parameter excluding: disjoint ranges in ascending order that a later part of the same
    ///   commit replaces: what lies in them is left to that part.
    func apply(_ replace: Replace, excluding: [KeyRange]) throws {
        let existing = try store.block(table, replace.range)
        let except = Set(replace.except)
        let excluding = excluding.filter { $0.overlaps(replace.range) }
        let write = try store.statements[table.replaceSQL]
        var reader = WireReader(replace.rows)
        var last = replace.range.after
        var next = 0
        for _ in 0..<replace.rowCount {
            let span = try table.bind(next: &reader, to: write, practice: store.id)
            let key = Key(bytes: Array(reader.bytes[span.start..<span.keyEnd]))
            guard last < key, replace.range.contains(key), !except.contains(key) else {
                throw WireReader.malformed("has rows out of order or outside their range")
            }
            last = key
            while next < existing.count, existing.key(of: existing.rows[next]) < key {
                addCandidate(existing, next, except, excluding)
                next += 1
            }
            let isSame = next < existing.count && existing.key(of: existing.rows[next]) == key
            if !excluding.contains(where: { $0.contains(key) }) {
                try put(write, key, reader, span, isSame ? existing : nil, next)
            }
            if isSame { next += 1 }
        }
        guard reader.isAtEnd else { throw WireReader.malformed("has more rows than it says") }
        for index in next..<max(next, existing.count) {
            addCandidate(existing, index, except, excluding)
        }
    }

    private func put(
        _ write: SQLStatement, _ key: Key, _ reader: WireReader, _ span: RowBlock.Span,
        _ existing: RowBlock?, _ index: Int
    ) throws {
        if notesArrivals { arrived.insert(key) }
        guard let existing else {
            counts.added += 1
            return try write.run()
        }
        let row = existing.rows[index]

        if existing.bytes[row.start..<row.canonicalEnd]
            == reader.bytes[span.start..<span.canonicalEnd]
        {
            counts.unchanged += 1
        } else {
            counts.changed += 1
            try write.run()
        }
    }

    private func addCandidate(
        _ existing: RowBlock, _ index: Int, _ except: Set<Key>, _ excluding: [KeyRange]
    ) {
        let key = existing.key(of: existing.rows[index])
        guard !except.contains(key), !excluding.contains(where: { $0.contains(key) }) else {
            return
        }
        candidates.append(key)
    }

    func delete(_ key: Key) throws {
        let statement = try store.statements[table.deleteSQL]
        statement.bind(1, store.id.rawValue)
        for (index, value) in (key.values ?? []).enumerated() {
            statement.bind(Int32(index + 2), value)
        }
        try statement.run()
        counts.removed += 1
    }

    /// Reads a range back and compares it with what was to be applied: a row that is not there
    /// byte for byte rolls the whole commit back.
    func verify(_ replace: Replace, excluding: [KeyRange], held: HeldRemovals) throws {
        let except = Set(replace.except)
        let excluding = excluding.filter { $0.overlaps(replace.range) }
        let now = try store.block(table, replace.range)
        func counts(_ key: Key) -> Bool {
            !excluding.contains { $0.contains(key) } && !except.contains(key)
                && held.covering(key) == nil
        }
        let isPlain = excluding.isEmpty && except.isEmpty && held.isEmpty
        let found = isPlain ? now.rows[...] : now.rows.filter { counts(now.key(of: $0)) }[...]
        var rest = found
        var reader = WireReader(replace.rows)
        for _ in 0..<replace.rowCount {
            let span = try table.skip(&reader)
            if !isPlain {
                let key = Key(bytes: Array(reader.bytes[span.start..<span.keyEnd]))
                if !counts(key) { continue }
            }
            guard let row = rest.popFirst(),
                now.bytes[row.start..<row.canonicalEnd]
                    == reader.bytes[span.start..<span.canonicalEnd]
            else { throw notApplied() }
        }
        guard rest.isEmpty else { throw notApplied() }
    }

    private func notApplied() -> SyncError {
        SyncError(
            "recount",
            "OneClick recounted \(table.shape.name) after applying and found something else than was "
                + "sent; the whole commit was taken back.",
            hint: "Run the synchronisation again; if this stays, keep this message for support.")
    }
}

extension TypedTable {
    /// Where the next row of a frame lies.
    func skip(_ reader: inout WireReader) throws -> RowBlock.Span {
        var span = RowBlock.Span(start: reader.position, keyEnd: 0, canonicalEnd: 0, end: 0)
        for column in shape.key { _ = try reader.keyValue(column.type) }
        span.keyEnd = reader.position
        var sealed = 0
        for column in shape.values {
            if case .sealed = try reader.value(column) { sealed += 1 }
        }
        span.canonicalEnd = reader.position
        for _ in 0..<sealed { _ = try reader.blockBounds() }
        span.end = reader.position
        return span
    }
}
