import GRDB
import OneClickStore
import SyncEngine
import SyncModel
import SyncProtocol

/// OneClick: several nodes without state of their own over the real store.
///
/// Used by the world's one thread only.
final class SimulatedOneClick: @unchecked Sendable {
    let store: OneClickStore
    private let world: SimulatedWorld
    private let tear: Tear
    private var nodes: [Node]
    private var clockOffset = Duration.zero
    private(set) var practices: [SimulatedPractice] = []
    private var backup: (store: OneClickStore, states: [KnownState])?
    private(set) var restores = 0
    /// Changes that are carried out and not yet noted: what is known belongs to neither side of
    /// them.
    private var changing = 0
    private var names = 0

    private struct Node {
        var isDown = false
        /// The commits it is about to carry out.
        var underWay: [PracticeID: RunID] = [:]
    }

    init(world: SimulatedWorld, shapes: Shapes) throws {
        self.world = world
        tear = Tear(world)
        nodes = Array(repeating: Node(), count: world.knobs.nodes)
        store = try OneClickStore.inMemory(
            shapes: shapes, vault: TestVault.key, limits: world.knobs.limits,
            batches: world.knobs.batches)
        try store.inDatabase { $0.add(transactionObserver: tear) }
    }

    var now: Timestamp { world.now + clockOffset }
    var today: LocalDate { now.dateInUTC }

    func add(_ practice: SimulatedPractice) { practices.append(practice) }

    /// The end of the world: it lets go of its practices, which hold it.
    func close() { practices = [] }

    // MARK: People

    func addPractice() async throws -> (PracticeID, InstallationID) {
        let code = nextName("code")
        let id = try await store.addPractice(
            name: "Simulated", timeZone: "Etc/UTC", code: code,
            codeExpires: now + .seconds(86_400), by: "a test", now: now)
        return (id, try await enrol(code))
    }

    /// What a person does whose installation was refused, or replaced by another.
    func enrol(_ practice: SimulatedPractice) async throws -> InstallationID {
        let code = nextName("code")
        changing += 1
        defer { changing -= 1 }
        try await store.addCode(
            code, of: practice.id, expires: now + .seconds(86_400), by: "a test", now: now)
        let installation = try await enrol(code)
        practice.invariants.enrolled(installation)
        return installation
    }

    /// - Returns: the fence of whoever took over.
    func takeOver(_ practice: SimulatedPractice) async throws -> Int? {
        let lastCopy = practice.copies
        let request = TakeOverRequest(
            server: "SERVER", place: "here", lastFence: practice.journal.fence, isConfirmed: true)
        guard let found = try await store.installation(practice.installation) else { return nil }
        changing += 1
        defer { changing -= 1 }
        let fence = try await store.takeOver(request, found, now: now).fence
        practice.invariants.decided(againstCopiesUpTo: lastCopy)
        return fence
    }

    /// To held removals, or to the question whose Central this is.
    func answer(_ request: AnswerRequest, _ practice: SimulatedPractice) async throws {
        let now = now
        changing += 1
        defer { changing -= 1 }
        _ = try await store.answer(request, practice: practice.id, now: now)
        practice.invariants.answered(request, at: now)
    }

    private func enrol(_ code: String) async throws -> InstallationID {
        let installation = InstallationID(rawValue: nextName("installation"))
        let request = EnrolmentRequest(
            protocolVersion: protocolVersion, code: code, publicKey: "-", server: "SERVER",
            place: "here")
        return try await store.enrol(request, installation: installation, now: now).installation
    }

    private func nextName(_ what: String) -> String {
        names += 1
        return "\(what)-\(names)"
    }

    // MARK: Requests

    /// One request on one node: bytes in, bytes out, as the server does it.
    func answer(_ request: SimulatedRequest) async throws -> [UInt8] {
        let node = world.random(below: nodes.count)
        guard !nodes[node].isDown else { throw SimulatedNetwork.unreachable }
        let dies = world.strikes(.nodeDied)
        if dies, world.random(below: 2) == 0 { throw die(node) }
        do {
            let answer = try await perform(request, node)
            if dies { throw die(node) }
            return answer
        } catch is Tear.Torn {
            throw die(node)
        }
    }

    private func die(_ node: Int) -> SyncError {
        nodes[node] = Node(isDown: true)
        world.start { [self] in
            await world.sleep(.seconds(20))
            nodes[node].isDown = false
        }
        return SimulatedNetwork.unreachable
    }

    private func perform(_ request: SimulatedRequest, _ node: Int) async throws -> [UInt8] {
        let body = request.body
        switch request.kind {
        case .open: return try await open(request)
        case .beginLoad:
            let message: LoadRequest = try WireJSON.decode(from: body)
            let access = try await access(request)
            try await store.beginLoad(message, access, now: now)
            practice(access.practice)?.invariants.wrote(access.run)
        case .plan:
            let plan = try Plan(frame: body, contentBytesMax: .max)
            return try await store.plan(plan, access(request)).encoded()
        case .ship:
            let batch = try Batch(frame: body, contentBytesMax: .max)
            try await stage(batch, request)
        case .commit: return try await commit(request, node)
        case .state:
            let installation = try await installation(request)
            if nodes[node].underWay[installation.practice] == request.run {
                return try WireJSON.encode(RunState.committing)
            }
            return try WireJSON.encode(
                try await store.state(of: request.run, from: installation, now: now))
        case .abandon:
            let message: AbandonRequest = try WireJSON.decode(from: body)
            try await store.abandon(access(request), reason: message.reason, now: now)
        }
        return try WireJSON.encode(Acknowledgement(run: request.run))
    }

    private func installation(
        _ request: SimulatedRequest
    ) async throws -> OneClickStore.Installation {
        guard let found = try await store.installation(request.installation) else {
            throw SyncError("installation", "Not enrolled.", hint: "Enrol.")
        }
        return found
    }

    private func access(_ request: SimulatedRequest) async throws -> OneClickStore.RunAccess {
        try await store.access(token: request.token, run: request.run, now: now)
    }

    private func open(_ request: SimulatedRequest) async throws -> [UInt8] {
        let message: OpenRequest = try WireJSON.decode(from: request.body)
        let installation = try await installation(request)
        let invariants = practice(installation.practice)?.invariants
        changing += 1
        defer { changing -= 1 }
        do {
            let answer = try await store.open(
                message, installation: installation, token: world.token(), asOf: today, now: now)
            invariants?.opened(request, at: message.place, message.purpose)
            return try WireJSON.encode(answer)
        } catch let error as SyncError {
            invariants?.refused(error)
            throw error
        }
    }

    private func stage(_ batch: Batch, _ request: SimulatedRequest) async throws {
        let access = try await access(request)
        changing += 1
        defer { changing -= 1 }
        try await store.stage(batch, frame: request.body, access)
        practice(access.practice)?.invariants.staged(batch)
    }

    private func practice(_ id: PracticeID) -> SimulatedPractice? {
        practices.first { $0.id == id }
    }

    // MARK: Commit

    private func commit(_ request: SimulatedRequest, _ node: Int) async throws -> [UInt8] {
        let message: CommitRequest = try WireJSON.decode(from: request.body)
        let access = try await access(request)
        if let other = nodes[node].underWay[access.practice] {
            guard other == access.run else {
                throw SyncError(
                    .commitInProgress, "Another one is being committed.", hint: "Wait.",
                    recovery: .retryAfter(.seconds(5)))
            }
            return try WireJSON.encode(RunState.committing)
        }
        guard world.strikes(.commitSlow) else {
            return try WireJSON.encode(RunState.committed(try await apply(message, access)))
        }
        nodes[node].underWay[access.practice] = access.run
        // Somebody who does not wait restarts the service.
        let isOvertaken = world.strikes(.commitOvertaken)
        if isOvertaken { practice(access.practice)?.startPremises(isPrompt: true) }
        world.start { [self] in
            let longest = isOvertaken ? 300 : world.pick([20, 20, 20, 300])
            await world.sleep(.seconds(1 + world.random(below: longest)))
            // A node that died meanwhile does not do it any more.
            guard nodes[node].underWay[access.practice] == access.run else { return }
            _ = try? await apply(message, access)
            nodes[node].underWay[access.practice] = nil
        }
        return try WireJSON.encode(RunState.committing)
    }

    private func apply(
        _ request: CommitRequest, _ access: OneClickStore.RunAccess
    ) async throws -> Receipt {
        guard let practice = practice(access.practice) else { throw SimulatedNetwork.unreachable }
        practice.invariants.checkUntouched()
        // The commit's one transaction; another, if it had one.
        tear.passes = world.strikes(.commitTorn) ? world.random(below: 2) : nil
        let now = now
        changing += 1
        defer {
            tear.passes = nil
            changing -= 1
        }
        do {
            let receipt = try await store.commit(request, access, now: now)
            practice.invariants.committed(request, access.run, receipt, at: now)
            return receipt
        } catch let error as SyncError {
            if error.code == .fenced { world.count(.fenced) }
            throw error
        }
    }

    // MARK: What befalls it

    func backUp() throws {
        guard changing == 0 else { return }
        // One after the other in the same place: a new store costs as much as many steps.
        let copy =
            try backup?.store
            ?? OneClickStore.inMemory(
                shapes: Shapes(dataSets: [], tables: []), vault: TestVault.key)
        try store.copy(to: copy)
        backup = (copy, practices.map(\.invariants.memory))
    }

    func restore() throws {
        guard let backup, backup.states.count == practices.count else { return }
        try backup.store.copy(to: store)
        restores += 1
        for (practice, memory) in zip(practices, backup.states) {
            practice.invariants.memory = memory
        }
        for index in nodes.indices { nodes[index].underWay = [:] }
    }

    /// Between two steps of a run: copied, and now and then taken back to such a copy.
    func goOn() throws {
        guard world.knobs.faults[.cloudRestoredIntoRun] != nil else { return }
        if canBeRestored, world.strikes(.cloudRestoredIntoRun) { return try restore() }
        if world.random(below: 12) == 0 { try backUp() }
    }

    var canBeRestored: Bool { backup != nil && changing == 0 }

    /// Not a page more than there is now.
    func fillDisk() throws {
        try store.inDatabase { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            try db.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
    }

    func freeDisk() throws {
        try store.inDatabase { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
    }

    func moveClock() {
        let hours = world.random(below: 200) - 100
        clockOffset = .seconds(hours * 3600)
        world.note("cloud clock", "\(hours) h")
    }

    func setClockRight() { clockOffset = .zero }
}

/// Takes a transaction back when everything in it is done.
private final class Tear: TransactionObserver {
    struct Torn: Error {}
    /// How many transactions pass before the one that is torn; nil for none.
    var passes: Int?
    private let world: SimulatedWorld

    init(_ world: SimulatedWorld) { self.world = world }

    func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
    func databaseDidChange(with event: DatabaseEvent) {}
    func databaseDidCommit(_ db: Database) {}
    func databaseDidRollback(_ db: Database) {}

    func databaseWillCommit() throws {
        let isOnce = world.strikesOnce(.tear)
        guard isOnce || passes == 0 else {
            passes = passes.map { $0 - 1 }
            return
        }
        passes = nil
        throw Torn()
    }
}
