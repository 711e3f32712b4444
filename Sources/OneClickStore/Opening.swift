import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// Opening a run: who may, under which fence, and what OneClick holds.
extension PracticeStore {
    /// How long a run's token is good for without a new one.
    static let tokenLifetime = Duration.seconds(6 * 3600)

    struct OpenContext {
        var request: OpenRequest
        var installation: InstallationID
        var tokenDigest: String
        var token: String
        var asOf: LocalDate
        var now: Timestamp
        var batches: OpenAnswer.Limits
    }

    /// What becomes of an opening. That one was refused may have to be remembered, so it is no
    /// error of the transaction.
    enum Opening: Sendable {
        case opened(OpenAnswer)
        case refused(SyncError)
    }

    func open(_ context: OpenContext) throws -> Opening {
        let request = context.request
        guard request.protocolVersion == protocolVersion else {
            throw StoreError.version(request.protocolVersion)
        }
        try checkShapes(request.shapes)
        let state = try state()
        try checkNotRevoked(context.installation)
        let refusal = try checkWriter(request, state, context.installation, now: context.now)
        if let refusal { return .refused(refusal) }
        // A fence that was never given, as far as this database remembers: it was restored from a
        // backup, and counts on from what the premises know.
        let wentBack = request.lastFence > state.fence
        let fence =
            state.fenceRun == request.run ? state.fence : max(state.fence, request.lastFence) + 1
        try runs.abortOpen(except: request.run, reason: "a later run was opened")
        // An opening of theirs that arrives late is known for what it is.
        for run in request.lastRuns.suffix(Runs.unheardOfMax) where run != request.run {
            try runs.settle(run, now: context.now)
        }
        try runs.forget(before: context.now + (.zero - Runs.kept))
        try db.execute(
            cached: """
                UPDATE practices SET fence = ?, fence_run = ?, server = ?, place = ?, opened_at = ?
                WHERE id = ?
                """,
            arguments: [
                fence, request.run.rawValue, request.server, request.place, context.now.sql,
                id.rawValue,
            ])
        try insertRun(context, fence: fence)
        return .opened(try answer(context, fence: fence, wentBack: wentBack))
    }

    private func checkShapes(_ theirs: [TableName: String]) throws {
        let ours = shapes.digests
        let different = Set(ours.keys).union(theirs.keys).filter { ours[$0] != theirs[$0] }.sorted()
        guard different.isEmpty else {
            throw SyncError(
                .version,
                "SyncWorker and OneClick describe these tables differently: "
                    + different.map(\.rawValue).joined(separator: ", ") + ".",
                hint: "Bring both to the same release; nothing was synchronised.")
        }
    }

    private func insertRun(_ context: OpenContext, fence: Int) throws {
        let request = context.request
        let before = try String.fetchOne(
            db, cached: "SELECT state FROM runs WHERE practice_id = ? AND run_id = ?",
            arguments: [id.rawValue, request.run.rawValue])
        guard before == nil || before == "open" else {
            throw SyncError(
                .fenced, "This synchronisation has already ended (\(before ?? "")).",
                hint: "Start a new one.")
        }
        try db.execute(
            cached: """
                INSERT INTO runs (practice_id, run_id, fence, token_digest, token_expires_at, kind,
                  purpose, opened_at, installation, state)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'open')
                ON CONFLICT (practice_id, run_id) DO UPDATE
                SET token_digest = excluded.token_digest,
                  token_expires_at = excluded.token_expires_at
                """,
            arguments: [
                id.rawValue, request.run.rawValue, fence, context.tokenDigest,
                (context.now + Self.tokenLifetime).sql, request.kind.rawValue,
                request.purpose.rawValue, context.now.sql, context.installation.rawValue,
            ])
    }

    private func answer(
        _ context: OpenContext, fence: Int, wentBack: Bool
    ) throws -> OpenAnswer {
        let state = try state()
        return OpenAnswer(
            fence: fence, token: context.token, now: context.now, asOf: context.asOf,
            practiceName: state.name, wentBack: wentBack, version: state.version,
            latestMark: state.latestMark, tables: try tableStates(),
            lineageQuestion: state.lineageQuestion, vault: try VaultKeys(db: db).current(),
            limits: context.batches)
    }

    private func tableStates() throws -> [TableName: TableState] {
        let checkpoints = try checkpoints()
        var states: [TableName: TableState] = [:]
        for shape in shapes.tables {
            let proved = try Row.fetchOne(
                db,
                cached: """
                    SELECT proved_up_to FROM table_states WHERE practice_id = ? AND table_name = ?
                    """, arguments: [id.rawValue, shape.name.rawValue])
            states[shape.name] = TableState(
                checkpoint: checkpoints[shape.name], load: try load(shape.name),
                rows: try rowCount(shape.name),
                provedUpTo: proved?.bytes("proved_up_to").map { KeyBound(Key(bytes: $0)) },
                unsettled: try unsettled(shape))
        }
        return states
    }

    func checkpoints() throws -> [TableName: Checkpoint] {
        let rows = try Row.fetchAll(
            db, cached: "SELECT * FROM checkpoints WHERE practice_id = ?", arguments: [id.rawValue])
        return Dictionary(
            uniqueKeysWithValues: rows.map { row in
                (
                    TableName(rawValue: row["table_name"]),
                    Checkpoint(
                        position: Position(rawValue: row["position"]),
                        asOf: LocalDate(row["as_of"] as String) ?? .first,
                        mark: (row["mark"] as String?).map(Mark.init(rawValue:)),
                        epoch: row["epoch"], fingerprint: row["fingerprint"])
                )
            })
    }
}

extension StoreError {
    static func version(_ theirs: Int) -> SyncError {
        SyncError(
            .version,
            "SyncWorker speaks version \(theirs) of the synchronisation protocol, OneClick version "
                + "\(protocolVersion).",
            hint: theirs < protocolVersion
                ? "Update the SyncWorker on the premises; nothing was synchronised."
                : "Update OneClick; nothing was synchronised.")
    }
}
