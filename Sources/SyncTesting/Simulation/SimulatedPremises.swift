import Catalogue
import Central
import SyncEngine
import SyncModel
import SyncProtocol

/// One process of a practice's SyncWorker, from its start to its end, however it comes.
///
/// Used by the world's one thread only.
final class SimulatedPremises: @unchecked Sendable {
    struct Died: Error {}

    let practice: SimulatedPractice
    let world: SimulatedWorld
    private let installation: InstallationID
    private let place: String
    private let catalogue: Catalogue
    /// Its number among the copies of the premises; nil for the practice's own.
    let copy: Int?
    /// A copy of the premises has a journal of its own.
    private var ownJournal: SimulatedJournal?
    private var isDead = false
    private var isStopped = false
    private var source: (any Source)?
    /// Somebody pressed Full Synchronisation while a change run was in progress.
    private var isFullAsked = false
    // Of the run under way.
    private var kind = RunKind.change
    var run: RunID?
    var asOf = Practice.today
    private var pins = 0

    init(
        _ practice: SimulatedPractice, copy: Int? = nil, journal: SimulatedJournal? = nil,
        place: String = "here"
    ) {
        self.practice = practice
        self.copy = copy
        self.place = place
        world = practice.world
        installation = practice.installation
        catalogue = practice.catalogue
        ownJournal = journal
    }

    var journal: SimulatedJournal {
        get { ownJournal ?? practice.journal }
        set {
            if ownJournal == nil { practice.journal = newValue } else { ownJournal = newValue }
        }
    }

    // MARK: Life

    private var isCurrent: Bool { practice.current === self }

    func live(isPrompt: Bool) async {
        var waits = !isPrompt
        while isCurrent, !isDead, !world.executor.isOver {
            if waits { await world.pause(around: world.knobs.interval) }
            guard isCurrent, !isDead, !world.executor.isOver else { break }
            practice.forgetRunBackups()
            let record = await synchronise(nextRequest())
            if isCurrent, isDead || world.random(below: 3) == 0 { await practice.restoreIntoRun() }
            guard !isDead else { break }
            await look(at: record)
            // What was asked for meanwhile begins at once.
            waits = !isFullAsked
        }
        await close()
        if isDead, isCurrent, !world.executor.isOver {
            if world.strikes(.journalBehind) { practice.journal.loseLastWrites() }
            await world.sleep(.seconds(1 + world.random(below: 300)))
            if isCurrent { practice.startPremises() }
        }
    }

    private func nextRequest() -> RunRequest {
        if isFullAsked {
            isFullAsked = false
            world.count(.fulls)
            return RunRequest(kind: .full, trigger: .manual)
        }
        let isFull = world.random(below: world.knobs.runsPerFull) == 0
        var request = RunRequest(kind: isFull ? .full : .change, trigger: .schedule)
        if isFull { world.count(.fulls) }
        switch world.random(below: 20) {
        case 0:
            request.purpose = .dryRun
            world.count(.dryRuns)
        case 1:
            request.purpose = .verify
            world.count(.verifies)
        case 2, 3:
            request.only = [world.pick(catalogue.shapes.dataSets.map(\.name))]
            world.count(.partialRuns)
        default: break
        }
        return request
    }

    /// What a person does who reads why a run failed.
    private func look(at record: RunRecord) async {
        guard record.needsEnrolment else { return }
        world.count(.copiesRefused)
        if ownJournal == nil, isCurrent {
            await practice.decideWriter()
            practice.startPremises()
        }
    }

    func die() {
        isDead = true
        world.note("died")
    }

    func close() async {
        if let source = source as? SQLiteCentral { try? await source.close() }
        source = nil
    }

    // MARK: A run

    /// One run from beginning to end; checked as far as this process lives to tell.
    func synchronise(_ request: RunRequest) async -> RunRecord {
        kind = request.kind
        run = nil
        pins = 0
        isStopped = false
        let record = await runner().run(request, isStopped: { [self] in isStopped })
        guard !isDead else { return record }
        let why = record.outcome > .held ? record.errors.first.map { ": \($0.message)" } ?? "" : ""
        world.note("run", "\(request.kind) \(request.purpose) \(record.outcome)\(why)")
        check(record)
        return record
    }

    private func runner() -> Runner {
        var settings = RunSettings(
            practice: practice.id, shapes: catalogue.shapes, server: "SERVER", place: place)
        settings.snapshotLifetime = world.knobs.snapshotLifetime
        settings.verificationParts = world.knobs.verificationParts
        settings.verificationRowsMin = world.knobs.verificationRowsMin
        // A table with more refused rows than that is left as it is; not so at rest.
        settings.refusedRowsMax = world.isCalm ? 100_000 : world.knobs.refusedRowsMax
        return Runner(
            source: CentralPort(self), cloud: CloudPort(self, installation),
            journal: JournalPort(self), settings: settings,
            environment: RunEnvironment(
                now: { [practice] in practice.premisesNow }, token: { [world] in world.token() },
                wait: { [self] pause in
                    await world.sleep(pause)
                    if isDead { throw Died() }
                }))
    }

    private func check(_ record: RunRecord) {
        practice.invariants.checkNotDenied(record)
        // Where snapshots followed each other, no one time is what was compared.
        if record.purpose == .verify, record.outcome == .succeeded, pins == 1 {
            practice.invariants.checkVerified(record.id)
        }
        guard record.purpose == .synchronise,
            [.succeeded, .completedWithErrors, .held].contains(
                record.outcome)
        else { return }
        let isQuestion = record.errors.contains { $0.code == "lineage" }
        guard let receipt = practice.invariants.receipts[record.id] else {
            if !isQuestion {
                practice.invariants.violate("I12", "a run succeeded without a receipt")
            }
            return
        }
        let shown = catalogue.shapes.dataSets.map { set in
            let counts = set.tables.compactMap { receipt.counts[$0] }
            return RunRecord.DataSetCounts(
                name: set.name, counts: counts.reduce(into: Counts(), +=))
        }
        if !isQuestion, record.dataSets != shown {
            practice.invariants.violate("I12", "a run shows other counts than those of its receipt")
        }
        let waits = receipt.exceptions.contains { $0.kind != .kept }
        if waits, record.outcome == .succeeded {
            practice.invariants.violate("I12", "a run succeeded although something waits")
        }
        let mends = record.notes.filter { $0.hasPrefix("Rolling verification") }
        world.count(.mends, mends.count)
        if let mend = mends.first, world.knobs.flavour != .none,
            !practice.invariants.wasChangedByHand
        {
            practice.invariants.violate("I1", "what no change had said: \(mend)")
        }
    }

    // MARK: Steps

    /// Before and after each durable step: where a process may die, sleep, or be stopped.
    func step(_ name: String, isAfter: Bool) async throws {
        if isDead { throw Died() }
        world.note(isAfter ? "after" : "before", name)
        let isOnce = world.strikesOnce(isAfter ? .crashAfter : .crashBefore)
        if isOnce || world.strikes(isAfter ? .crashAfter : .crashBefore) {
            die()
            throw Died()
        }
        // Who comes late does harm where a run ends.
        let ends = name == SimulatedRequest.Kind.commit.rawValue
        if world.strikes(.zombie, of: ends ? 20 : 1) {
            // Its place is taken; an hour later it goes on as if nothing had been.
            if isCurrent { practice.startPremises(isPrompt: world.random(below: 2) == 0) }
            await world.sleep(.seconds(3600))
        }
        if world.strikes(.cancelled) { isStopped = true }
        if kind == .change, world.strikes(.fullAsked) { isFullAsked = true }
        if isCurrent { await practice.goOn() }
        if isDead { throw Died() }
    }

    func around<T>(_ name: String, _ body: () async throws -> T) async throws -> T {
        try await step(name, isAfter: false)
        let result = try await body()
        try await step(name, isAfter: true)
        return result
    }

    // MARK: Central

    func openSource() throws -> any Source {
        if let source { return source }
        let opened = try practice.central.source(catalogue, world: world) { [practice] in
            practice.premisesNow
        }
        source = opened
        return opened
    }

    /// Pins while nobody writes, and looks for itself at what the snapshot holds.
    func pin(_ request: PinRequest) async throws -> Snapshot {
        await practice.untilNotPinning()
        practice.isPinning = true
        defer { practice.isPinning = false }
        let generation = practice.invariants.generation
        let snapshot = try await openSource().pin(request)
        pins += 1
        if pins > 1 { world.count(.snapshotsRenewed) }
        if case .cloudWentBack = snapshot.lineage { world.count(.cloudBehind) }
        let expected = try practice.central.read { db in
            try Contents(central: db, catalogue, asOf: asOf)
        }
        if let run {
            practice.invariants.pinned(
                run,
                Pin(
                    expected: expected, generation: generation, version: practice.central.version))
        }
        return snapshot
    }
}

extension RunRecord {
    /// Refused for who or where this installation is.
    var needsEnrolment: Bool {
        errors.contains { ["copy", "place", "installation"].contains($0.code) }
    }
}

/// What the premises remember, in a file that loses its last writes when the power is cut.
struct SimulatedJournal {
    private(set) var fence = 0
    private(set) var runs: [RunID] = []
    private var before: (fence: Int, runs: [RunID])?

    mutating func save(fence: Int) {
        before = (self.fence, runs)
        self.fence = fence
        runs = []
    }

    mutating func begin(_ run: RunID) {
        before = (fence, runs)
        runs.append(run)
    }

    mutating func loseLastWrites() {
        if let before { (fence, runs) = before }
        before = nil
    }
}
