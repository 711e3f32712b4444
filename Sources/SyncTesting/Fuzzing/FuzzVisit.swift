import OneClickStore
import SyncModel
import SyncProtocol

/// One input that could be decoded, given to OneClick's store as its sender may give it.
struct FuzzVisit {
    private let store: FuzzStore
    private let input: FuzzInput
    private let office: FuzzStore.Office

    init(_ store: FuzzStore, _ input: FuzzInput) {
        self.store = store
        self.input = input
        // The same for the same input, wherever it is judged.
        let sum = input.bytes.reduce(UInt8(0), &+)
        office = sum.isMultiple(of: 4) ? store.new : store.synchronised
    }

    func execute() async throws -> Fuzzer.Verdict {
        switch input.kind {
        case .batch: try await visited { try await ship() }
        case .plan: try await visited { try await plan() }
        case .openRequest: try await visited { try await open() }
        case .loadRequest: try await visited { try await load() }
        case .commitRequest: try await visited { try await commit() }
        case .answerRequest: try await visited { try await answer() }
        case .enrolmentRequest: try await visited { try await enrol() }
        case .abandonRequest: try await visited { try await abandon() }
        case .takeOverRequest: try await visited { try await takeOver() }
        default: .accepted
        }
    }

    private func visited(
        _ body: () async throws -> Fuzzer.Verdict
    ) async throws -> Fuzzer.Verdict {
        let verdict: Result<Fuzzer.Verdict, any Error>
        do { verdict = .success(try await body()) } catch { verdict = .failure(error) }
        try FuzzViolation.unless(
            try await store.contents(of: store.neighbour) == store.neighbours,
            "another practice's rows changed")
        try await requireUsable()
        try store.restore()
        return try verdict.get()
    }

    /// Whatever came, the practice can be looked at.
    private func requireUsable() async throws {
        do {
            _ = try WireJSON.encode(try await store.store.status(practice: office.id))
        } catch {
            throw FuzzViolation("afterwards the practice has no status: \(error)")
        }
    }

    /// A step whose refusal must leave the typed tables as they were; so must its success, unless
    /// it applies something.
    private func step(
        _ what: String, applies: Bool = false, _ body: () async throws -> Void
    ) async throws -> Bool {
        let before = try await store.contents(of: office)
        let refusal: SyncError?
        do {
            try await body()
            refusal = nil
        } catch let error as SyncError {
            try Fuzzer.check(error)
            refusal = error
        }
        guard refusal != nil || !applies else { return true }
        try FuzzViolation.unless(
            try await store.contents(of: office) == before,
            "\(what) changed what readers see (\(refusal?.message ?? "it was accepted"))")
        return refusal == nil
    }

    // MARK: Frames

    private func ship() async throws -> Fuzzer.Verdict {
        let batch = try Batch(
            frame: input.bytes, contentBytesMax: FuzzKind.contentBytesMax)
        let access = try await store.open(office, batch.run)
        guard store.shapes[batch.table] != nil else {
            _ = try await step("a batch of no table") {
                try await store.store.stage(batch, frame: input.bytes, access)
            }
            return .refused
        }
        if let load = batch.load {
            let request = LoadRequest(
                table: batch.table, load: load, base: FuzzStore.checkpoint)
            try await store.store.beginLoad(request, access, now: FuzzStore.now)
        }
        try await shipBefore(batch, access)
        // Before the first commit nobody looks, and a load lies in the tables at once.
        let isInPlace = office.id == store.new.id && batch.load != nil
        let isStaged = try await step("a batch that is staged", applies: isInPlace) {
            try await store.store.stage(batch, frame: input.bytes, access)
            try await store.store.stage(batch, frame: input.bytes, access)
        }
        guard isStaged, batch.number <= Self.numberMax else { return .refused }
        let tables = [batch.table: FuzzStore.commit(load: batch.load)]
        return try await commit(tables, batches: batch.number, access) ? .accepted : .refused
    }

    private static let numberMax = 16

    /// Batches are numbered from 1 on: empty ones before this one.
    private func shipBefore(
        _ batch: Batch, _ access: OneClickStore.RunAccess
    ) async throws {
        guard batch.number <= Self.numberMax else { return }
        for number in 1..<max(1, batch.number) {
            let empty = Batch(
                table: batch.table, run: batch.run, number: number, load: nil, mark: nil,
                covers: [], replaces: [])
            try await store.store.stage(empty, frame: empty.encoded(), access)
        }
    }

    private func plan() async throws -> Fuzzer.Verdict {
        let plan = try Plan(frame: input.bytes, contentBytesMax: FuzzKind.contentBytesMax)
        let access = try await store.open(office, RunID(rawValue: "run"))
        let isAnswered = try await step("a plan") {
            let answer = try await store.store.plan(plan, access)
            try FuzzViolation.unless(
                answer.verdicts.count == plan.entries.count, "an answer lacks verdicts")
            _ = try PlanAnswer(frame: answer.encoded(), contentBytesMax: .max)
        }
        return isAnswered ? .accepted : .refused
    }

    // MARK: Messages

    private func open() async throws -> Fuzzer.Verdict {
        let request = try WireJSON.decode(OpenRequest.self, from: input.bytes)
        // Who describes the tables otherwise gets no further.
        var fitting = request
        fitting.shapes = store.shapes.digests
        fitting.place = "here"
        for request in [request, fitting] {
            let isOpen = try await step("an opening") { _ = try await store.open(request, office) }
            guard isOpen else { continue }
            // Whatever fence it came with, the next run finds its way.
            let next = OpenRequest(
                run: RunID(rawValue: "next"), lastFence: 0, lastRuns: [request.run], kind: .full,
                purpose: .verify, server: "TEST", place: "here", shapes: store.shapes.digests)
            _ = try await store.open(next, office)
            return .accepted
        }
        return .refused
    }

    private func load() async throws -> Fuzzer.Verdict {
        let request = try WireJSON.decode(LoadRequest.self, from: input.bytes)
        let access = try await store.open(office, RunID(rawValue: "run"))
        let isBegun = try await step("a load that begins") {
            try await store.store.beginLoad(request, access, now: FuzzStore.now)
        }
        // What the next run is told of it.
        _ = try await store.open(office, RunID(rawValue: "run"))
        return isBegun ? .accepted : .refused
    }

    private func commit() async throws -> Fuzzer.Verdict {
        var request = try WireJSON.decode(CommitRequest.self, from: input.bytes)
        let access = try await store.open(office, RunID(rawValue: "run"))
        let asked = request
        _ = try await step("a commit of another version", applies: true) {
            _ = try await store.store.commit(asked, access, now: FuzzStore.now)
        }
        // The rest is looked at where version and batches fit.
        request.version = try await store.version(office)
        request.batches = 0
        for table in request.tables.keys { request.tables[table]?.load = nil }
        return try await commit(request, access) ? .accepted : .refused
    }

    private func commit(
        _ tables: [TableName: TableCommit], batches: Int, _ access: OneClickStore.RunAccess
    ) async throws -> Bool {
        var tables = tables
        // Security is committed together or not at all.
        if !Set(store.shapes.commitGroup).isDisjoint(with: tables.keys) {
            for table in store.shapes.commitGroup where tables[table] == nil {
                tables[table] = FuzzStore.commit(load: nil)
            }
        }
        let request = CommitRequest(
            version: try await store.version(office), batches: batches, tables: tables,
            mark: FuzzStore.checkpoint.mark)
        return try await commit(request, access)
    }

    private func commit(
        _ request: CommitRequest, _ access: OneClickStore.RunAccess
    ) async throws -> Bool {
        try await step("a commit", applies: true) {
            let receipt = try await store.store.commit(request, access, now: FuzzStore.now)
            let rows = try await store.contents(of: office).rows
            try FuzzViolation.unless(
                receipt.rows == rows, "a receipt counts \(receipt.rows), readers count \(rows)")
            let again = try await store.store.commit(request, access, now: FuzzStore.now)
            try FuzzViolation.unless(again == receipt, "a commit again has another receipt")
            let sent = try WireJSON.encode(RunState.committed(receipt))
            try FuzzViolation.unless(
                try WireJSON.decode(RunState.self, from: sent) == .committed(receipt),
                "a receipt reads back as something else")
        }
    }

    private func answer() async throws -> Fuzzer.Verdict {
        let request = try WireJSON.decode(AnswerRequest.self, from: input.bytes)
        let isTaken = try await step("an answer") {
            _ = try await store.store.answer(
                request, practice: office.id, now: FuzzStore.now)
        }
        return isTaken ? .accepted : .refused
    }

    private func enrol() async throws -> Fuzzer.Verdict {
        var request = try WireJSON.decode(EnrolmentRequest.self, from: input.bytes)
        for code in [request.code, FuzzStore.code] {
            request.code = code
            let asked = request
            let isEnrolled = try await step("an enrolment") {
                _ = try await store.store.enrol(
                    asked, installation: InstallationID(rawValue: "another"), now: FuzzStore.now)
            }
            if isEnrolled { return .accepted }
        }
        return .refused
    }

    private func takeOver() async throws -> Fuzzer.Verdict {
        let request = try WireJSON.decode(TakeOverRequest.self, from: input.bytes)
        let isTaken = try await step("a take-over") {
            _ = try await store.store.takeOver(
                request, office.installation, now: FuzzStore.now)
        }
        return isTaken ? .accepted : .refused
    }

    private func abandon() async throws -> Fuzzer.Verdict {
        let request = try WireJSON.decode(AbandonRequest.self, from: input.bytes)
        let access = try await store.open(office, RunID(rawValue: "run"))
        _ = try await step("a run that is abandoned") {
            try await store.store.abandon(access, reason: request.reason, now: FuzzStore.now)
        }
        return .accepted
    }
}
