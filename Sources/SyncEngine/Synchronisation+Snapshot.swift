import SyncModel
import SyncProtocol

/// Snapshots, their marks, and what is done when they say that this is another Central.
extension Synchronisation {
    func pin(approved: LineageQuestion?) async throws {
        report.step("reading Central")
        var loads: [TableName: Load] = [:]
        var checkpoints: [TableName: Checkpoint] = [:]
        for work in works {
            loads[work.name] = work.load
            // What this run has shipped for the load came from snapshots up to its latest mark.
            if let mark { loads[work.name]?.latestMark = mark }
            checkpoints[work.name] = opened.tables[work.name]?.checkpoint
        }
        let request = PinRequest(
            tables: works.map(\.name), checkpoints: checkpoints, loads: loads,
            latestMark: opened.latestMark, approved: approved, vault: opened.vault,
            practice: settings.practice)
        snapshot = try await source.pin(request)
        pinnedAt = environment.now()
        report.carrying(works.map(\.name), opened.tables)
    }

    /// Before the first row of a snapshot leaves. All marks of one run name the last committed one
    /// as their predecessor, so that a mark with a successor's successor is known to be committed.
    func insertMark() async throws {
        guard snapshot.isCaptured else { return }
        let mark = Mark(rawValue: environment.token())
        let predecessor = snapshot.lineage == .approved ? nil : opened.latestMark
        try await source.insert(mark, after: predecessor)
        self.mark = mark
    }

    /// A new snapshot once this one is some seconds old: a load may take long, and nobody's
    /// snapshot should.
    func renewSnapshot() async throws {
        guard snapshot.isCaptured, ships,
            environment.now() - pinnedAt > settings.snapshotLifetime
        else { return }
        let before = snapshot!
        var approved = before.lineage == .approved ? opened.lineageQuestion : nil
        // What this run has shipped was of the Central in which its own mark stands.
        approved?.mark = mark
        try await pin(approved: approved)
        guard !snapshot.lineage.isBroken, snapshot.isCaptured else { throw changedUnderway }
        if before.lineage == .approved { snapshot.lineage = .approved }
        for work in works {
            guard let now = snapshot.tables[work.name] else { continue }
            let reason = work.isFull ? now.loadReason : now.fullReason
            guard now.epoch == before.tables[work.name]?.epoch, reason?.isGap != true else {
                throw changedUnderway
            }
        }
        try await insertMark()
    }

    private var changedUnderway: SyncError {
        SyncError(
            .central, "Central's structure or history changed during the synchronisation.",
            hint: "Nothing was applied; the next synchronisation takes the change into account.",
            recovery: .retry)
    }

    /// Applies nothing: one comparison that says how much differs, and a question to a person.
    /// Later runs only ask for the answer.
    func askWhoseCentral(_ reason: String) async throws -> RunRecord {
        if let question = opened.lineageQuestion, !question.isApproved {
            await abandon("the question whose Central this is waits")
            return held(question)
        }
        report.step("comparing, since Central's history is another one")
        for index in works.indices { works[index].load = nil }
        var differing = 0
        for index in works.indices {
            try await guarding(index) { try await compareAll($0) }
            differing += works[index].planned.differing
        }
        if snapshot.isCaptured, ships { try await insertMark() }
        let question = LineageQuestion(
            message: reason, rowsDiffering: differing, mark: mark,
            position: snapshot.isCaptured ? nil : snapshot.position)
        guard ships else {
            await abandon("it was only to report")
            return held(question)
        }
        _ = try await receipt(
            for: CommitRequest(
                version: opened.version, batches: 0, tables: [:], mark: nil,
                lineageQuestion: question))
        return held(question)
    }

    private func held(_ question: LineageQuestion) -> RunRecord {
        let error = RunRecord.Problem(
            dataSet: nil, table: nil, key: nil, code: "lineage",
            message: "\(question.message) \(question.rowsDiffering) records differ. Nothing was "
                + "applied.",
            hint: "If OneClick is to follow this Central, run `syncworker approve --lineage`; "
                + "otherwise put the right Central back.")
        return record(outcome: .held, errors: [error])
    }
}
