import GRDB
import OneClickStore
import SyncEngine
import SyncModel
import SyncProtocol

/// Checks each commit of one practice against what Central was in its snapshot.
///
/// Used by the world's one thread only.
final class Invariants: @unchecked Sendable {
    let world: SimulatedWorld
    let oneClick: SimulatedOneClick
    let id: PracticeID
    let shapes: Shapes
    private let isCaptured: Bool
    var memory = KnownState()
    /// The last snapshot of each run, and what it may have shipped before.
    private var pins: [RunID: Pin] = [:]
    /// The snapshot that each mark stands for.
    private var marked: [Mark: Pin] = [:]
    /// The version that each restore of Central went back to.
    private var restoredTo: [Int] = []
    /// Every content that a key ever had in a snapshot.
    private var versions: [TableName: [Key: Set<UInt64>]] = [:]
    private(set) var receipts: [RunID: Receipt] = [:]
    private var purposes: [RunID: RunPurpose] = [:]
    /// How often OneClick had been restored when a run was committed.
    private var restoresBefore: [RunID: Int] = [:]

    init(_ id: PracticeID, world: SimulatedWorld, oneClick: SimulatedOneClick) {
        self.id = id
        self.world = world
        self.oneClick = oneClick
        shapes = oneClick.store.shapes
        isCaptured = world.knobs.flavour != .none
    }

    var generation: Int { restoredTo.count }

    // MARK: What happens

    func opened(_ request: SimulatedRequest, at place: String, _ purpose: RunPurpose) {
        memory.opened = request.run
        purposes[request.run] = purpose
        if place != "here" { violate("I10", "a copy at another place opened a run") }
        if memory.isContested { violate("I10", "one of two copies opened a run") }
        if let copy = request.copy, copy <= memory.lastLostCopy {
            violate("I10", "a copy that a person decided against opened a run")
        }
        if request.installation != memory.installation {
            violate("I10", "an installation that was replaced opened a run")
        }
    }

    func refused(_ error: SyncError) {
        if error.message.hasPrefix("Two copies") { memory.isContested = true }
    }

    /// A person said which of the copies is the right one.
    func decided(againstCopiesUpTo last: Int) {
        memory.isContested = false
        memory.lastLostCopy = last
    }

    func enrolled(_ installation: InstallationID) {
        memory.isContested = false
        memory.installation = installation
    }

    func marked(_ mark: Mark, of run: RunID?) { marked[mark] = run.flatMap { pins[$0] } }

    /// OneClick has taken something in.
    func wrote(_ run: RunID) {
        guard let purpose = purposes[run], purpose != .synchronise else { return }
        violate("I12", "a run that was only to report (\(purpose)) wrote to OneClick")
    }

    func staged(_ batch: Batch) {
        wrote(batch.run)
        if isCaptured, batch.mark.flatMap({ marked[$0] }) == nil {
            violate("I2", "rows of \(batch.table) left before their snapshot had a mark")
        }
        if let load = batch.load, let mark = batch.mark {
            memory.loads[load, default: []].insert(mark)
        }
    }

    func pinned(_ run: RunID, _ pin: Pin) {
        pins[run] = pin
        pins[run]?.isApproved = memory.isLineageApproved
        for (table, rows) in pin.expected.rows {
            for (key, hash) in rows { versions[table, default: [:]][key, default: []].insert(hash) }
        }
    }

    func restoredCentral(to version: Int) {
        restoredTo.append(version)
        // What a person said was said of the Central that the question was about.
        if version < memory.questionVersion { memory.isLineageApproved = false }
    }

    func now() throws -> Contents {
        try oneClick.store.inDatabase { try Contents(oneClick: $0, shapes, id) }
    }

    /// Somebody writes to OneClick's tables himself.
    func changeByHand() throws {
        let tables = shapes.tables.filter { $0.index(of: "name") != nil }
        guard memory.isFirstDone, !tables.isEmpty else { return }
        let table = world.pick(tables).name
        let before = try now()
        try oneClick.store.inDatabase { db in
            try db.execute(
                sql: "UPDATE \(table) SET name = 'By hand' WHERE practice_id = ? AND id % 2 = 0",
                arguments: [id.rawValue])
        }
        let after = try now()
        let changed = (after.rows[table] ?? [:]).filter { before.rows[table]?[$0.key] != $0.value }
        memory.changedByHand[table, default: []].formUnion(changed.keys)
        wasChangedByHand = true
        memory.contents = after
    }

    /// Whether rolling verification may find anything at all.
    private(set) var wasChangedByHand = false
    var isChangedByHand: Bool { memory.changedByHand.values.contains { !$0.isEmpty } }

    /// A row changed by hand that Central has, and that OneClick can take.
    func firstUnmended(_ expected: Contents) -> String? {
        for (table, keys) in memory.changedByHand.sorted(by: { $0.key < $1.key }) {
            let key = keys.filter { expected.rows[table]?[$0] != nil }.min()
            if let key { return "\(table) \(key)" }
        }
        return nil
    }

    // MARK: Between commits

    /// Nothing but a commit changes what readers see.
    func checkUntouched() {
        guard memory.isFirstDone, let now = try? now() else { return }
        for shape in shapes.tables where now.rows[shape.name] != memory.contents.rows[shape.name] {
            violate("I7", "\(shape.name) changed without a commit")
        }
    }

    // MARK: At a commit

    func committed(
        _ request: CommitRequest, _ run: RunID, _ receipt: Receipt, at time: Timestamp
    ) {
        // A OneClick that was restored since knows nothing of it and carries it out once more.
        guard memory.runs.insert(run).inserted else { return world.count(.repeatedCommits) }
        wrote(run)
        receipts[run] = receipt
        restoresBefore[run] = oneClick.restores
        guard request.lineageQuestion == nil else {
            world.count(.lineageBreaks)
            memory.questionVersion = pins[run]?.version ?? 0
            return checkUntouched()
        }
        world.count(.commits)
        guard let pin = pins[run], let after = try? now() else {
            return violate("I6", "a run committed that had pinned no snapshot")
        }
        world.note("commit", summary(receipt))
        if memory.opened != run { violate("I10", "a run committed after another was opened") }
        checkLineage(pin, request)
        for shape in shapes.tables {
            if request.tables[shape.name] == nil {
                // Nor does a first commit show what others have put in place.
                if after.rows[shape.name] ?? [:] != before(shape.name) {
                    violate("I6", "\(shape.name) was changed by a commit that did not carry it")
                }
            } else {
                check(shape, pin, after, request, receipt, at: time)
            }
        }
        checkGroup(receipt)
        memory.contents = after
        memory.isFirstDone = true
        memory.committed = pin
        take(receipt.exceptions)
        memory.isLineageApproved = false
        count(receipt)
    }

    /// For the trace: what became different, table by table.
    private func summary(_ receipt: Receipt) -> String {
        receipt.counts.sorted { $0.key < $1.key }.compactMap { table, counts in
            let changes = [counts.added, counts.changed, counts.removed]
            let waiting = [counts.held, counts.errors]
            if (changes + waiting).allSatisfy({ $0 == 0 }) { return nil }
            return "\(table) \(changes) waiting \(waiting)"
        }.joined(separator: ", ")
    }

    func before(_ table: TableName) -> [Key: UInt64] { memory.contents.rows[table] ?? [:] }

    private func count(_ receipt: Receipt) {
        world.count(.refusals, receipt.exceptions.count { $0.kind == .refused })
        world.count(.holds, receipt.exceptions.count { $0.kind == .held })
        world.count(.keeps, receipt.exceptions.count { $0.kind == .kept })
        world.count(.sharedFates, receipt.exceptions.count { $0.origin != nil })
    }

    /// A Central that lost what OneClick holds is not followed without a person's word.
    private func checkLineage(_ pin: Pin, _ request: CommitRequest) {
        guard isCaptured, !pin.isApproved else { return }
        if let before = memory.committed, isLost(before, at: pin) {
            violate("I2", "a Central that went back was followed without a person's word")
        }
        for (table, commit) in request.tables.sorted(by: { $0.key < $1.key }) {
            let marks = commit.load.flatMap { memory.loads[$0] } ?? []
            if marks.contains(where: { marked[$0].map { isLost($0, at: pin) } ?? false }) {
                violate("I2", "\(table) was loaded from a Central that went back since")
            }
        }
    }

    /// Whether Central was taken back behind that snapshot before this one.
    private func isLost(_ then: Pin, at pin: Pin) -> Bool {
        restoredTo[min(then.generation, pin.generation)..<pin.generation]
            .contains { $0 < then.version }
    }

    private func checkGroup(_ receipt: Receipt) {
        let positions = Set(shapes.commitGroup.compactMap { receipt.checkpoints[$0]?.position })
        if positions.count > 1 { violate("I11", "the tables of team security are from two times") }
    }

    private func check(
        _ shape: TableShape, _ pin: Pin, _ after: Contents, _ request: CommitRequest,
        _ receipt: Receipt, at time: Timestamp
    ) {
        let table = shape.name
        let ours = after.rows[table] ?? [:]
        let theirs = pin.expected.rows[table] ?? [:]
        let refused = pin.expected.refused[table] ?? []
        let exceptions = receipt.exceptions.filter { $0.table == table }
        let said = Set(exceptions.filter { $0.kind == .refused }.map(\.key))
        if said != refused {
            let wrong = said.symmetricDifference(refused).sorted()[0]
            violate("I1", "\(table) \(wrong) is refused on one side only")
        }
        let held = exceptions.filter { $0.kind != .refused }
        checkWaiting(table, held, refused, ours, receipt.counts[table])
        let keys = Set(ours.keys).union(theirs.keys).union(before(table).keys).union(refused)
        for key in keys.sorted() {
            check(table, key, ours[key], theirs[key], refused.contains(key), held)
        }
        checkCounts(shape, ours, receipt)
        if request.tables[table]?.load != nil { checkUnchanged(shape, pin, ours, receipt) }
        if memory.isFirstDone { checkGuard(shape, pin, after, receipt, at: time) }
    }

    private func check(
        _ table: TableName, _ key: Key, _ ours: UInt64?, _ theirs: UInt64?, _ isRefused: Bool,
        _ held: [RowException]
    ) {
        let before = before(table)[key]
        let hold = held.first { key.hasPrefix($0.key) }
        if ours == theirs { memory.changedByHand[table]?.remove(key) }
        if isRefused {
            // A first load may have brought an earlier content of it.
            let isKnown = ours.map { versions[table]?[key]?.contains($0) ?? false } ?? true
            if memory.isFirstDone ? ours != before : !isKnown {
                violate("I4", "\(table) \(key) is refused and was changed all the same")
            }
        } else if let theirs {
            if ours != theirs, memory.changedByHand[table]?.contains(key) != true {
                violate("I1", "\(table) \(key) is \(ours == nil ? "missing" : "different")")
            }
            if let hold {
                violate("I13", "\(table) \(key) is \(words(hold)) although Central has it")
            }
        } else if let ours {
            if hold == nil { violate("I3", "\(table) \(key) is left over") }
            if ours != before, memory.isFirstDone {
                violate("I4", "\(table) \(key) is held and was changed all the same")
            }
        }
    }

    private func words(_ exception: RowException) -> String {
        let origin = exception.origin.map { " with \($0.table) \($0.key)" } ?? ""
        return "\(exception.kind) by \(exception.key)\(origin)"
    }

    /// Counts shown are counts applied.
    private func checkCounts(
        _ shape: TableShape, _ after: [Key: UInt64], _ receipt: Receipt
    ) {
        let before = before(shape.name)
        guard memory.isFirstDone, let counts = receipt.counts[shape.name] else { return }
        let added = after.keys.count { before[$0] == nil }
        let changed = after.count { before[$0.key] != nil && before[$0.key] != $0.value }
        let removed = before.keys.count { after[$0] == nil }
        if counts.added != added || counts.changed != changed || counts.removed != removed {
            violate(
                "I12",
                "\(shape.name) says +\(counts.added) ~\(counts.changed) -\(counts.removed), "
                    + "did +\(added) ~\(changed) -\(removed)")
        }
        if receipt.rows[shape.name] != after.count {
            violate("I12", "\(shape.name) says it has \(receipt.rows[shape.name] ?? 0) rows")
        }
    }

    /// A full knows of every row whether it was equal.
    private func checkUnchanged(
        _ shape: TableShape, _ pin: Pin, _ after: [Key: UInt64], _ receipt: Receipt
    ) {
        guard memory.isFirstDone, let counts = receipt.counts[shape.name] else { return }
        let before = before(shape.name)
        let theirs = pin.expected.rows[shape.name] ?? [:]
        let unchanged = after.count { before[$0.key] == $0.value && theirs[$0.key] != nil }
        if counts.unchanged != unchanged {
            violate(
                "I12", "\(shape.name) says \(counts.unchanged) unchanged of \(unchanged)")
        }
    }

    /// What waits is counted as what it is.
    private func checkWaiting(
        _ table: TableName, _ held: [RowException], _ refused: Set<Key>, _ after: [Key: UInt64],
        _ counts: Counts?
    ) {
        var waiting = 0
        for hold in held where hold.origin == nil {
            let covered = after.keys.count { $0.hasPrefix(hold.key) }
            if hold.rows != covered {
                violate("I12", "\(table) \(hold.key) stands for \(hold.rows) of \(covered)")
            }
            if hold.kind == .held { waiting += covered }
        }
        guard let counts else { return }
        if counts.held != waiting || counts.errors != refused.count {
            violate(
                "I12",
                "\(table) says \(counts.held) held and \(counts.errors) refused, of \(waiting) and "
                    + "\(refused.count)")
        }
    }

    // MARK: At the end of a run

    /// No run is told that OneClick ended it which OneClick has committed.
    func checkNotDenied(_ record: RunRecord) {
        // After a week it may have been forgotten, and days pass quickly here.
        let isDenied = record.errors.contains { error in
            error.code == SyncError.Code.fenced.rawValue && !error.message.contains("forgotten")
        }
        guard isDenied, restoresBefore[record.id] == oneClick.restores
        else { return }
        violate("I7", "a run that was committed is said to be aborted")
    }

    /// A verification that found nothing was right.
    func checkVerified(_ run: RunID) {
        guard memory.isFirstDone, memory.opened == run, !isChangedByHand, let pin = pins[run],
            let now = try? now()
        else { return }
        for (table, theirs) in pin.expected.rows.sorted(by: { $0.key < $1.key }) {
            let ours = now.rows[table] ?? [:]
            let held = memory.held.filter { $0.table == table }
            for key in Set(ours.keys).union(theirs.keys).sorted() where ours[key] != theirs[key] {
                if theirs[key] == nil, held.contains(where: { key.hasPrefix($0.key) }) { continue }
                violate("I12", "a verification passed over \(table) \(key)")
            }
            if pin.expected.refused[table]?.isEmpty == false {
                violate("I12", "a verification passed over what is refused of \(table)")
            }
        }
    }

    // MARK: At rest

    /// Both sides are equal but for the exceptions, and each of those is one.
    func checkAtRest(_ expected: Contents, _ exceptions: [RowException]) {
        guard let now = try? now() else { return violate("I1", "OneClick cannot be read") }
        for shape in shapes.tables {
            let table = shape.name
            let held = exceptions.filter { $0.table == table && $0.kind != .refused }.map(\.key)
            let refused = expected.refused[table] ?? []
            let (ours, theirs) = (now.rows[table] ?? [:], expected.rows[table] ?? [:])
            for key in Set(ours.keys).union(theirs.keys).sorted() where ours[key] != theirs[key] {
                let isHeld = theirs[key] == nil && held.contains { key.hasPrefix($0) }
                if !isHeld, !refused.contains(key) {
                    violate("I1", "\(table) \(key) differs at rest")
                }
            }
            for path in held where !ours.keys.contains(where: { $0.hasPrefix(path) }) {
                violate("I13", "\(table) \(path) is held although OneClick has no row of it")
            }
        }
    }

    func violate(_ invariant: String, _ what: String) { world.violate(invariant, what) }
}
