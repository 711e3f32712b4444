import GRDB
import OneClickStore
import SyncEngine
import SyncModel
import SyncProtocol
import Synchronization

/// Takes down every body that passes between the two sides.
final class FuzzRecorder: Cloud {
    private let cloud: StoreCloud
    private let taken = Mutex<[FuzzCorpus.Entry]>([])

    init(_ cloud: StoreCloud) { self.cloud = cloud }

    var entries: [FuzzCorpus.Entry] { taken.withLock(\.self) }

    func note(_ what: String, _ kind: FuzzKind, _ bytes: [UInt8]) {
        let input = FuzzInput(kind: kind, bytes: bytes)
        let name = input.fileName(what)
        taken.withLock { entries in
            guard !entries.contains(where: { $0.name == name || $0.input == input }) else { return }
            entries.append(.init(name: name, input: input))
        }
    }

    func note(_ what: String, _ kind: FuzzKind, _ message: some Encodable) throws {
        note(what, kind, try WireJSON.encode(message))
    }

    func open(_ request: OpenRequest) async throws -> OpenAnswer {
        try note(request.kind.rawValue, .openRequest, request)
        let answer = try await cloud.open(request)
        try note("version-\(answer.version)", .openAnswer, answer)
        return answer
    }

    func beginLoad(_ request: LoadRequest, in run: OpenRun) async throws {
        if request.table == "clients" { try note("clients", .loadRequest, request) }
        try await cloud.beginLoad(request, in: run)
        try note("load", .acknowledgement, Acknowledgement(run: run.id))
    }

    func plan(_ plan: Plan, in run: OpenRun) async throws -> PlanAnswer {
        let answer = try await cloud.plan(plan, in: run)
        var what = "\(plan.table)-probe"
        if case .detail? = plan.entries.first?.content { what = "\(plan.table)-detail" }
        note(what, .plan, plan.encoded())
        note(what, .planAnswer, answer.encoded())
        return answer
    }

    func ship(_ batch: Batch, in run: OpenRun) async throws {
        let what = "\(batch.table)-\(batch.load == nil ? "change" : "load")"
        note(what, .batch, batch.encoded())
        try await cloud.ship(batch, in: run)
    }

    func commit(_ request: CommitRequest, in run: OpenRun) async throws -> RunState {
        try note("version-\(request.version)", .commitRequest, request)
        let state = try await cloud.commit(request, in: run)
        try note("committed-\(request.version)", .runState, state)
        return state
    }

    func state(of run: RunID) async throws -> RunState { try await cloud.state(of: run) }

    func abandon(_ run: OpenRun, reason: String) async throws {
        try await cloud.abandon(run, reason: reason)
    }

    func traffic() async -> Traffic { Traffic() }
}

extension FuzzCorpus {
    /// Records real runs of a small practice: a first synchronisation, changes, removals that are
    /// held, a row that is refused, a full; and writes the few messages that no run sends.
    public static func recorded() async throws -> FuzzCorpus {
        let practice = try await Practice(fill: Practice.threeClients)
        let recorder = FuzzRecorder(practice.cloud)
        func run(_ kind: RunKind = .change) async throws {
            let record = try await practice.run(kind, through: recorder)
            try require(record.outcome < .stopped, "a run to record failed: \(record.errors)")
        }
        try await run()
        try practice.office(
            """
            UPDATE contact SET phone = '01' WHERE id = 1;
            UPDATE ap_nominal SET main_code = ' ' WHERE id = 1;
            DELETE FROM ap_transaction WHERE period_id < 3;
            UPDATE client SET status = 'closed' WHERE id = 2;
            """)
        try await run()
        try practice.office("UPDATE ap_transaction SET amount_pence = 7 WHERE period_id = 3")
        try await run(.full)
        try recorder.note("held", .statusAnswer, try await practice.status())
        try recorder.noteTheRest(now: practice.world.now)
        return FuzzCorpus(entries: recorder.entries)
    }
}

extension FuzzRecorder {
    fileprivate func noteTheRest(now: Timestamp) throws {
        let batch = FuzzShapes.batch
        note("every-type-load", .batch, batch.encoded())
        note("every-type-detail", .plan, FuzzShapes.plan.encoded())
        try note(
            "first", .enrolmentRequest,
            EnrolmentRequest(
                protocolVersion: protocolVersion, code: "ABCD-EFGH-JKLM", publicKey: "PEM",
                server: "OFFICE", place: "here"))
        try note(
            "first", .enrolmentAnswer,
            EnrolmentAnswer(
                practice: PracticeID(rawValue: 1), practiceName: "Example & Co",
                installation: InstallationID(rawValue: "0123456789abcdef")))
        try note("stopped", .abandonRequest, AbandonRequest(reason: "A person stopped it."))
        for (what, keys) in [("all", nil), ("some", [Key(2), Key([.integer(2), .text("x")])])] {
            try note(
                what, .answerRequest,
                AnswerRequest(
                    answer: keys == nil ? .keep : .approve, table: "clients", keys: keys,
                    seenAt: now, person: "A person"))
        }
        try note("two", .answerReceipt, AnswerReceipt(answered: 2))
        try note("next", .keyRequest, KeyRequest(publicKey: "PEM"))
        try note("next", .keyAnswer, KeyAnswer(fingerprint: "0123-4567-89AB-CDEF-0123"))
        try note(
            "sure", .takeOverRequest,
            TakeOverRequest(server: "OFFICE", place: "here", lastFence: 3, isConfirmed: true))
        try note(
            "done", .takeOverAnswer,
            TakeOverAnswer(
                practiceName: "Example & Co", fence: 4, server: "OFFICE", openedAt: now,
                refusedServer: "OTHER", refusedSince: now))
        try note("open", .runState, RunState.open)
        try note("aborted", .runState, RunState.aborted(reason: "a later run was opened"))
        try note(
            "busy", .errorAnswer,
            ErrorAnswer(
                code: "busy", message: "OneClick is shutting down.",
                hint: "The next attempt carries on.", retryAfterSeconds: 10))
    }
}

extension Practice {
    /// Few rows, because every input of the fuzzer looks at all of them.
    static func threeClients(_ db: Database) throws {
        try fewClients(db)
        try db.execute(
            sql: """
                DELETE FROM ap_transaction WHERE period_id > 3;
                DELETE FROM ap_period WHERE client_id > 3;
                DELETE FROM business WHERE client_id > 3;
                DELETE FROM client_team WHERE client_id > 3;
                DELETE FROM client WHERE id > 3;
                DELETE FROM ap_nominal WHERE id > 6;
                """)
    }

    func status() async throws -> StatusAnswer { try await cloud.store.status(practice: id) }
}
