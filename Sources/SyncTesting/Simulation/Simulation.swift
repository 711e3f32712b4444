import Catalogue
import OneClickStore
import SyncEngine
import SyncModel
import SyncProtocol

/// One simulated world from its seed to its verdict.
public struct Simulation: Sendable {
    public struct Report: Sendable {
        public var seed: UInt64
        /// Of everything that happened, in its order: the same seed, the same hash.
        public var hash: UInt64
        public var flavour: CentralFlavour
        public var violation: Violation?
        public var faults: [Fault: Int]
        public var occurrences: [Occurrence: Int]
        public var trace: [String]

        /// Everything that happened, by its name.
        public var counts: [String: Int] {
            var counts: [String: Int] = [:]
            for (fault, count) in faults { counts["fault: " + fault.rawValue] = count }
            for (what, count) in occurrences { counts[what.rawValue] = count }
            counts["Central: " + flavour.rawValue] = 1
            return counts
        }
    }

    /// The names of all that can happen.
    public static let everything =
        Fault.allCases.map { "fault: " + $0.rawValue } + Occurrence.allCases.map(\.rawValue)
        + CentralFlavour.allCases.map { "Central: " + $0.rawValue }

    /// Below this nothing is proved by a world.
    public static let commitsMin = 20
    public static let faultsMin = 10

    let world: SimulatedWorld
    let catalogue: Catalogue

    public static func run(
        seed: UInt64, catalogue: Catalogue, keepsTrace: Bool = false
    ) -> Report {
        let world = SimulatedWorld(seed: seed, shapes: catalogue.shapes, keepsTrace: keepsTrace)
        let simulation = Simulation(
            world: world, catalogue: catalogue.limited(to: world.knobs.tables))
        world.start { await simulation.play() }
        world.executor.run()
        return Report(
            seed: seed, hash: world.hash, flavour: world.knobs.flavour, violation: world.violation,
            faults: world.faults, occurrences: world.occurrences, trace: world.trace)
    }

    private func play() async {
        do {
            let oneClick = try SimulatedOneClick(world: world, shapes: catalogue.shapes)
            defer { oneClick.close() }
            for _ in 0..<(world.knobs.hasNeighbour ? 2 : 1) {
                oneClick.add(
                    try await SimulatedPractice(
                        world: world, oneClick: oneClick, catalogue: catalogue))
            }
            try await disturb(oneClick.practices[0], oneClick)
            for practice in oneClick.practices { try await settle(practice, oneClick) }
        } catch {
            world.violate("I14", "the world could not go on: \(error)")
        }
        world.executor.end()
    }

    // MARK: Disturbed

    private func disturb(_ practice: SimulatedPractice, _ oneClick: SimulatedOneClick) async throws
    {
        for practice in oneClick.practices {
            practice.startPremises()
            world.start { await practice.work() }
            world.start { await practice.answerEverything() }
        }
        var ticks = 0
        while !world.executor.isOver, !isEnough {
            await world.pause(around: world.knobs.interval)
            ticks += 1
            if ticks % 40 == 0 { world.makeFaultsRarer() }
            if ticks % 5 == 0, isQuiet { world.makeFaultsMore() }
            if ticks > 2000 { return world.violate("I14", "no 20 commits in 2000 intervals") }
            try await befall(practice, oneClick)
        }
    }

    private var isEnough: Bool {
        (world.occurrences[.commits] ?? 0) >= Self.commitsMin
            && world.faults.values.reduce(0, +) >= Self.faultsMin
    }

    /// Whether faults come too slowly to be as many as there have to be.
    private var isQuiet: Bool {
        (world.occurrences[.commits] ?? 0) > 2 * world.faults.values.reduce(0, +)
    }

    private func befall(_ practice: SimulatedPractice, _ oneClick: SimulatedOneClick) async throws {
        if world.random(below: 3) == 0 { await practice.backUp() }
        if world.random(below: 6) == 0 { try oneClick.backUp() }
        if world.strikes(.dayPassed) { world.skipDay() }
        if world.strikes(.cloudClock) { oneClick.moveClock() }
        if world.strikes(.premisesClock) {
            practice.premisesOffset = .seconds((world.random(below: 100) - 50) * 3600)
        }
        if oneClick.canBeRestored, world.strikes(.cloudRestored) { try oneClick.restore() }
        if world.strikes(.rowChanged) { try practice.invariants.changeByHand() }
        if world.strikes(.cloudDiskFull) {
            try oneClick.fillDisk()
            await world.pause(around: world.knobs.interval)
            try oneClick.freeDisk()
        }
        try await befallPremises(practice)
        try await befallCentral(practice)
    }

    private func befallPremises(_ practice: SimulatedPractice) async throws {
        if world.strikes(.journalLost) { practice.journal = SimulatedJournal() }
        if world.strikes(.copyRan) { practice.startCopy() }
        if world.strikes(.newInstallation) {
            await practice.enrolAnew()
            practice.startPremises()
        }
        if world.strikes(.catalogueChanged) {
            practice.isNarrow.toggle()
            practice.catalogue = practice.isNarrow ? narrower : catalogue
            practice.startPremises()
        }
    }

    private func befallCentral(_ practice: SimulatedPractice) async throws {
        await practice.untilNotPinning()
        let central = practice.central
        if practice.hasBackup, world.strikes(.centralRestored) {
            await practice.restore(isLatest: false)
        }
        if practice.hasBackup, world.strikes(.centralPowerCut) {
            await practice.restore(isLatest: true)
        }
        if world.strikes(.captureOff) {
            for _ in 0..<(1 + world.random(below: 4)) {
                try? central.workUnnoted(practice.office.work(), practice.catalogue)
            }
        }
        if world.strikes(.schemaChanged) { try? central.changeSchema() }
        if world.strikes(.historyExpired) { try? central.expire() }
    }

    /// The same catalogue with fewer clients in scope.
    private var narrower: Catalogue {
        var narrower = catalogue
        for index in narrower.tables.indices where narrower.tables[index].name == "clients" {
            narrower.tables[index].query += " AND c.office_id IS NOT 3"
            narrower.tables[index].fingerprint = "narrower"
        }
        return narrower
    }

    // MARK: At rest

    /// Faults stop: a few runs, and both sides are equal; what arrives late changes nothing.
    func settle(_ practice: SimulatedPractice, _ oneClick: SimulatedOneClick) async throws {
        guard !world.executor.isOver else { return }
        world.calm()
        world.note("calm")
        for practice in oneClick.practices {
            practice.isOfficeClosed = true
            practice.stopPremises()
        }
        try oneClick.freeDisk()
        practice.premisesOffset = .zero
        // The last transactions end.
        await world.sleep(.seconds(3700))
        practice.central.endAll()
        await untilAtRest(practice)
        try await checkAtRest(practice, oneClick)
        await checkQuiet(practice, oneClick)
        try await checkRolling(practice, oneClick)
        // Whoever slept wakes, whatever was late arrives.
        await world.sleep(.seconds(5 * 3600))
        practice.invariants.checkUntouched()
    }

    private func untilAtRest(_ practice: SimulatedPractice) async {
        var record = await runOnce(practice)
        var runs = 1
        while runs < 3 || record.outcome == .held || practice.invariants.isChangedByHand {
            guard !world.executor.isOver else { return }
            if record.needsEnrolment { await practice.decideWriter() }
            await practice.answerOnce(isCertain: true)
            // What was changed by hand behind a load that is taken up waits for the next full.
            if record.outcome == .succeeded, !practice.invariants.isChangedByHand { return }
            record = await runOnce(practice)
            runs += 1
            if runs > 10 { break }
        }
        if record.outcome == .held {
            let held = record.errors.filter { $0.code.hasPrefix("held") }
                .map { "\($0.table?.rawValue ?? "") \($0.key?.description ?? "") \($0.code)" }
            world.violate(
                "I13", "held although everything was answered: " + held.joined(separator: ", "))
        }
        if record.outcome > .held {
            world.violate("I14", "runs still fail: \(record.errors.first?.message ?? "")")
        }
    }

    private func runOnce(
        _ practice: SimulatedPractice, _ kind: RunKind? = nil
    ) async -> RunRecord {
        let premises = SimulatedPremises(practice)
        // Rolling verification would find it within a day; nobody waits that long here.
        let kind = kind ?? (practice.invariants.isChangedByHand ? .full : .change)
        let record = await premises.synchronise(RunRequest(kind: kind, trigger: .manual))
        await premises.close()
        return record
    }

    private func checkAtRest(
        _ practice: SimulatedPractice, _ oneClick: SimulatedOneClick
    ) async throws {
        guard !world.executor.isOver else { return }
        let expected = try expected(practice, oneClick)
        let status = try await oneClick.store.status(practice: practice.id)
        practice.invariants.checkAtRest(expected, status.exceptions)
        for sealed in try await oneClick.store.sealedValues() where !sealed.isWhatItSays {
            world.violate("I1", "\(sealed.place) cannot be opened, or holds another value")
        }
    }

    private func expected(
        _ practice: SimulatedPractice, _ oneClick: SimulatedOneClick
    ) throws -> Contents {
        try practice.central.read { db in
            try Contents(central: db, practice.catalogue, asOf: oneClick.today)
        }
    }

    /// What somebody changes in OneClick is found by change runs alone: each looks at the next
    /// slice, to the end of the table, and from its beginning.
    private func checkRolling(
        _ practice: SimulatedPractice, _ oneClick: SimulatedOneClick
    ) async throws {
        guard !world.executor.isOver, world.random(below: 4) == 0 else { return }
        let expected = try expected(practice, oneClick)
        let rows =
            catalogue.shapes.tables.map { shape in
                (expected.rows[shape.name]?.count ?? 0) + (expected.refused[shape.name]?.count ?? 0)
            }.max() ?? 0
        let slice = max(world.knobs.verificationRowsMin, rows / world.knobs.verificationParts + 1)
        let runs = 2 * (rows / slice + 1) + 1
        guard runs <= 20 else { return }
        try practice.invariants.changeByHand()
        for _ in 0..<runs where practice.invariants.firstUnmended(expected) != nil {
            _ = await runOnce(practice, .change)
        }
        if let row = practice.invariants.firstUnmended(expected) {
            world.violate("I14", "rolling verification passed over \(row)")
        }
    }

    private func checkQuiet(
        _ practice: SimulatedPractice, _ oneClick: SimulatedOneClick
    ) async {
        guard !world.executor.isOver else { return }
        let today = oneClick.today
        let again = await runOnce(practice)
        if again.rowsSent > 0, oneClick.today == today {
            world.violate("I8", "a run with nothing changed sent \(again.rowsSent) rows")
        }
    }
}

extension Catalogue {
    /// The same descriptions of some of the tables.
    func limited(to names: Set<TableName>) -> Catalogue {
        var limited = self
        limited.tables = tables.filter { names.contains($0.name) }
        limited.shapes.tables = shapes.tables.filter { names.contains($0.name) }
        limited.shapes.dataSets = shapes.dataSets.compactMap { set in
            let kept = set.tables.filter(names.contains)
            return kept.isEmpty ? nil : DataSet(name: set.name, tables: kept)
        }
        return limited
    }
}

extension OneClickStore.Sealed {
    /// Whether the vault can open it in its place, and finds what its fingerprint names.
    fileprivate var isWhatItSays: Bool {
        guard let text = try? Sealing.open(value.cipher, with: TestVault.privateKey, at: place)
        else { return false }
        return SealedValue.fingerprint(of: String(decoding: text, as: UTF8.self)).fingerprint
            == value.fingerprint
    }
}
