import GRDB
import OneClickStore
import SyncModel
import SyncProtocol

// What becomes of rows that Central has no more: what may go, what waits, and until when.
extension Invariants {
    /// A person answered, at that time by OneClick's clock.
    func answered(_ request: AnswerRequest, at time: Timestamp) {
        let isApproved = request.answer == .approve
        guard let table = request.table else { return memory.isLineageApproved = isApproved }
        let keys = Set(request.keys ?? [])
        for key in keys {
            let until = time + .seconds(7 * 86_400)
            memory.approved[table, default: [:]][key] = isApproved ? until : nil
        }
        for index in memory.held.indices
        where memory.held[index].table == table && keys.contains(memory.held[index].key) {
            memory.held[index].kind = isApproved ? .held : .kept
        }
    }

    /// What a commit says that waits; an approval is over with what it was given for.
    func take(_ exceptions: [RowException]) {
        memory.held = exceptions.filter { $0.kind != .refused }
        for (table, approved) in memory.approved {
            let held = memory.held.filter { $0.table == table && $0.origin == nil }.map(\.key)
            memory.approved[table] = approved.filter { held.contains($0.key) }
        }
    }

    func checkGuard(
        _ shape: TableShape, _ pin: Pin, _ after: Contents, _ receipt: Receipt, at time: Timestamp
    ) {
        let table = shape.name
        let before = before(table)
        let now = after.rows[table] ?? [:]
        let approved = (memory.approved[table] ?? [:]).filter { $0.value > time }.keys
        let counted = before.keys.filter { key in
            now[key] == nil && !approved.contains { key.hasPrefix($0) }
                && !wentWithParent(key, shape, after)
        }.sorted()
        checkHolds(shape, pin, counted, now, receipt)
        guard !counted.isEmpty else { return }
        if let key = counted.first(where: { isBelowHold($0, shape, after, receipt) }) {
            violate("I9", "\(table) \(key) went although what it hangs on is held")
        }
        if let key = counted.first(where: { isNeeded($0, shape, receipt) }) {
            violate("I9", "\(table) \(key) went although what OneClick keeps needs it")
        }
        let day = Duration.seconds(86_400)
        let recent = memory.removals.filter { $0.table == table && $0.at + day > time }
            .reduce(0) { $0 + $1.rows }
        memory.removals.append((table, counted.count, time))
        let held = receipt.exceptions
            .filter { $0.table == table && $0.kind == .held && $0.origin == nil }
            .reduce(0) { $0 + $1.rows }
        let (removals, base) = (counted.count + recent + held, before.count + recent)
        let limits = world.knobs.limits[table] ?? RemovalLimits()
        let isMuch = removals > limits.rows && removals * 100 > base * limits.percent
        let isHalf = base >= limits.halfOfRows && removals * 2 > base
        if isMuch || isHalf || now.isEmpty {
            violate(
                "I9", "\(removals) of \(base) rows of \(table) went without a person's word")
        }
    }

    /// What is held or kept ends by a person's word, with its parent, or when it returns.
    private func checkHolds(
        _ shape: TableShape, _ pin: Pin, _ gone: [Key], _ now: [Key: UInt64], _ receipt: Receipt
    ) {
        let table = shape.name
        let kept = receipt.exceptions.filter { $0.table == table && $0.kind == .kept }
        for hold in memory.held where hold.table == table && hold.origin == nil {
            if let key = gone.first(where: { $0.hasPrefix(hold.key) }) {
                violate("I9", "\(table) \(key) was \(hold.kind) and went all the same")
            }
            guard hold.kind == .kept else { continue }
            let forgotten = now.keys.filter { key in
                key.hasPrefix(hold.key) && pin.expected.rows[table]?[key] == nil
                    && pin.expected.refused[table]?.contains(key) != true
                    && !kept.contains { key.hasPrefix($0.key) }
            }
            if let key = forgotten.min() { violate("I9", "\(table) \(key) is kept no more") }
        }
    }

    /// In one commit; or in a later one, where both were held.
    private func wentWithParent(_ key: Key, _ shape: TableShape, _ after: Contents) -> Bool {
        guard shape.parent != nil, parents(of: key, shape, after).isEmpty else { return false }
        return !parents(of: key, shape, memory.contents).isEmpty
            || memory.held.contains {
                $0.table == shape.name && $0.origin != nil
                    && $0.key.values?.first == key.values?.first
            }
    }

    private func parents(of key: Key, _ shape: TableShape, _ after: Contents) -> [Key] {
        guard let link = shape.parent, let parent = shapes[link.table],
            let index = parent.index(of: link.parentColumn), let value = key.values?.first
        else { return [] }
        return (after.rows[link.table] ?? [:]).keys.filter { $0.values?[index] == value }
    }

    private func isBelowHold(
        _ key: Key, _ shape: TableShape, _ after: Contents, _ receipt: Receipt
    ) -> Bool {
        let held = receipt.exceptions.filter {
            $0.table == shape.parent?.table && $0.kind != .refused
        }
        let parents = parents(of: key, shape, after)
        return !parents.isEmpty
            && parents.allSatisfy { parent in held.contains { parent.hasPrefix($0.key) } }
    }

    /// Whether a row that OneClick has and Central has not, or not so, cannot do without it.
    private func isNeeded(_ key: Key, _ shape: TableShape, _ receipt: Receipt) -> Bool {
        guard let link = shape.neededBy, let needing = shapes[link.table],
            case .integer(let value)? = key.values?.first
        else { return false }
        let columns = needing.key.map(\.name).joined(separator: ", ")
        let found = try? oneClick.store.inDatabase { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT \(columns) FROM \(link.table)
                        WHERE practice_id = ? AND \(link.parentColumn) = ?
                        """), arguments: [id.rawValue, value])
        }
        let exceptions = receipt.exceptions.filter { $0.table == link.table }
        return (found ?? []).contains { row in
            let key = Contents.key(of: Array(row.databaseValues)[...], needing)
            return exceptions.contains { key.hasPrefix($0.key) }
        }
    }
}
