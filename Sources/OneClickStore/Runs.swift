import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// The runs of one practice: which is open, and how each ended.
struct Runs {
    let db: Database
    let practice: PracticeID

    /// How long an ended run can be asked about.
    static let kept = Duration.seconds(7 * 86_400)
    /// How many runs OneClick writes down that it only heard of by being asked.
    static let unheardOfMax = 1_000
    /// The fence of such a run: no run that was opened has it.
    private static let noFence = 0

    /// Nil where OneClick never heard of it, or has forgotten it.
    func state(of run: RunID) throws -> RunState? {
        let row = try Row.fetchOne(
            db,
            cached: "SELECT state, reason, receipt FROM runs WHERE practice_id = ? AND run_id = ?",
            arguments: [practice.rawValue, run.rawValue])
        guard let row else { return nil }
        switch row["state"] as String {
        case "committed": return .committed(try PracticeStore.decode(row["receipt"]))
        case "aborted": return .aborted(reason: row["reason"] ?? "")
        default: return .open
        }
    }

    /// The same for whoever asks: a run never heard of is aborted, so that an opening of it that
    /// arrives late is refused.
    func settledState(of run: RunID, now: Timestamp) throws -> RunState {
        if let state = try state(of: run) { return state }
        guard try settle(run, now: now) else { throw Self.tooManyAsked }
        return .aborted(reason: Self.unheardOf)
    }

    private static let unheardOf = "OneClick never heard of it, or has forgotten it"

    /// Writes a run never heard of down as aborted; false where there are too many of those.
    @discardableResult
    func settle(_ run: RunID, now: Timestamp) throws -> Bool {
        try forget(before: now + (.zero - Self.kept))
        let count = try Int.fetchOne(
            db, cached: "SELECT count(*) FROM runs WHERE practice_id = ? AND fence = ?",
            arguments: [practice.rawValue, Self.noFence])
        guard count ?? 0 < Self.unheardOfMax else { return false }
        try db.execute(
            cached: """
                INSERT OR IGNORE INTO runs (practice_id, run_id, fence, token_digest,
                  token_expires_at, kind, purpose, opened_at, state, reason)
                VALUES (?, ?, ?, '', '', '', '', ?, 'aborted', ?)
                """,
            arguments: [
                practice.rawValue, run.rawValue, Self.noFence, now.sql, Self.unheardOf,
            ])
        return true
    }

    private static let tooManyAsked = SyncError(
        "runs",
        "OneClick was asked about more than \(unheardOfMax) synchronisations that it never opened.",
        hint: "It answers again when those of the last week are forgotten; if this stays, ask the "
            + "people who run OneClick to look into its log.")

    func forget(before time: Timestamp) throws {
        try db.execute(
            cached: "DELETE FROM runs WHERE practice_id = ? AND state <> 'open' AND opened_at < ?",
            arguments: [practice.rawValue, time.sql])
    }

    func abort(_ run: RunID, reason: String) throws {
        try abort("run_id = ?", run.rawValue, reason: reason)
    }

    /// - Parameter run: stays open, if any.
    func abortOpen(except run: RunID? = nil, reason: String) throws {
        try abort("run_id IS NOT ?", run?.rawValue, reason: reason)
    }

    /// Writes "aborted" down before anything can say it. What belongs to a load outlives the run
    /// that shipped it.
    private func abort(_ condition: String, _ run: String?, reason: String) throws {
        try db.execute(
            cached: """
                DELETE FROM staged_batches
                WHERE practice_id = ? AND load_id IS NULL AND \(condition)
                """, arguments: [practice.rawValue, run])
        try db.execute(
            cached: """
                UPDATE runs SET state = 'aborted', reason = ?
                WHERE practice_id = ? AND state = 'open' AND \(condition)
                """, arguments: [reason, practice.rawValue, run])
    }
}
