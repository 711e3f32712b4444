import SyncEngine
import SyncModel
import SyncProtocol

/// The engine's ports as one process has them: each step may be its last.

struct JournalPort: Journal {
    let premises: SimulatedPremises

    init(_ premises: SimulatedPremises) { self.premises = premises }

    func lastOpened() async throws -> (fence: Int, runs: [RunID]) {
        (premises.journal.fence, premises.journal.runs)
    }

    func save(fence: Int) async throws {
        try await premises.around("save fence") { premises.journal.save(fence: fence) }
    }

    func begin(_ run: RunStart) async throws {
        try await premises.around("begin") { premises.journal.begin(run.id) }
    }

    func record(_ run: RunRecord) async throws {
        try await premises.around("record") {}
    }
}

struct CentralPort: Source {
    let premises: SimulatedPremises

    init(_ premises: SimulatedPremises) { self.premises = premises }

    private static let locked = SyncError(
        .central, "Central is locked by another program.", hint: "Close it.", recovery: .retry)
    private static let full = SyncError(
        .central, "The disk that holds Central is full.", hint: "Free some space.",
        recovery: .retry)

    func pin(_ request: PinRequest) async throws -> Snapshot {
        try await premises.around("pin") {
            if premises.world.strikes(.centralLocked) { throw Self.locked }
            return try await premises.pin(request)
        }
    }

    func insert(_ mark: Mark, after predecessor: Mark?) async throws {
        try await premises.around("mark") {
            if premises.world.strikes(.centralLocked) { throw Self.locked }
            if premises.world.strikes(.centralDiskFull) { throw Self.full }
            premises.practice.invariants.marked(mark, of: premises.run)
            try await premises.openSource().insert(mark, after: predecessor)
        }
    }

    func affected(
        _ table: TableName, since checkpoint: Checkpoint, asOf: LocalDate
    ) async throws -> [KeyRange] {
        try await premises.around("affected") {
            try await premises.openSource().affected(table, since: checkpoint, asOf: asOf)
        }
    }

    func read(_ request: ReadRequest) async throws -> [Chunk] {
        try await premises.around("read") { try await premises.openSource().read(request) }
    }

    func unpin() async { await (try? premises.openSource())?.unpin() }
}

struct CloudPort: Cloud {
    let premises: SimulatedPremises
    private let installation: InstallationID
    private let network: SimulatedNetwork

    init(_ premises: SimulatedPremises, _ installation: InstallationID) {
        self.premises = premises
        self.installation = installation
        network = SimulatedNetwork(world: premises.world, oneClick: premises.practice.oneClick)
    }

    private func request(
        _ kind: SimulatedRequest.Kind, _ run: OpenRun, _ body: [UInt8]
    ) -> SimulatedRequest {
        SimulatedRequest(
            kind: kind, run: run.id, installation: installation, copy: premises.copy,
            token: run.token, body: body)
    }

    private func around<T>(
        _ kind: SimulatedRequest.Kind, _ body: () async throws -> T
    ) async throws -> T {
        try await premises.around(kind.rawValue, body)
    }

    func open(_ request: OpenRequest) async throws -> OpenAnswer {
        try await around(.open) {
            let answer: OpenAnswer = try await network.message(
                SimulatedRequest(
                    kind: .open, run: request.run, installation: installation, copy: premises.copy,
                    body: try WireJSON.encode(request)))
            premises.run = request.run
            premises.asOf = answer.asOf
            if answer.wentBack { premises.world.count(.cloudBehind) }
            if answer.tables.values.contains(where: { $0.load != nil }) {
                premises.world.count(.loadsTakenUp)
            }
            return answer
        }
    }

    func beginLoad(_ load: LoadRequest, in run: OpenRun) async throws {
        try await around(.beginLoad) {
            try await acknowledged(request(.beginLoad, run, try WireJSON.encode(load)))
        }
    }

    func plan(_ plan: Plan, in run: OpenRun) async throws -> PlanAnswer {
        try await around(.plan) {
            let bytes = try await network.send(request(.plan, run, plan.encoded()))
            do {
                return try PlanAnswer(frame: bytes, contentBytesMax: .max)
            } catch let error as SyncError where error.code == .malformed {
                throw SimulatedNetwork.foreign(.person)
            }
        }
    }

    func ship(_ batch: Batch, in run: OpenRun) async throws {
        try await around(.ship) { try await acknowledged(request(.ship, run, batch.encoded())) }
    }

    func commit(_ commit: CommitRequest, in run: OpenRun) async throws -> RunState {
        try await around(.commit) {
            try await network.message(request(.commit, run, try WireJSON.encode(commit)))
        }
    }

    func state(of run: RunID) async throws -> RunState {
        try await around(.state) {
            try await network.message(
                SimulatedRequest(kind: .state, run: run, installation: installation))
        }
    }

    func abandon(_ run: OpenRun, reason: String) async throws {
        try await around(.abandon) {
            let body = try WireJSON.encode(AbandonRequest(reason: reason))
            try await acknowledged(request(.abandon, run, body))
        }
    }

    func traffic() async -> Traffic { Traffic() }

    private func acknowledged(_ request: SimulatedRequest) async throws {
        _ = try await network.message(request) as Acknowledgement
    }
}
