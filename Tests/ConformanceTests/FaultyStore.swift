import OneClickStore
import SyncModel
import SyncProtocol
import SyncTesting

/// A store that does one thing wrong.
struct FaultyStore: StoreUnderTest {
    enum Fault: Sendable { case forgetsException, writesNoAbort, findsAllEqual, answersUnseen }

    let store: any StoreUnderTest
    let fault: Fault

    static func kind(_ fault: Fault) -> StoreKind {
        StoreKind("a store that \(fault)") { folder, shapes, limits in
            FaultyStore(
                store: try StoreKind.sqlite[0].make(folder, shapes, limits), fault: fault)
        }
    }

    func state(
        of run: RunID, practice: PracticeID, now: Timestamp
    ) async throws -> RunState {
        if fault == .writesNoAbort { return .aborted(reason: "never heard of") }
        return try await store.state(of: run, practice: practice, now: now)
    }

    func plan(_ plan: Plan, _ access: OneClickStore.RunAccess) async throws -> PlanAnswer {
        var answer = try await store.plan(plan, access)
        if fault == .findsAllEqual {
            answer.verdicts = answer.verdicts.map { $0 == .differs ? .equal : $0 }
        }
        return answer
    }

    func status(practice: PracticeID) async throws -> StatusAnswer {
        var status = try await store.status(practice: practice)
        if fault == .forgetsException { status.exceptions = status.exceptions.dropLast() }
        return status
    }

    func answer(
        _ request: AnswerRequest, practice: PracticeID, now: Timestamp
    ) async throws -> AnswerReceipt {
        var request = request
        if fault == .answersUnseen { request.seenAt = now }
        return try await store.answer(request, practice: practice, now: now)
    }

    // MARK: Done rightly

    func addPractice(
        name: String, timeZone: String, code: String, codeExpires: Timestamp,
        by person: String, now: Timestamp
    ) async throws -> PracticeID {
        try await store.addPractice(
            name: name, timeZone: timeZone, code: code, codeExpires: codeExpires,
            by: person, now: now)
    }

    func enrol(
        _ request: EnrolmentRequest, installation: InstallationID, now: Timestamp
    ) async throws -> EnrolmentAnswer {
        try await store.enrol(request, installation: installation, now: now)
    }

    func installation(_ id: InstallationID) async throws -> OneClickStore.Installation? {
        try await store.installation(id)
    }

    func open(
        _ request: OpenRequest, installation: OneClickStore.Installation, token: String,
        asOf: LocalDate, now: Timestamp
    ) async throws -> OpenAnswer {
        try await store.open(
            request, installation: installation, token: token, asOf: asOf, now: now)
    }

    func access(
        token: String, run: RunID, now: Timestamp
    ) async throws -> OneClickStore.RunAccess {
        try await store.access(token: token, run: run, now: now)
    }

    func beginLoad(
        _ request: LoadRequest, _ access: OneClickStore.RunAccess, now: Timestamp
    ) async throws {
        try await store.beginLoad(request, access, now: now)
    }

    func stage(_ batch: Batch, frame: [UInt8], _ access: OneClickStore.RunAccess) async throws {
        try await store.stage(batch, frame: frame, access)
    }

    func commit(
        _ request: CommitRequest, _ access: OneClickStore.RunAccess, now: Timestamp
    ) async throws -> Receipt {
        try await store.commit(request, access, now: now)
    }

    func abandon(
        _ access: OneClickStore.RunAccess, reason: String, now: Timestamp
    ) async throws {
        try await store.abandon(access, reason: reason, now: now)
    }

    func typedRows(_ shape: TableShape, of practice: PracticeID) async throws -> [TypedRow] {
        try await store.typedRows(shape, of: practice)
    }
}
