import Foundation
import HTTPTypes
import Hummingbird
import OneClickStore
import SyncModel
import SyncProtocol

/// The requests of a run, in its order.
extension SyncAPI {
    func addRunRoutes(to api: RouterGroup<APIContext>) {
        api.post("runs") { request, _ in try await open(request) }
        let runs = api.group("runs/:run")
        runs.get { request, context in try await state(request, try run(context)) }
        runs.post("loads") { request, context in try await load(request, try run(context)) }
        runs.post("plans") { request, context in try await plan(request, try run(context)) }
        runs.put("batches/:number") { request, context in
            let number = try context.parameters.require("number", as: Int.self)
            return try await ship(request, try run(context), number)
        }
        runs.post("commit") { request, context in try await commit(request, try run(context)) }
        runs.post("abandon") { request, context in try await abandon(request, try run(context)) }
    }

    private func run(_ context: APIContext) throws -> RunID {
        RunID(rawValue: try context.parameters.require("run"))
    }

    /// Who may act for the run; asked before a byte of the body is taken in.
    private func access(
        _ request: Request, _ run: RunID
    ) async throws -> OneClickStore.RunAccess {
        let access = try await store.access(token: try request.bearer(), run: run, now: now())
        let sender = access.installation?.rawValue ?? "practice \(access.practice)"
        try rates.take(sender, now: now())
        return access
    }

    private func open(_ request: Request) async throws -> Response {
        let sender = try await sender(of: request)
        let open = try await request.message(OpenRequest.self)
        try checkName(open.run)
        // Said before anything waits for the database, which a long commit keeps busy.
        try await commits.checkNone(of: sender.installation.practice)
        let installation = try await assertions.use(sender)
        let now = now()
        return try .json(
            try await store.open(
                open, installation: installation, token: RandomToken.make(byteCount: 32),
                asOf: try Self.localDate(at: now, in: installation.timeZone), now: now))
    }

    /// A run's name stands in addresses and logs.
    private func checkName(_ run: RunID) throws {
        let letters = run.rawValue.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte & 0xDF)
        }
        guard letters, (1...128).contains(run.rawValue.utf8.count) else {
            throw SyncError(
                .malformed, "The name of the synchronisation is not one that OneClick takes.",
                hint: "Use a released version of SyncWorker, which names its synchronisations.")
        }
    }

    /// The date that the practice's office sees on its calendar.
    static func localDate(at now: Timestamp, in zone: String) throws -> LocalDate {
        guard let zone = TimeZone(identifier: zone) else {
            throw SyncError(
                "time_zone", "The practice's time zone \"\(zone)\" is not known to OneClick.",
                hint: "Ask OneClick's operator to correct it; names are such as Europe/London.")
        }
        let moment = Date(timeIntervalSince1970: Double(now.microsecondsSince1970) / 1_000_000)
        return (now + .seconds(zone.secondsFromGMT(for: moment))).dateInUTC
    }

    private func load(_ request: Request, _ run: RunID) async throws -> Response {
        let access = try await access(request, run)
        try await store.beginLoad(try await request.message(), access, now: now())
        return try .json(Acknowledgement(run: run))
    }

    private func plan(_ request: Request, _ run: RunID) async throws -> Response {
        let access = try await access(request, run)
        let plan = try Plan(
            frame: try await request.bytes(upTo: BodyLimit.frameBytesMax),
            contentBytesMax: BodyLimit.contentBytesMax)
        return .frame(try await store.plan(plan, access).encoded())
    }

    private func ship(_ request: Request, _ run: RunID, _ number: Int) async throws -> Response {
        let access = try await access(request, run)
        let frame = try await request.bytes(upTo: BodyLimit.frameBytesMax)
        let batch = try Batch(frame: frame, contentBytesMax: BodyLimit.contentBytesMax)
        guard batch.number == number, batch.run == run else {
            throw WireReader.malformed("is another batch than its address says")
        }
        try await store.stage(batch, frame: frame, access)
        return try .json(Acknowledgement(run: run))
    }

    private func commit(_ request: Request, _ run: RunID) async throws -> Response {
        let access = try await access(request, run)
        let commit = try await request.message(
            CommitRequest.self, upTo: BodyLimit.commitBytesMax)
        let state = try await commits.commit(commit, access)
        return try .json(state, state == .committing ? .accepted : .ok)
    }

    private func abandon(_ request: Request, _ run: RunID) async throws -> Response {
        let access = try await access(request, run)
        let abandon = try await request.message(AbandonRequest.self)
        try await commits.checkNone(of: access.practice)
        try await store.abandon(access, reason: String(abandon.reason.prefix(500)), now: now())
        return try .json(Acknowledgement(run: run))
    }

    private func state(_ request: Request, _ run: RunID) async throws -> Response {
        let sender = try await sender(of: request)
        try checkName(run)
        // Said before anything waits for the database, which the commit itself keeps busy.
        if await commits.run(of: sender.installation.practice) == run {
            return try .json(RunState.committing)
        }
        let installation = try await assertions.use(sender)
        return try .json(
            try await store.state(of: run, from: installation, now: now()))
    }
}
