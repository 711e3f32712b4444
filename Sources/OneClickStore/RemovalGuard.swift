import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// When the removals of one commit are too many to go without a person's word.
public struct RemovalLimits: Hashable, Sendable {
    /// Held if more than this many rows ...
    public var rows = 50
    /// ... and more than this percentage of the table go within a day,
    public var percent = 10
    /// or more than half of a table of at least this many rows.
    public var halfOfRows = 5

    public init() {}

    /// - Parameters:
    ///   - removals: of this commit, of the last 24 hours, and those still held.
    ///   - base: rows before the commit, plus those removed in the last 24 hours.
    ///   - leavesEmpty: whether no row of the table would be left.
    func hold(removals: Int, base: Int, leavesEmpty: Bool) -> Bool {
        leavesEmpty || (removals > rows && removals * 100 > base * percent)
            || (base >= halfOfRows && removals * 2 > base)
    }
}

/// Decides inside the commit which removals go and which wait for an answer.
///
/// Counted are removals applied in the last 24 hours, those still held, and those of this commit:
/// many small steps are one large one. What hangs on a removed parent counts once, at the parent,
/// and shares its fate, also when it comes in a later commit.
final class RemovalGuard {
    private let store: PracticeStore
    private let now: Timestamp
    private let limits: [TableName: RemovalLimits]
    /// What is held or kept, as the commit goes on.
    private(set) var held: [TableName: HeldRemovals]

    init(_ store: PracticeStore, limits: [TableName: RemovalLimits], now: Timestamp) throws {
        self.store = store
        self.limits = limits
        self.now = now
        held = try store.heldRemovals()
    }

    /// What becomes of one row that Central has no more.
    private enum Fate {
        /// It goes with its parent, or a person approved it.
        case goes
        case stays
        /// It shares the fate of a parent that is held or kept.
        case sharesHold(HeldRemoval)
        /// It counts for itself.
        case counts
    }

    /// Decides one table. The rows of its parent that go are gone already: tables are decided and
    /// carried out one after the other, parents first.
    ///
    /// - Returns: the keys to remove now.
    func decide(_ applier: RangeApplier, refused: [RowException], rowsBefore: Int) throws -> [Key] {
        let table = applier.table.shape.name
        try endSharedHolds(table)
        try endHolds(table, of: applier.arrived.union(refused.map(\.key)))
        var going: [Key] = []
        var counted: [Key] = []
        var fates: [KeyValue: Fate] = [:]
        for key in applier.candidates {
            switch try fate(of: key, applier.table, &fates) {
            case .goes: going.append(key)
            case .counts: counted.append(key)
            case .stays: break
            case .sharesHold(let parent): try shareHold(key, table, parent)
            }
        }
        if try mustHold(counted, going, applier, rowsBefore: rowsBefore) {
            for key in counted { try hold(key, table) }
        } else {
            going += counted
            try remember(table, counted.count)
        }
        try endHolds(table, of: Set(going))
        try endHoldsOfNothing(applier.table, besides: Set(going))
        return going
    }

    private func mustHold(
        _ counted: [Key], _ going: [Key], _ applier: RangeApplier, rowsBefore: Int
    ) throws -> Bool {
        guard !counted.isEmpty else { return false }
        let table = applier.table.shape.name
        let recent = try recentRemovals(table)
        let waiting = held[table]?.byKey.values.count {
            $0.exception.kind == .held && $0.exception.origin == nil
        }
        let left = rowsBefore + applier.counts.added - going.count - counted.count
        return (limits[table] ?? RemovalLimits()).hold(
            removals: counted.count + recent + (waiting ?? 0), base: rowsBefore + recent,
            leavesEmpty: left == 0 && rowsBefore > 0)
    }

    // MARK: Fate

    private func fate(
        of key: Key, _ table: TypedTable, _ known: inout [KeyValue: Fate]
    ) throws -> Fate {
        if let removal = held[table.shape.name]?.covering(key) {
            return try isApproved(removal, table) ? .goes : .stays
        }
        guard let parent = table.shape.parent, let reference = key.values?.first else {
            return .counts
        }
        if let fate = known[reference] { return fate }
        let fate = try fate(ofChildrenOf: reference, parent)
        known[reference] = fate
        return fate
    }

    private func fate(ofChildrenOf reference: KeyValue, _ link: ParentLink) throws -> Fate {
        let parents = try parents(reference, link)
        let holding = parents.compactMap { held[link.table]?.covering($0) }
        if !parents.isEmpty {
            return holding.count == parents.count ? .sharesHold(holding[0]) : .counts
        }
        // No parent is left. If none was ever synchronised, none was removed.
        guard try store.checkpoints()[link.table] != nil else { return .counts }
        // One that is refused was never there, or is there in Central still.
        let refused = try store.exceptions(
            "table_name = ? AND kind = 'refused'", [link.table.rawValue])
        let isRefused = refused.contains { $0.exception.key.values?.contains(reference) == true }
        return isRefused ? .counts : .goes
    }

    /// Keys of the parents that OneClick holds for a child's reference.
    private func parents(_ reference: KeyValue, _ link: ParentLink) throws -> [Key] {
        let parent = TypedTable(try store.shape(link.table))
        let row = try store.statements[
            "SELECT \(parent.keyColumns.joined(separator: ", ")) FROM \(link.table) "
                + "WHERE practice_id = ?1 AND \(link.parentColumn) = ?2"]
        row.bind(1, store.id.rawValue)
        row.bind(2, reference)
        defer { row.reset() }
        var keys: [Key] = []
        while try row.step() {
            let values = (0..<Int32(parent.shape.keyCount)).map { index in
                row.storageClass(index) == .integer
                    ? KeyValue.integer(row.integer(index)) : .text(row.text(index))
            }
            keys.append(Key(values))
        }
        return keys
    }

    /// An approval covers a removal and the row that it was given for. What shares a parent's hold
    /// is answered with the parent, whose hold has then ended before this table is decided.
    private func isApproved(_ removal: HeldRemoval, _ table: TypedTable) throws -> Bool {
        guard removal.exception.kind == .held, removal.exception.origin == nil else { return false }
        let digest = try store.rowDigest(table, removal.exception.key)
        return removal.isApproved(digest: digest, now: now)
    }

    // MARK: Holding and ending

    private func hold(_ key: Key, _ table: TableName) throws {
        try add(
            RowException(
                table: table, key: key, kind: .held, code: "held",
                message: "\(table) \(key) is gone from Central, with so many others that its "
                    + "removal waits for an answer.",
                hint:
                    "Look at the held removals (`syncworker held`) and approve them, or keep the rows.",
                since: now))
    }

    private func shareHold(_ key: Key, _ table: TableName, _ parent: HeldRemoval) throws {
        let root = parent.exception
        let origin = root.origin ?? .init(table: root.table, key: root.key)
        let prefix = Key(Array((key.values ?? []).prefix(1)))
        guard held[table]?.byKey[prefix] == nil else { return }
        try add(
            RowException(
                table: table, key: prefix, kind: root.kind, code: "held_with_parent",
                message: "What hangs on \(origin.table) \(origin.key) in \(table) shares its fate.",
                hint: "Answer the removal of \(origin.table) \(origin.key).", since: now,
                origin: origin))
    }

    private func add(_ exception: RowException) throws {
        try store.insert(exception, now: now)
        held[exception.table, default: HeldRemovals()].add(HeldRemoval(exception: exception))
    }

    /// Ends the holds of rows that returned, or went.
    private func endHolds(_ table: TableName, of keys: Set<Key>) throws {
        guard let removals = held[table], !removals.isEmpty else { return }
        for key in keys.sorted() {
            guard let removal = removals.covering(key) else { continue }
            try end(removal.exception)
        }
    }

    /// What shared the fate of a parent stays an exception until its own table is committed: until
    /// then nobody has looked again at the rows that it covers.
    private func endSharedHolds(_ table: TableName) throws {
        for removal in held[table]?.byKey.values.map(\.exception) ?? [] {
            guard let origin = removal.origin,
                held[origin.table]?.byKey[origin.key] == nil
            else { continue }
            try end(removal)
        }
    }

    private func end(_ exception: RowException) throws {
        try store.deleteException(exception)
        held[exception.table]?.remove(exception.key)
    }

    /// A hold over rows that OneClick has no more is over.
    private func endHoldsOfNothing(_ table: TypedTable, besides going: Set<Key>) throws {
        for removal in held[table.shape.name]?.byKey.values.map(\.exception) ?? [] {
            let range = KeyRange.path(removal.key, keyCount: table.shape.keyCount)
            let block = try store.block(table, range)
            let left = block.rows.contains { !going.contains(block.key(of: $0)) }
            if !left { try end(removal) }
        }
    }

    // MARK: Memory

    private func recentRemovals(_ table: TableName) throws -> Int {
        try Int.fetchOne(
            store.db,
            sql: """
                SELECT coalesce(sum(row_count), 0) FROM removals
                WHERE practice_id = ? AND table_name = ? AND removed_at > ?
                """,
            arguments: [store.id.rawValue, table.rawValue, (now + .seconds(-86_400)).sql]) ?? 0
    }

    private func remember(_ table: TableName, _ count: Int) throws {
        guard count > 0 else { return }
        try store.db.execute(
            sql: """
                INSERT INTO removals (practice_id, table_name, removed_at, row_count)
                VALUES (?, ?, ?, ?)
                """, arguments: [store.id.rawValue, table.rawValue, now.sql, count])
        try store.db.execute(
            sql: "DELETE FROM removals WHERE practice_id = ? AND removed_at <= ?",
            arguments: [store.id.rawValue, (now + .seconds(-86_400)).sql])
    }
}

extension PracticeStore {
    /// The digest of one row as it is now; nil if OneClick has it not.
    func rowDigest(_ table: TypedTable, _ key: Key) throws -> [UInt8]? {
        let block = try block(table, .path(key, keyCount: table.shape.keyCount))
        return block.rows.first.map { block.digest(of: $0) }
    }
}
