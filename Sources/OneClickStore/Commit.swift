import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// The commit: one transaction under the practice's lock, a synchronous function over one
/// connection.
///
/// It checks fence, version, batch numbers and tiling; applies; lets the guard decide what goes;
/// recounts what it applied from the typed columns; moves checkpoints, exceptions and outcome.
/// Anything that does not hold throws, and the transaction takes everything back.
struct Commit {
    let store: PracticeStore
    let request: CommitRequest
    let run: RunID
    let limits: [TableName: RemovalLimits]
    let now: Timestamp

    /// Batches of one table, those of its load first.
    private struct Work {
        var shape: TableShape
        var commit: TableCommit
        var isInPlace: Bool
        /// Ranges of the closing change run: the load leaves them alone.
        var closingRanges: [KeyRange]
    }

    func execute() throws -> Receipt {
        let state = try store.state()
        guard state.version == request.version else { throw moved }
        if let question = request.lineageQuestion { return try ask(question, state) }
        try checkNumbers()
        try checkGroup()
        let works = try works()
        let counts = try apply(works, isFirst: state.version == 0)
        return try finish(works, counts, state)
    }

    private var moved: SyncError {
        SyncError(
            .moved, "OneClick moved on between this synchronisation's plan and its commit.",
            hint: "Nothing was applied; the next synchronisation starts from where it is now.")
    }

    // MARK: Checks

    /// Batches 1 to n, each once.
    private func checkNumbers() throws {
        let row = try Row.fetchOne(
            store.db,
            cached: """
                SELECT count(*) AS batches, coalesce(max(number), 0) AS last FROM staged_batches
                WHERE practice_id = ? AND run_id = ?
                """, arguments: [store.id.rawValue, run.rawValue])
        guard row?["batches"] == request.batches, row?["last"] == request.batches else {
            throw SyncError(
                "batches",
                "OneClick has not taken in batches 1 to \(request.batches) of this "
                    + "synchronisation: it has \(row?["batches"] ?? 0), the last is number "
                    + "\(row?["last"] ?? 0).",
                hint: "Nothing was applied; run the synchronisation again.")
        }
    }

    /// The tables of team security are applied together or not at all.
    private func checkGroup() throws {
        let group = store.shapes.commitGroup
        let named = group.filter { request.tables[$0] != nil }
        guard named.isEmpty || named.count == group.count else {
            throw WireReader.malformed(
                "commits \(named.map(\.rawValue).joined(separator: ", ")) without the rest of its "
                    + "commit group")
        }
    }

    private func works() throws -> [Work] {
        for table in request.tables.keys { _ = try store.shape(table) }
        return try store.shapes.tables.compactMap { shape in
            guard let commit = request.tables[shape.name] else { return nil }
            var ranges: [KeyRange] = []
            try forEachClosingBatch(shape) { ranges += $0.replaces.map(\.range) }
            if let overlap = Tiling.overlap(in: ranges) {
                throw WireReader.malformed(
                    "replaces \(shape.name) \(overlap.after)... twice in one synchronisation")
            }
            try checkLoad(shape, commit)
            return Work(
                shape: shape, commit: commit, isInPlace: try store.isInPlace(shape.name),
                closingRanges: ranges.sorted { $0.after < $1.after })
        }
    }

    /// The tiles of a load cover every key exactly once.
    private func checkLoad(_ shape: TableShape, _ commit: TableCommit) throws {
        let load = try store.load(shape.name)
        guard load?.id == commit.load else {
            throw WireReader.malformed("ends another load of \(shape.name) than the one under way")
        }
        guard let load else { return }
        guard Tiling.isWhole(try store.tiles(of: load.id)) else {
            throw WireReader.malformed("ends a load of \(shape.name) that does not cover all keys")
        }
    }

    private func forEachClosingBatch(
        _ shape: TableShape, _ body: (Batch) throws -> Void
    ) throws {
        try forEachBatch(
            "run_id = ? AND load_id IS NULL AND table_name = ?",
            [run.rawValue, shape.name.rawValue], body)
    }

    private func forEachLoadBatch(_ work: Work, _ body: (Batch) throws -> Void) throws {
        guard let load = work.commit.load, !work.isInPlace else { return }
        try forEachBatch("load_id = ?", [load.rawValue], body)
    }

    /// One batch at a time: all of them may be more than memory holds.
    private func forEachBatch(
        _ condition: String, _ arguments: StatementArguments, _ body: (Batch) throws -> Void
    ) throws {
        let names = try Row.fetchAll(
            store.db,
            cached: """
                SELECT run_id, number FROM staged_batches
                WHERE practice_id = ? AND frame IS NOT NULL AND \(condition)
                ORDER BY run_id, number
                """, arguments: [store.id.rawValue] + arguments)
        for name in names {
            let row = try Row.fetchOne(
                store.db,
                cached: """
                    SELECT frame FROM staged_batches
                    WHERE practice_id = ? AND run_id = ? AND number = ?
                    """,
                arguments: [store.id.rawValue, name["run_id"] as String, name["number"] as Int])
            let frame = row?.bytes("frame") ?? []
            try body(try Batch(frame: frame, contentBytesMax: .max))
        }
    }

    // MARK: Applying

    private func apply(_ works: [Work], isFirst: Bool) throws -> [TableName: Counts] {
        let removalGuard = try RemovalGuard(
            store, limits: limits, carried: request.tables, now: now)
        var counts: [TableName: Counts] = [:]
        for work in works {
            let name = work.shape.name
            let before = try store.rowCount(name)
            let applier = RangeApplier(
                store, TypedTable(work.shape), held: removalGuard.held[name] ?? HeldRemovals())
            try forEachLoadBatch(work) { batch in
                for replace in batch.replaces {
                    try applier.apply(replace, excluding: work.closingRanges)
                }
            }
            try forEachClosingBatch(work.shape) { batch in
                for replace in batch.replaces { try applier.apply(replace, excluding: []) }
            }
            // Before the first commit nobody has seen a row: nothing is taken from anyone.
            let going =
                isFirst
                ? applier.candidates
                : try removalGuard.decide(
                    applier, refused: work.commit.refused, rowsBefore: before)
            for run in going { try applier.delete(run) }
            try removalGuard.endHoldsOfNothing(applier.table)
            counts[name] = try counted(applier, work, before: before)
        }
        for work in works {
            try recount(work, removalGuard.held[work.shape.name] ?? HeldRemovals())
        }
        return counts
    }

    private func counted(_ applier: RangeApplier, _ work: Work, before: Int) throws -> Counts {
        let name = work.shape.name
        var counts = applier.counts
        var rows = before + counts.added - counts.removed
        if work.commit.load != nil {
            // A full says how many rows there are because it looked.
            rows =
                try Int.fetchOne(
                    store.db, cached: "SELECT count(*) FROM \(name) WHERE practice_id = ?",
                    arguments: [store.id.rawValue]) ?? 0
            if work.isInPlace { counts = Counts(added: rows) }
            // Its closing run has looked at some rows again: what is left over was equal.
            let differing = try applier.candidates.rows - counts.removed + refusedRows(work)
            counts.unchanged = max(0, rows - counts.added - counts.changed - differing)
        } else {
            counts.unchanged += work.commit.unchanged
        }
        try store.setRowCount(name, rows)
        return counts
    }

    /// Refused rows of which OneClick keeps an earlier version.
    private func refusedRows(_ work: Work) throws -> Int {
        let table = TypedTable(work.shape)
        return try work.commit.refused.count { try store.count(table, .key($0.key)) > 0 }
    }

    private func recount(_ work: Work, _ held: HeldRemovals) throws {
        let applier = RangeApplier(store, TypedTable(work.shape))
        try forEachLoadBatch(work) { batch in
            for replace in batch.replaces {
                try applier.verify(replace, excluding: work.closingRanges, held: held)
            }
        }
        try forEachClosingBatch(work.shape) { batch in
            for replace in batch.replaces {
                try applier.verify(replace, excluding: [], held: held)
            }
        }
    }

    // MARK: Writing down

    private func finish(
        _ works: [Work], _ applied: [TableName: Counts], _ state: PracticeStore.State
    ) throws -> Receipt {
        for work in works {
            let name = work.shape.name
            try store.replaceRefused(name, with: work.commit.refused, now: now)
            try store.setCheckpoint(name, work.commit.checkpoint)
            try store.setProved(name, work.commit.provedUpTo?.key)
            if work.commit.load != nil { try store.dropLoad(name) }
        }
        if state.version == 0 { try clearUncommitted(besides: Set(works.map(\.shape.name))) }
        if Grants.areIn(store.shapes) { try store.grants.follow(now: now) }
        let version = state.version + 1
        // A Central without capture sets no mark, and the latest goes on telling it from others;
        // but not where a person said that another Central is to be followed: no mark of it is
        // known.
        let isFollowing = state.lineageQuestion?.isApproved == true
        if isFollowing { try forgetLineage() }
        let mark = request.mark ?? (isFollowing ? nil : state.latestMark)
        try store.db.execute(
            cached: """
                UPDATE practices
                SET version = ?, latest_mark = ?, committed_at = ?, lineage_question = NULL
                WHERE id = ?
                """,
            arguments: [version, mark?.rawValue, now.sql, store.id.rawValue])
        return try close(version: version, counts: applied)
    }

    /// From the first commit on readers look at every table: what a load has put in place of one
    /// that this commit leaves out must not be seen by half. Its load begins anew, staged.
    private func clearUncommitted(besides committed: Set<TableName>) throws {
        for shape in store.shapes.tables where !committed.contains(shape.name) {
            try store.db.execute(
                cached: "DELETE FROM \(shape.name) WHERE practice_id = ?",
                arguments: [store.id.rawValue])
            try store.dropLoad(shape.name)
        }
    }

    /// Checkpoints and loads of tables that this commit leaves out come from the history that was
    /// given up: they are compared in full, under the guard, when they can be.
    private func forgetLineage() throws {
        for shape in store.shapes.tables where request.tables[shape.name] == nil {
            try store.db.execute(
                cached: "DELETE FROM checkpoints WHERE practice_id = ? AND table_name = ?",
                arguments: [store.id.rawValue, shape.name.rawValue])
            try store.dropLoad(shape.name)
        }
    }

    /// A broken lineage applies nothing: the question is stored for a person.
    private func ask(_ question: LineageQuestion, _ state: PracticeStore.State) throws -> Receipt {
        var question = question
        question.since = now
        question.isApproved = false
        try store.db.execute(
            cached: "UPDATE practices SET lineage_question = ? WHERE id = ?",
            arguments: [try PracticeStore.encode(question), store.id.rawValue])
        return try close(version: state.version, counts: [:])
    }

    private func close(version: Int, counts applied: [TableName: Counts]) throws -> Receipt {
        var counts = applied
        for (table, waiting) in try store.waiting() {
            counts[table, default: Counts()] += waiting
        }
        var rows: [TableName: Int] = [:]
        for shape in store.shapes.tables { rows[shape.name] = try store.rowCount(shape.name) }
        let receipt = Receipt(
            run: run, version: version, committedAt: now, counts: counts, rows: rows,
            checkpoints: try store.checkpoints(), exceptions: try store.listedExceptions())
        try store.db.execute(
            cached: """
                UPDATE runs SET state = 'committed', receipt = ?
                WHERE practice_id = ? AND run_id = ?
                """,
            arguments: [try PracticeStore.encode(receipt), store.id.rawValue, run.rawValue])
        try store.db.execute(
            cached: """
                DELETE FROM staged_batches
                WHERE practice_id = ? AND run_id = ? AND load_id IS NULL
                """, arguments: [store.id.rawValue, run.rawValue])
        return receipt
    }
}

extension PracticeStore {
    func setCheckpoint(_ table: TableName, _ checkpoint: Checkpoint) throws {
        try db.execute(
            cached: """
                REPLACE INTO checkpoints
                  (practice_id, table_name, position, as_of, mark, epoch, fingerprint)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id.rawValue, table.rawValue, checkpoint.position.rawValue,
                checkpoint.asOf.description, checkpoint.mark?.rawValue, checkpoint.epoch,
                checkpoint.fingerprint,
            ])
    }

    func setProved(_ table: TableName, _ bound: Key?) throws {
        try db.execute(
            cached:
                "UPDATE table_states SET proved_up_to = ? WHERE practice_id = ? AND table_name = ?",
            arguments: [bound?.bytes.databaseBytes, id.rawValue, table.rawValue])
    }
}
