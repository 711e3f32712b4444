import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// Taking in batches: staged and invisible to readers, or applied at once where OneClick has never
/// committed for the practice.
extension PracticeStore {
    /// A run of this practice that may still write: checked inside every transaction that does.
    func checkFence(_ run: RunID, fence: Int) throws {
        let state = try state()
        try checkNotRevoked(run)
        let row = try Row.fetchOne(
            db, cached: "SELECT state, reason FROM runs WHERE practice_id = ? AND run_id = ?",
            arguments: [id.rawValue, run.rawValue])
        guard state.fence == fence, state.fenceRun == run, row?["state"] == "open" else {
            throw SyncError(
                .fenced,
                "This synchronisation was ended: "
                    + ((row?["reason"] as String?) ?? "a later one was opened") + ".",
                hint: "Nothing is lost; the next synchronisation carries on.")
        }
    }

    func load(_ table: TableName) throws -> Load? {
        guard
            let row = try Row.fetchOne(
                db, cached: "SELECT * FROM loads WHERE practice_id = ? AND table_name = ?",
                arguments: [id.rawValue, table.rawValue])
        else { return nil }
        let load = LoadID(rawValue: row["load_id"])
        return Load(
            id: load, base: try Self.decode(row["base"]),
            latestMark: (row["latest_mark"] as String?).map(Mark.init(rawValue:)),
            done: try tiles(of: load).merged(),
            unsettled: try refused(of: load).map(KeyRange.key)
                .coarsened(to: TableState.unsettledMax))
    }

    private func refused(of load: LoadID) throws -> [Key] {
        try Row.fetchAll(
            db,
            cached:
                "SELECT key FROM load_refused WHERE practice_id = ? AND load_id = ? ORDER BY key",
            arguments: [id.rawValue, load.rawValue]
        ).map { Key(bytes: $0.bytes("key") ?? []) }
    }

    func tiles(of load: LoadID) throws -> [KeyRange] {
        try Row.fetchAll(
            db,
            cached: """
                SELECT after_key, up_to_key FROM load_tiles
                WHERE practice_id = ? AND load_id = ? ORDER BY after_key
                """, arguments: [id.rawValue, load.rawValue]
        ).map {
            KeyRange(
                after: Key(bytes: $0.bytes("after_key") ?? []),
                upTo: Key(bytes: $0.bytes("up_to_key") ?? []))
        }
    }

    func isInPlace(_ table: TableName) throws -> Bool {
        try Bool.fetchOne(
            db, cached: "SELECT is_in_place FROM loads WHERE practice_id = ? AND table_name = ?",
            arguments: [id.rawValue, table.rawValue]) ?? false
    }

    /// Begins a load, or begins it anew. Asking for the same load again changes nothing.
    func begin(_ request: LoadRequest) throws {
        _ = try shape(request.table)
        let before = try load(request.table)
        if before?.id == request.load { return }
        if before != nil { try dropLoad(request.table) }
        try db.execute(
            cached: """
                INSERT INTO loads (practice_id, table_name, load_id, base, latest_mark, is_in_place)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id.rawValue, request.table.rawValue, request.load.rawValue,
                try Self.encode(request.base), request.base.mark?.rawValue,
                try state().version == 0,
            ])
    }

    func dropLoad(_ table: TableName) throws {
        guard
            let load = try String.fetchOne(
                db, cached: "SELECT load_id FROM loads WHERE practice_id = ? AND table_name = ?",
                arguments: [id.rawValue, table.rawValue])
        else { return }
        for sql in [
            "DELETE FROM load_tiles WHERE practice_id = ? AND load_id = ?",
            "DELETE FROM load_refused WHERE practice_id = ? AND load_id = ?",
            "DELETE FROM staged_batches WHERE practice_id = ? AND load_id = ?",
            "DELETE FROM loads WHERE practice_id = ? AND load_id = ?",
        ] {
            try db.execute(cached: sql, arguments: [id.rawValue, load])
        }
    }

    /// Takes a batch in, once: the same number again must carry the same content.
    func stage(_ batch: Batch, frame: [UInt8]) throws {
        let table = TypedTable(try shape(batch.table))
        let digest = RowDigest.of(frame)
        let before = try Row.fetchOne(
            db,
            cached: """
                SELECT digest FROM staged_batches
                WHERE practice_id = ? AND run_id = ? AND number = ?
                """, arguments: [id.rawValue, batch.run.rawValue, batch.number])
        if let before {
            guard before.bytes("digest") == digest else {
                throw WireReader.malformed("has the number of another batch that was taken in")
            }
            return
        }
        guard batch.number > 0 else { throw WireReader.malformed("has no number") }
        guard batch.number <= OneClickStore.batchesPerRunMax else { throw tooManyBatches() }
        var isInPlace = false
        if let loadID = batch.load {
            isInPlace = try stageLoad(batch, loadID, table)
        } else if !batch.covers.isEmpty {
            throw WireReader.malformed("covers tiles without a load")
        }
        try db.execute(
            cached: """
                INSERT INTO staged_batches
                  (practice_id, run_id, number, table_name, load_id, digest, frame)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id.rawValue, batch.run.rawValue, batch.number, batch.table.rawValue,
                batch.load?.rawValue, digest.databaseBytes,
                isInPlace ? nil : frame.databaseBytes,
            ])
    }

    private func tooManyBatches() -> SyncError {
        SyncError(
            "too_large",
            "OneClick takes in \(OneClickStore.batchesPerRunMax) batches of one synchronisation, "
                + "and this one ships more.",
            hint: "Use a released version of SyncWorker; if the practice has really that many "
                + "rows, synchronise its data sets one after the other.")
    }

    /// What a batch of a load replaces lies in the tiles it completes, and nothing twice: as the
    /// tiles of a load are disjoint, so is all that it replaces.
    private func checkRanges(_ batch: Batch) throws {
        let ranges = batch.replaces.map(\.range)
        let isInside = ranges.allSatisfy { range in
            batch.covers.contains { $0.after <= range.after && range.upTo <= $0.upTo }
        }
        guard isInside, Tiling.overlap(in: ranges) == nil else {
            throw WireReader.malformed("replaces rows outside the tiles it completes, or twice")
        }
    }

    /// The mark of a load is that of its latest snapshot: a batch that arrives behind a later one
    /// of its run takes nothing back.
    private func note(_ mark: Mark?, of batch: Batch, _ load: LoadID) throws {
        guard let mark else { return }
        try db.execute(
            cached: """
                UPDATE loads SET latest_mark = ? WHERE practice_id = ? AND load_id = ?
                AND NOT EXISTS (SELECT 1 FROM staged_batches AS b WHERE b.practice_id = ?2
                  AND b.run_id = ? AND b.number > ? AND b.load_id = ?3)
                """,
            arguments: [
                mark.rawValue, id.rawValue, load.rawValue, batch.run.rawValue, batch.number,
            ])
    }

    /// Notes the tiles that a batch of a load completes; applies it where nobody reads yet.
    private func stageLoad(
        _ batch: Batch, _ loadID: LoadID, _ table: TypedTable
    ) throws -> Bool {
        guard let load = try load(batch.table), load.id == loadID else {
            throw WireReader.malformed("belongs to a load that was not begun")
        }
        try checkRanges(batch)
        for tile in batch.covers {
            guard !tile.isEmpty, !load.done.contains(where: { $0.overlaps(tile) }) else {
                throw WireReader.malformed("covers a tile of the load twice")
            }
            try db.execute(
                cached: """
                    INSERT INTO load_tiles (practice_id, load_id, after_key, up_to_key)
                    VALUES (?, ?, ?, ?)
                    """,
                arguments: [
                    id.rawValue, loadID.rawValue, tile.after.bytes.databaseBytes,
                    tile.upTo.bytes.databaseBytes,
                ])
        }
        for key in batch.replaces.flatMap(\.except) {
            try db.execute(
                cached: """
                    INSERT OR IGNORE INTO load_refused (practice_id, load_id, key) VALUES (?, ?, ?)
                    """, arguments: [id.rawValue, loadID.rawValue, key.bytes.databaseBytes])
        }
        try note(batch.mark, of: batch, loadID)
        let isInPlace = try isInPlace(batch.table)
        if isInPlace {
            let applier = RangeApplier(self, table)
            for replace in batch.replaces { try applier.apply(replace, excluding: []) }
            for run in applier.candidates { try applier.delete(run) }
            for replace in batch.replaces {
                try applier.verify(replace, excluding: [], held: HeldRemovals())
            }
        }
        return isInPlace
    }
}
