import Catalogue
import OneClickStore
import SyncEngine
import SyncModel
import SyncProtocol

/// A practice: its Central, its office, its premises and the person who answers.
///
/// Used by the world's one thread only.
final class SimulatedPractice: @unchecked Sendable {
    let world: SimulatedWorld
    let oneClick: SimulatedOneClick
    let central: any SimulatedCentral
    let office: SimulatedOffice
    let id: PracticeID
    let invariants: Invariants
    var installation: InstallationID
    var journal = SimulatedJournal()
    var catalogue: Catalogue
    /// Whether that is the one with fewer clients in scope.
    var isNarrow = false
    var premisesOffset = Duration.zero
    /// Nobody may write to Central at this moment: a snapshot is being pinned.
    var isPinning = false
    var isOfficeClosed = false
    /// The process that is to go on; those before it end.
    private(set) var current: SimulatedPremises?
    /// How many copies of it were ever started.
    private(set) var copies = 0
    private var backups: [Backup] = []
    /// Made between the steps of the last run.
    private var runBackups: [Backup] = []

    init(world: SimulatedWorld, oneClick: SimulatedOneClick, catalogue: Catalogue) async throws {
        self.world = world
        self.oneClick = oneClick
        self.catalogue = catalogue
        switch world.knobs.flavour {
        case .triggers: central = try FileCentral(world: world, catalogue, isCaptured: true)
        case .none: central = try FileCentral(world: world, catalogue, isCaptured: false)
        case .transactions, .versions:
            central = try ModelCentral(world: world, catalogue, flavour: world.knobs.flavour)
        }
        (id, installation) = try await oneClick.addPractice()
        office = SimulatedOffice(world: world)
        invariants = Invariants(id, world: world, oneClick: oneClick)
        invariants.enrolled(installation)
        try central.work(office.opening())
    }

    var premisesNow: Timestamp { world.now + premisesOffset }

    // MARK: SimulatedPremises

    /// A new process of the practice's SyncWorker, told to run at once or left to its schedule.
    func startPremises(isPrompt: Bool = false) {
        let premises = SimulatedPremises(self)
        current = premises
        world.start { await premises.live(isPrompt: isPrompt) }
    }

    func stopPremises() { current = nil }

    /// A copy of the whole server, that runs a few times beside it: at another place, or looking
    /// just so.
    func startCopy() {
        copies += 1
        let copy = SimulatedPremises(
            self, copy: copies, journal: journal,
            place: world.random(below: 2) == 0 ? "elsewhere" : "here")
        let runs = world.pick([1, 1, 4])
        world.start { [world] in
            for _ in 0..<runs where !world.isCalm {
                _ = await copy.synchronise(RunRequest(kind: .change, trigger: .schedule))
                await world.pause(around: world.knobs.interval)
            }
            await copy.close()
        }
    }

    /// What a person does whose SyncWorker was refused: says that it is the right one, or enrols it
    /// anew.
    func decideWriter() async {
        if world.random(below: 2) == 0, await takeOver() { return }
        await enrolAnew()
    }

    private func takeOver() async -> Bool {
        guard let fence = try? await oneClick.takeOver(self) else { return false }
        journal.save(fence: fence)
        world.note("took over", "\(fence)")
        world.count(.takeOvers)
        return true
    }

    func enrolAnew() async {
        guard let installation = try? await oneClick.enrol(self) else { return }
        self.installation = installation
        journal = SimulatedJournal()
        world.note("enrolled", installation.rawValue)
    }

    // MARK: Office

    func work() async {
        while !isOfficeClosed, !world.executor.isOver {
            await world.pause(around: world.knobs.officePause)
            guard !isOfficeClosed else { return }
            await untilNotPinning()
            workOnce()
        }
    }

    private func workOnce() {
        let statements = office.transaction()
        if central.hasConcurrentWriters {
            if world.strikes(.rolledBack) {
                return end(central.begin(statements, isPrepared: false), commits: false)
            }
            let isPrepared = world.strikes(.prepared)
            if isPrepared || world.strikes(.lateCommit) {
                let open = central.begin(statements, isPrepared: isPrepared)
                return end(open, commits: world.random(below: 8) > 0)
            }
        }
        perform(statements)
    }

    /// A transaction that breaks one of Central's own rules is none.
    private func perform(_ statements: [String]) {
        try? central.work(statements)
        world.note("office", statements.first.map { String($0.prefix(60)) } ?? "")
    }

    private func end(_ open: Int, commits: Bool) {
        world.start { [self] in
            await world.sleep(.seconds(1 + world.random(below: 3600)))
            await untilNotPinning()
            try? central.end(open, commits: commits)
        }
    }

    /// Between two steps of a run, where much happens at once in this world.
    func goOn() async {
        guard world.knobs.isTight, !isPinning, !isOfficeClosed, !world.isCalm else { return }
        if world.random(below: world.knobs.stepsPerWork) == 0 { workOnce() }
        if world.random(below: 6) == 0, let backup = try? central.backUp() {
            runBackups = (runBackups + [backup]).suffix(6)
        }
        try? oneClick.goOn()
    }

    func forgetRunBackups() { runBackups = [] }

    /// As it was at some step of the last run, and often written past what that run has seen.
    func restoreIntoRun() async {
        guard !runBackups.isEmpty, world.strikes(.centralRestoredIntoRun) else { return }
        await restore(world.pick(runBackups))
        runBackups = []
    }

    func untilNotPinning() async {
        while isPinning { await world.sleep(.milliseconds(1)) }
    }

    // MARK: What befalls it

    func backUp() async {
        await untilNotPinning()
        guard let backup = try? central.backUp() else { return }
        backups = (backups + [backup]).suffix(3)
    }

    /// - Parameter isLatest: the last backup, or any of those that are kept.
    func restore(isLatest: Bool) async {
        guard let backup = isLatest ? backups.last : backups.first else { return }
        await restore(backup)
    }

    private func restore(_ backup: Backup) async {
        await untilNotPinning()
        let before = central.version
        // Some programs run on over it.
        if world.random(below: 3) > 0 { current?.die() }
        guard (try? central.restore(backup)) != nil else { return }
        backups = backups.filter { $0.version <= backup.version }
        invariants.restoredCentral(to: backup.version)
        world.note("central restored", "to \(backup.version)")
        // Often it is written past what OneClick has seen before anybody synchronises.
        if world.random(below: 2) == 0 { workPast(before) }
    }

    private func workPast(_ version: Int) {
        for _ in 0..<300 where central.version <= version {
            try? central.work(office.transaction())
        }
    }

    var hasBackup: Bool { !backups.isEmpty }

    // MARK: The person

    func answerEverything() async {
        while !world.executor.isOver, !world.isCalm {
            await world.pause(around: world.knobs.personPause)
            await answerOnce(isCertain: false)
        }
    }

    /// Looks, thinks, and answers what was seen, while the office goes on.
    func answerOnce(isCertain: Bool) async {
        guard let status = try? await oneClick.store.status(practice: id) else { return }
        if let question = status.lineageQuestion, !question.isApproved {
            await say(.approve, nil, nil, seenAt: question.since)
        }
        let held = status.exceptions.filter { $0.kind == .held && $0.origin == nil }
        for table in Set(held.map(\.table)).sorted() {
            var keys = held.filter { $0.table == table }.map(\.key)
            if !isCertain { keys = keys.filter { _ in world.random(below: 4) > 0 } }
            guard !keys.isEmpty else { continue }
            let keeps = !isCertain && world.random(below: 5) == 0
            await say(keeps ? .keep : .approve, table, keys)
        }
    }

    private func say(
        _ answer: RemovalAnswer, _ table: TableName?, _ keys: [Key]?, seenAt: Timestamp? = nil
    ) async {
        if !world.isCalm { await world.pause(around: .seconds(60)) }
        let request = AnswerRequest(
            answer: answer, table: table, keys: keys, seenAt: seenAt, person: "person")
        guard (try? await oneClick.answer(request, self)) != nil else { return }
        world.note("answer", "\(answer) \(table?.rawValue ?? "lineage")")
        world.count(answer == .keep ? .keeps : .approvals)
    }
}
