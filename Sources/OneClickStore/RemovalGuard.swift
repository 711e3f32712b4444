import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// Decides inside the commit which removals go and which wait for an answer.
///
/// Counted are removals applied in the last 24 hours, those still held, and those of this commit:
/// many small steps are one large one. What hangs on a parent that goes counts once, at the parent,
/// and shares its fate: in the same commit, or in a later one where it waited with the parent.
/// Where all that hangs on one parent is held, it is one exception.
final class RemovalGuard {
    let store: PracticeStore
    let now: Timestamp
    private let limits: [TableName: RemovalLimits]
    /// What is held or kept, as the commit goes on.
    private(set) var held: [TableName: HeldRemovals] = [:]
    /// Removals that a person approved, of rows that are now what they were then. Settled before
    /// the commit writes anything.
    private var approved: [TableName: Set<Key>] = [:]
    private var refused: [TableName: Set<KeyValue>] = [:]
    private var refusedKeys: [TableName: Set<Key>] = [:]
    /// What this commit removes, by what its children name it.
    private var removed: [TableName: Set<KeyValue>] = [:]
    /// What children name whose parent was held: where it is not there any more, it was removed.
    private var shared: [TableName: Set<KeyValue>] = [:]
    /// The tables that this commit carries.
    private let carried: [TableName: TableCommit]

    init(
        _ store: PracticeStore, limits: [TableName: RemovalLimits],
        carried: [TableName: TableCommit], now: Timestamp
    ) throws {
        self.store = store
        self.limits = limits
        self.carried = carried
        self.now = now
        // A table's removals are judged by what they hang on, or are needed by, down to the root.
        let concerned = store.shapes.closure(of: Set(carried.keys))
        for shape in store.shapes.tables where concerned.contains(shape.name) {
            let removals = try store.heldRemovals(of: shape.name)
            held[shape.name] = removals
            approved[shape.name] = try approvals(TypedTable(shape), removals)
        }
    }

    private func approvals(_ table: TypedTable, _ removals: HeldRemovals) throws -> Set<Key> {
        var approvals: Set<Key> = []
        for (key, removal) in removals.byKey {
            guard let digest = removal.approvedDigest, let until = removal.approvedUntil,
                until > now, removal.exception.kind == .held, removal.exception.origin == nil,
                try store.digest(table, .path(key, keyCount: table.shape.keyCount)) == digest
            else { continue }
            approvals.insert(key)
        }
        return approvals
    }

    /// What becomes of rows that Central has no more.
    private enum Fate {
        /// They go with their parent, or a person approved it.
        case goes
        case stays
        /// They stay as long as what they hang on, or what needs them.
        case staysWith(Root)
        /// They were part of a hold that ended for other rows of it only.
        case staysHeld(RowException)
        /// They count for themselves.
        case counts
    }

    /// Why rows stay that are gone from Central and do not count for themselves.
    private struct Root {
        var origin: RowException.Origin
        var kind: RowException.Kind
        var code: String

        /// - Parameter hold: of the parent, or of what needs them.
        init(_ hold: RowException) {
            origin = hold.origin ?? .init(table: hold.table, key: hold.key)
            kind = hold.kind
            code = hold.origin == nil ? "held_with_parent" : hold.code
        }

        /// - Parameter refused: a row that needs them, in an older version.
        init(refused key: Key, of table: TableName) {
            origin = .init(table: table, key: key)
            kind = .held
            code = RowException.neededCode
        }
    }

    /// As what rows stay.
    private struct Hold {
        var kind = RowException.Kind.held
        var code = "held"
        var origin: RowException.Origin?
        var since: Timestamp

        init(since: Timestamp) { self.since = since }

        /// - Parameter before: the hold that they were part of.
        init(_ before: RowException) {
            kind = before.kind
            since = before.since ?? Timestamp(microsecondsSince1970: 0)
        }

        init(_ root: Root, since: Timestamp) {
            kind = root.kind
            code = root.code
            origin = root.origin
            self.since = since
        }
    }

    /// Decides one table. The rows of its parent that go are gone already: tables are decided and
    /// carried out one after the other, parents first.
    ///
    /// - Returns: the rows to remove now.
    func decide(
        _ applier: RangeApplier, refused: [RowException], rowsBefore: Int
    ) throws -> [RemovalRun] {
        let table = applier.table
        let name = table.shape.name
        try endSharedHolds(table)
        let torn = try endHolds(
            name, of: applier.arrived.union(try came(refused.map(\.key), table)))
        var going: [RemovalRun] = []
        var counted: [RemovalRun] = []
        var staying: [(run: RemovalRun, as: Hold)] = []
        var fates: [Key: Fate] = [:]
        for run in applier.candidates {
            for (part, fate) in try self.fates(of: run, table, torn, &fates) {
                switch fate {
                case .goes: going.append(part)
                case .counts: counted.append(part)
                case .stays: break
                case .staysHeld(let hold): staying.append((part, Hold(hold)))
                case .staysWith(let root): staying.append((part, Hold(root, since: now)))
                }
            }
        }
        let waiting = staying.filter { $0.as.kind == .held && $0.as.origin == nil }.map(\.run)
        if try mustHold(counted, waiting, going, applier, rowsBefore: rowsBefore) {
            staying += counted.map { ($0, Hold(since: now)) }
        } else {
            going += counted
            try remember(name, counted.rows)
        }
        for (prefix, parts) in Dictionary(grouping: staying, by: \.run.prefix) {
            // What was held already says how.
            let hold = parts.map(\.as).min { $0.since < $1.since } ?? Hold(since: now)
            try self.hold(parts.map(\.run), below: prefix, table, as: hold)
        }
        try note(going, table)
        return going
    }

    /// Notes by what their children name the rows that go.
    private func note(_ going: [RemovalRun], _ table: TypedTable) throws {
        let name = table.shape.name
        let links = store.shapes.tables.compactMap(\.parent).filter { $0.table == name }
        let indices = Set(links.compactMap { table.shape.index(of: $0.parentColumn) })
            .filter { $0 < table.shape.keyCount }
        for run in going where !indices.isEmpty {
            try store.forEachRow(table, run.range) { block, row in
                let values = block.key(of: row).values ?? []
                removed[name, default: []].formUnion(indices.map { values[$0] })
            }
        }
    }

    private func mustHold(
        _ counted: [RemovalRun], _ waiting: [RemovalRun], _ going: [RemovalRun],
        _ applier: RangeApplier, rowsBefore: Int
    ) throws -> Bool {
        guard !counted.isEmpty else { return false }
        let table = applier.table.shape.name
        let recent = try recentRemovals(table)
        let held = held[table]?.byKey.values.map(\.exception).filter {
            $0.kind == .held && $0.origin == nil
        }
        let waiting = waiting.rows + (held ?? []).reduce(0) { $0 + $1.rows }
        let left = rowsBefore + applier.counts.added - going.rows - counted.rows
        return (limits[table] ?? RemovalLimits()).hold(
            removals: counted.rows + recent + waiting, base: rowsBefore + recent,
            leavesEmpty: left == 0 && rowsBefore > 0)
    }

    // MARK: Fate

    /// The parts of a run that do not share one fate: rows that are held each for itself, and those
    /// between them.
    private func fates(
        of run: RemovalRun, _ table: TypedTable, _ torn: [Key: RowException],
        _ known: inout [Key: Fate]
    ) throws -> [(RemovalRun, Fate)] {
        let name = table.shape.name
        var fate = try known[run.prefix] ?? fate(below: run.prefix, table)
        known[run.prefix] = fate
        // With its parent goes whatever was held or kept of it.
        if case .goes = fate { return [(run, .goes)] }
        if let removal = held[name]?.byKey[run.prefix]?.exception ?? torn[run.prefix] {
            if approved[name]?.contains(removal.key) == true { return [(run, .goes)] }
            fate = torn[run.prefix].map(Fate.staysHeld) ?? .stays
        }
        let single = held[name]?.keys(below: run.prefix).filter(run.range.contains) ?? []
        if single.isEmpty { return [(run, fate)] }
        var parts: [(RemovalRun, Fate)] = []
        var after = run.range.after
        for key in single {
            let mine = KeyRange.key(key)
            parts += try part(of: run, KeyRange(after: after, upTo: mine.after), table, fate)
            let isApproved = approved[name]?.contains(key) == true
            parts += try part(of: run, mine, table, isApproved ? .goes : .stays)
            after = key
        }
        return try parts + part(of: run, KeyRange(after: after, upTo: run.range.upTo), table, fate)
    }

    /// None where OneClick has no row in the range.
    private func part(
        of run: RemovalRun, _ range: KeyRange, _ table: TypedTable, _ fate: Fate
    ) throws -> [(RemovalRun, Fate)] {
        let rows = range.isEmpty ? 0 : try store.count(table, range)
        return rows == 0 ? [] : [(RemovalRun(range: range, rows: rows, prefix: run.prefix), fate)]
    }

    /// As far as it is settled by what the rows hang on, or by what needs them.
    private func fate(below prefix: Key, _ table: TypedTable) throws -> Fate {
        guard let reference = prefix.values?.first else { return .counts }
        if let link = table.shape.neededBy {
            let needing = try store.keys(reference, link)
            if let hold = holds(over: needing, link.table).first {
                return .staysWith(Root(hold.exception))
            }
            if let older = try refusedKey(of: needing, link.table) {
                return .staysWith(Root(refused: older, of: link.table))
            }
        }
        guard let link = table.shape.parent else { return .counts }
        let parents = try store.keys(reference, link)
        let holding = holds(over: parents, link.table)
        if !parents.isEmpty {
            return holding.count == parents.count
                ? .staysWith(Root(holding[0].exception)) : .counts
        }
        // No parent is left. One that a commit without this table removed cannot be told from one
        // that was refused and never came, unless it was held before; and one that is refused may
        // have moved.
        let isRemoved =
            removed[link.table]?.contains(reference) == true
            || shared[table.shape.name]?.contains(reference) == true
        guard isRemoved, let parents = carried[link.table],
            try !refusedReferences(link.table, parents.refused).contains(reference)
        else { return .counts }
        return .goes
    }

    private func holds(over keys: [Key], _ table: TableName) -> [HeldRemoval] {
        keys.compactMap { held[table]?.covering($0) }
    }

    /// The first of these rows that is refused now: OneClick has it in an older version.
    private func refusedKey(of keys: [Key], _ table: TableName) throws -> Key? {
        if keys.isEmpty { return nil }
        if refusedKeys[table] == nil {
            let now =
                try carried[table]?.refused
                ?? store.exceptions("table_name = ? AND kind = 'refused'", [table.rawValue])
                .map(\.exception)
            refusedKeys[table] = Set(now.map(\.key))
        }
        return keys.first { refusedKeys[table]?.contains($0) == true }
    }

    /// Of rows that are refused now, or were until now.
    private func refusedReferences(
        _ table: TableName, _ now: [RowException]
    ) throws -> Set<KeyValue> {
        if let known = refused[table] { return known }
        let before = try store.exceptions("table_name = ? AND kind = 'refused'", [table.rawValue])
        let found = before.map(\.exception) + now
        let values = Set(found.flatMap { $0.key.values ?? [] })
        refused[table] = values
        return values
    }

    // MARK: Holding

    /// One exception for all that hangs on one parent, where nothing else does; else one a row: an
    /// exception never covers a row that Central has.
    private func hold(
        _ runs: [RemovalRun], below prefix: Key, _ table: TypedTable, as hold: Hold
    ) throws {
        let range = KeyRange.path(prefix, keyCount: table.shape.keyCount)
        if runs.rows > 1 || hold.origin != nil, try store.count(table, range) == runs.rows {
            return try add(prefix, table.shape.name, hold, rows: runs.rows)
        }
        for run in runs {
            try store.forEachRow(table, run.range) { block, row in
                try add(block.key(of: row), table.shape.name, hold, rows: 1)
            }
        }
    }

    /// - Parameter rows: counted with the origin where there is one.
    private func add(_ key: Key, _ table: TableName, _ hold: Hold, rows: Int) throws {
        try add(
            RowException(
                table: table, key: key, kind: hold.kind, code: hold.code, message: "", hint: "",
                since: hold.since, origin: hold.origin, rows: hold.origin == nil ? rows : 0))
    }

    private func add(_ exception: RowException) throws {
        try store.insert(try store.worded(exception), now: now)
        held[exception.table, default: HeldRemovals()].add(HeldRemoval(exception: exception))
    }

    // MARK: Ending

    /// Rows under a hold that are refused have come back, if in a form that OneClick cannot take.
    private func came(_ refused: [Key], _ table: TypedTable) throws -> [Key] {
        guard let removals = held[table.shape.name], !removals.isEmpty else { return [] }
        return try refused.filter { key in
            guard removals.covering(key) != nil else { return false }
            return try store.count(table, .key(key)) > 0
        }
    }

    /// Ends the holds of rows that returned.
    ///
    /// - Returns: holds over a prefix of which some rows returned, by prefix: what of it is still
    ///   gone goes on to wait, whatever the limits say.
    private func endHolds(
        _ table: TableName, of keys: Set<Key>
    ) throws -> [Key: RowException] {
        guard let removals = held[table], !removals.isEmpty else { return [:] }
        var torn: [Key: RowException] = [:]
        for key in keys.sorted() {
            guard let removal = removals.covering(key)?.exception else { continue }
            try end(removal)
            if removal.key != key, removal.origin == nil { torn[removal.key] = removal }
        }
        return torn
    }

    /// What shared the fate of a parent stays an exception until its own table is committed: until
    /// then nobody has looked again at the rows that it covers.
    private func endSharedHolds(_ table: TypedTable) throws {
        for removal in held[table.shape.name]?.byKey.values.map(\.exception) ?? [] {
            guard let origin = removal.origin,
                held[origin.table]?.byKey[origin.key] == nil
            else { continue }
            // An origin that is refused is not held, and goes on to be one.
            if case .staysWith(let root) = try fate(below: removal.key, table),
                root.origin == origin
            {
                continue
            }
            if let reference = removal.key.values?.first {
                shared[removal.table, default: []].insert(reference)
            }
            try end(removal)
        }
    }

    /// Once the removals are carried out: a hold over rows that OneClick has no more is over.
    func endHoldsOfNothing(_ table: TypedTable) throws {
        for removal in held[table.shape.name]?.byKey.values.map(\.exception) ?? [] {
            let range = KeyRange.path(removal.key, keyCount: table.shape.keyCount)
            if try store.hasNoRow(table, range) { try end(removal) }
        }
    }

    private func end(_ exception: RowException) throws {
        try store.deleteException(exception)
        held[exception.table]?.remove(exception.key)
    }
}

extension Sequence<RemovalRun> {
    var rows: Int { reduce(0) { $0 + $1.rows } }
}
