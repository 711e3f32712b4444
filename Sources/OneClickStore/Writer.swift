import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// One installation writes, from one place: who that is, and what becomes of others.
extension PracticeStore {
    /// Refuses whoever is not the practice's SyncWorker: another installation, a copy at another
    /// place, a copy that others have overtaken. Where two copies look alike nobody can tell which
    /// is the right one, and both stop for a person.
    func checkWriter(
        _ request: OpenRequest, _ state: State, _ installation: InstallationID, now: Timestamp
    ) throws -> SyncError? {
        guard state.installation == installation else { return try replaced(state) }
        guard state.place == nil || state.place == request.place else { return moved(state) }
        // Whom a person has decided against is refused alone, however often it asks.
        if let fence = state.takenOverFence, request.lastFence < fence { return lost(state) }
        if let contest = state.contest { return contested(contest, state) }
        let hasLastFence = request.lastFence >= state.fence
        let isLostReply = state.fenceRun.map { ([request.run] + request.lastRuns).contains($0) }
        guard !hasLastFence, isLostReply != true else { return nil }
        // A request that was under way for long is no other copy: its run is known.
        if try runs.state(of: request.run) != nil { return overtaken }
        try contest(by: request.server, now: now)
        return contested(.init(server: request.server, at: now), state)
    }

    /// Throws unless it is the practice's installation now: one that was replaced or revoked asks
    /// and says nothing in its name.
    @discardableResult
    func checkIsCurrent(_ installation: InstallationID) throws -> State {
        let state = try state()
        guard state.installation == installation else { throw try replaced(state) }
        try checkNotRevoked(installation)
        return state
    }

    /// Throws unless a person may answer from there: a copy has no say.
    func checkMayAnswer(_ request: AnswerRequest, _ installation: InstallationID) throws {
        let state = try checkIsCurrent(installation)
        guard state.place == nil || state.place == request.place else { throw moved(state) }
        if let contest = state.contest { throw contested(contest, state) }
    }

    /// The fence moves, so that whoever wrote until now is refused at its next request.
    func takeOver(
        _ request: TakeOverRequest, _ installation: InstallationID, now: Timestamp
    ) throws -> TakeOverAnswer {
        let state = try checkIsCurrent(installation)
        var fence: Int?
        if request.isConfirmed {
            let next = max(state.fence, request.lastFence) + 1
            try runs.abortOpen(reason: "\(request.server) took the practice over")
            try db.execute(
                cached: """
                    UPDATE practices SET fence = ?1, fence_run = NULL, server = ?2, place = ?3,
                      taken_over_fence = ?1, contested_at = NULL, contested_server = NULL
                    WHERE id = ?4
                    """, arguments: [next, request.server, request.place, id.rawValue])
            try Audit(db: db, practice: id).note(
                .tookOver, by: request.server, subject: installation.rawValue, now: now)
            fence = next
        }
        return TakeOverAnswer(
            practiceName: state.name, fence: fence, server: state.server,
            openedAt: state.openedAt, refusedServer: state.contest?.server,
            refusedSince: state.contest?.at)
    }

    /// Two copies of one installation were seen.
    struct Contest {
        /// Of the one that was refused first.
        var server: String
        var at: Timestamp
    }

    private func contest(by server: String, now: Timestamp) throws {
        try runs.abortOpen(reason: "another copy of this installation ran on \(server)")
        try db.execute(
            cached: "UPDATE practices SET contested_at = ?, contested_server = ? WHERE id = ?",
            arguments: [now.sql, server, id.rawValue])
    }

    // MARK: In words

    private func replaced(_ state: State) throws -> SyncError {
        let since = try String.fetchOne(
            db, cached: "SELECT enrolled_at FROM installations WHERE practice_id = ? AND id = ?",
            arguments: [id.rawValue, state.installation?.rawValue])
        let when = since.flatMap { Timestamp($0) }.map { " at \($0.inUTC)" } ?? ""
        return SyncError(
            "copy",
            "Another installation of this practice was enrolled\(when), on "
                + "\(state.server ?? "another server").",
            hint: "If this one is to synchronise, enrol it with a new code from OneClick; the "
                + "other stops then.")
    }

    private func contested(_ contest: Contest, _ state: State) -> SyncError {
        let last = state.openedAt.map { " at \($0.inUTC)" } ?? ""
        return SyncError(
            "copy",
            "Two copies of this installation run: one synchronised\(last) from "
                + "\(state.server ?? "another server"), another asked at \(contest.at.inUTC) from "
                + "\(contest.server). Both are refused until a person decides.",
            hint: "Stop the one that is not the practice's SyncWorker, then run `syncworker "
                + "take-over` on the right one.")
    }

    private func lost(_ state: State) -> SyncError {
        SyncError(
            "copy",
            "Another copy of this installation, on \(state.server ?? "another server"), took the "
                + "practice over.",
            hint: "Stop this one. If it is the practice's SyncWorker after all, run `syncworker "
                + "take-over` here.")
    }

    private func moved(_ state: State) -> SyncError {
        SyncError(
            "place",
            "This SyncWorker stands at another place (machine, host name or path of Central) "
                + "than when it last ran on \(state.server ?? "another server").",
            hint: "If it was moved, run `syncworker take-over` here; if this is a copy, stop it.")
    }

    private var overtaken: SyncError {
        SyncError(
            .fenced, "A later synchronisation was opened.",
            hint: "Nothing was applied; the next synchronisation carries on.")
    }
}
