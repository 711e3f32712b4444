import SyncModel
import SyncProtocol

/// One run: open, snapshot, mark, compare, ship, commit.
///
/// A straight story over the ports. Time, chance and waiting are passed in, so that on a
/// single-threaded executor the same seed gives the same run.
final class Synchronisation {
    let source: any Source
    let cloud: any Cloud
    let journal: any Journal
    let settings: RunSettings
    let environment: RunEnvironment
    let start: RunStart
    let isStopped: @Sendable () -> Bool
    var report: ProgressReport

    /// Known once the run is open.
    var opened: OpenAnswer!
    var run: OpenRun!
    /// The snapshot that rows are read from at the moment, its mark, and when it was pinned.
    var snapshot: Snapshot!
    var mark: Mark?
    var pinnedAt = Timestamp(microsecondsSince1970: 0)
    /// The tables that this run carries, parents first.
    var works: [TableWork] = []
    var notes: [String] = []
    var problems: [RunRecord.Problem] = []
    var batches = 0
    var rowsSent = 0

    init(
        _ runner: Runner, start: RunStart, progress: @escaping @Sendable (RunProgress) -> Void,
        isStopped: @escaping @Sendable () -> Bool
    ) {
        source = runner.source
        cloud = runner.cloud
        journal = runner.journal
        settings = runner.settings
        environment = runner.environment
        self.start = start
        self.isStopped = isStopped
        report = ProgressReport(
            start, runner.settings.shapes, now: runner.environment.now, progress)
    }

    var purpose: RunPurpose { start.request.purpose }
    /// Whether rows may leave the premises.
    var ships: Bool { purpose == .synchronise }

    func perform(lastOpened: (fence: Int, runs: [RunID])) async -> RunRecord {
        var record: RunRecord
        do {
            try await open(lastOpened)
            record = try await carry()
        } catch {
            if run != nil { await abandon(SyncError.explaining(error).message) }
            record = failed(error)
        }
        await source.unpin()
        return record
    }

    /// A failure leaves what OneClick has as it was.
    func failed(_ error: any Error) -> RunRecord {
        let error = SyncError.explaining(error)
        return record(
            outcome: error.code == .stopped ? .stopped : .failed, errors: [.init(error)])
    }

    func record(
        outcome: Outcome, counts: [TableName: Counts] = [:], errors: [RunRecord.Problem]
    ) -> RunRecord {
        let dataSets = settings.shapes.dataSets.map { set in
            var sum = Counts()
            for table in set.tables { sum += counts[table] ?? Counts() }
            return RunRecord.DataSetCounts(name: set.name, counts: sum)
        }
        return RunRecord(
            start: start, finishedAt: start.startedAt, outcome: outcome, dataSets: dataSets,
            rowsSent: rowsSent, errors: problems + errors, notes: notes)
    }

    // MARK: Open

    private func open(_ last: (fence: Int, runs: [RunID])) async throws {
        report.step("asking OneClick where it stands")
        let request = OpenRequest(
            run: start.id, lastFence: last.fence, lastRuns: last.runs, kind: start.request.kind,
            purpose: purpose, server: settings.server, place: settings.place,
            shapes: settings.shapes.digests)
        opened = try await attempt { [cloud] in try await cloud.open(request) }
        run = OpenRun(id: start.id, token: opened.token)
        guard opened.protocolVersion == protocolVersion else {
            throw SyncError(
                .version,
                "OneClick speaks version \(opened.protocolVersion) of the synchronisation "
                    + "protocol, this SyncWorker version \(protocolVersion).",
                hint: "Bring both to the same release; nothing was synchronised.")
        }
        try await journal.save(fence: opened.fence)
        if opened.wentBack {
            notes.append(
                "OneClick stands at an earlier state than it once did: it was restored from a "
                    + "backup. The change history fills the gap.")
        }
    }

    // MARK: Carry

    private func carry() async throws -> RunRecord {
        works = try chosenTables().map { shape in
            TableWork(shape, state: opened.tables[shape.name])
        }
        try await pin(approved: opened.lineageQuestion.flatMap { $0.isApproved ? $0 : nil })
        notes += snapshot.notes
        switch snapshot.lineage {
        case .broken(let reason): return try await askWhoseCentral(reason)
        case .cloudWentBack(let words): if !opened.wentBack { notes.append(words) }
        case .intact, .approved: break
        }
        decide()
        if ships { try await insertMark() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            var shipping = Shipping(limit: opened.limits.batchesInFlight)
            for index in works.indices where works[index].isFull {
                try await guarding(index) { try await load($0, &group, &shipping) }
            }
            for index in works.indices
            where works[index].closes(snapshot) && (ships || !works[index].isFull) {
                try await guarding(index) { try await close($0, &group, &shipping) }
            }
            try await shipping.drain(&group)
        }
        return try await ships ? commit() : reported()
    }

    private func chosenTables() throws -> [TableShape] {
        guard let only = start.request.only else { return settings.shapes.tables }
        let sets = try only.map { name in
            guard let set = settings.shapes.dataSets.first(where: { $0.name == name }) else {
                let names = settings.shapes.dataSets.map(\.name).joined(separator: ", ")
                throw SyncError(
                    "data_set", "There is no data set \"\(name)\".", hint: "There are: \(names).")
            }
            return set
        }
        let asked = Set(sets.flatMap(\.tables))
        let chosen = settings.shapes.closure(of: asked)
        if chosen != asked {
            let names = settings.shapes.dataSets.filter { !chosen.isDisjoint(with: $0.tables) }
            notes.append(
                "What hangs together is synchronised together: this run carries "
                    + names.map(\.name).joined(separator: ", ") + ".")
        }
        return settings.shapes.tables.filter { chosen.contains($0.name) }
    }

    /// Per table: change, or full.
    private func decide() {
        let everything = start.request.kind == .full || snapshot.lineage == .approved
        for index in works.indices {
            guard let state = snapshot.tables[works[index].name] else { continue }
            // A load that cannot be taken up is begun anew: OneClick ends it with the table's
            // commit or not at all.
            let hadLoad = works[index].load != nil
            if state.loadReason != nil || snapshot.lineage == .approved || !snapshot.isCaptured {
                works[index].load = nil
            }
            works[index].isFull =
                everything || state.fullReason != nil || hadLoad || purpose == .verify
        }
        noteFullReasons()
    }

    /// One note for each reason, however many tables it is the reason of.
    private func noteFullReasons() {
        for reason in FullReason.allCases
        where reason != .noCapture && reason != .neverSynchronised {
            let tables = works.map(\.name).filter { snapshot.tables[$0]?.fullReason == reason }
            guard let first = tables.first else { continue }
            let who =
                tables.count == 1
                ? "\(first) was"
                : tables.count == works.count ? "All tables were" : "\(tables.count) tables were"
            let names = tables.map(\.rawValue).joined(separator: ", ")
            let list = tables.count > 1 && tables.count < works.count ? " (\(names))" : ""
            notes.append("\(who) compared in full: \(reason.rawValue)\(list).")
        }
    }

    /// One table that cannot be read never stops the others; those of team security stand and fall
    /// together.
    func guarding(
        _ index: Int, _ body: (Int) async throws -> Void
    ) async throws {
        guard !works[index].isFailed else { return }
        do {
            try await body(index)
        } catch let error as SyncError where error.code == .table {
            let failed = works[index]
            let dataSet = settings.shapes.dataSet(of: failed.name)?.name
            problems.append(.init(error, table: failed.name, dataSet: dataSet))
            for other in works.indices
            where other == index
                || (failed.shape.isInCommitGroup && works[other].shape.isInCommitGroup)
            {
                works[other].isFailed = true
            }
        }
    }

    // MARK: Commit

    private func commit() async throws -> RunRecord {
        report.step("committing")
        let carried = works.filter { !$0.isFailed }
        guard !carried.isEmpty || works.isEmpty else {
            await abandon("no table could be read")
            return record(outcome: .failed, errors: [])
        }
        let request = CommitRequest(
            version: opened.version, batches: batches,
            tables: Dictionary(
                uniqueKeysWithValues: carried.map { ($0.name, tableCommit($0)) }),
            mark: mark)
        return finished(try await receipt(for: request))
    }

    private func tableCommit(_ work: TableWork) -> TableCommit {
        TableCommit(
            checkpoint: checkpoint(of: work.name), load: work.isFull ? work.load?.id : nil,
            refused: work.refused.sorted { $0.key < $1.key }.map(\.value),
            unchanged: work.planned.unchanged,
            provedUpTo: work.isFull ? nil : work.provedUpTo.map(KeyBound.init))
    }

    /// What OneClick's contents of a table reflect after this run's commit.
    func checkpoint(of table: TableName) -> Checkpoint {
        Checkpoint(
            position: snapshot.position, asOf: opened.asOf, mark: mark,
            epoch: snapshot.tables[table]?.epoch ?? "",
            fingerprint: snapshot.tables[table]?.fingerprint ?? "")
    }

    /// Commits, and asks until the outcome is known: a lost answer may be that of a commit.
    func receipt(for request: CommitRequest) async throws -> Receipt {
        do {
            return try await outcome(of: request)
        } catch let error as SyncError where error.isOutcomeUnknown || error.code == .unreachable {
            notes.append(
                "OneClick did not say whether it committed this synchronisation. Nothing is lost: "
                    + "the next one goes on from what OneClick has.")
            throw error
        }
    }

    private func outcome(of request: CommitRequest) async throws -> Receipt {
        var state = try await attempt { [cloud, run] in try await cloud.commit(request, in: run!) }
        var takenBack = 0
        while true {
            switch state {
            case .committed(let receipt): return receipt
            case .aborted(let reason):
                throw SyncError(
                    .fenced, "OneClick ended this synchronisation: \(reason).",
                    hint: "Nothing was applied; the next synchronisation carries on.")
            case .committing:
                try await environment.wait(.seconds(1))
                state = try await attempt { [cloud, start] in try await cloud.state(of: start.id) }
            case .open:
                // The commit was taken back (OneClick was restarted, say): it may be sent again.
                takenBack += 1
                guard takenBack < Backoff.attemptsMax else { throw Self.neverCommitted }
                try checkStopped()
                try await environment.wait(.seconds(1))
                state = try await attempt { [cloud, run] in
                    try await cloud.commit(request, in: run!)
                }
            }
        }
    }

    private static let neverCommitted = SyncError(
        "commit", "OneClick began to commit this synchronisation several times and never finished.",
        hint: "Nothing was applied. Ask the people who run OneClick to look into its log.")

    private func finished(_ receipt: Receipt) -> RunRecord {
        let roots = Set(
            receipt.exceptions.map { RowException.Origin(table: $0.table, key: $0.key) })
        // What shares a root's fate is told with the root. Where the root is gone and this run did
        // not carry what hung on it, that waits for itself.
        let waiting = receipt.exceptions.filter { exception in
            exception.kind != .kept && exception.origin.map { !roots.contains($0) } ?? true
        }
        let errors = waiting.map { exception in
            RunRecord.Problem(
                exception, dataSet: settings.shapes.dataSet(of: exception.table)?.name)
        }
        let outcome: Outcome =
            if waiting.contains(where: { $0.kind == .held }) {
                .held
            } else if waiting.isEmpty && problems.isEmpty {
                .succeeded
            } else {
                .completedWithErrors
            }
        return record(outcome: outcome, counts: receipt.counts, errors: errors)
    }

    /// A dry run and a verify end with what they found.
    private func reported() async throws -> RunRecord {
        await abandon("it was only to report")
        var counts: [TableName: Counts] = [:]
        for work in works {
            counts[work.name] = work.planned
            counts[work.name]?.errors = work.refused.count
        }
        let errors = works.flatMap { work in
            work.refused.sorted { $0.key < $1.key }.map { item in
                RunRecord.Problem(
                    item.value, dataSet: settings.shapes.dataSet(of: work.name)?.name)
            }
        }
        let held = works.reduce(0) { $0 + $1.planned.held }
        if held > 0 {
            notes.append(
                "Rows that Central has no more and OneClick keeps, since they are held or kept: "
                    + "\(held). `syncworker held` lists what waits.")
        }
        let differs = purpose == .verify && works.contains { $0.planned.differing > 0 }
        let isClean = errors.isEmpty && problems.isEmpty && !differs
        return record(
            outcome: isClean ? .succeeded : .completedWithErrors, counts: counts, errors: errors)
    }

    func abandon(_ reason: String) async {
        // If OneClick does not hear of it, the next opening ends this run.
        try? await cloud.abandon(run, reason: reason)
    }

    // MARK: Trying again

    func attempt<T: Sendable>(_ call: @Sendable () async throws -> T) async throws -> T {
        try await Self.attempt(environment, isStopped, call)
    }

    static func attempt<T: Sendable>(
        _ environment: RunEnvironment, _ isStopped: @Sendable () -> Bool,
        _ call: @Sendable () async throws -> T
    ) async throws -> T {
        var backoff = Backoff()
        while true {
            do {
                return try await call()
            } catch let error as SyncError {
                guard !isStopped(), let pause = backoff.wait(after: error) else { throw error }
                try await environment.wait(pause)
            }
        }
    }

    func checkStopped() throws {
        try Task.checkCancellation()
        guard isStopped() else { return }
        throw SyncError(
            .stopped, "The synchronisation was stopped.",
            hint: "Nothing is lost; the next synchronisation carries on.")
    }
}
