import HTTPTypes
import Hummingbird
import NIOCore
import PortalService
import SyncEngine
import SyncModel
import SyncProtocol
import WebSupport

/// The API, `/api/v1`: what the pages show and do, for programs. `openapi.yaml` describes it.
extension Console {
    /// What `GET /api/v1/status` answers.
    struct StatusReport: Encodable {
        var service: Portal.Status
        var connections: Connections.State
        var lastGood: RunSummary?
        var version: String
    }

    /// Who asks by the API: a browser's session, or the owner of the control socket.
    private struct Caller {
        var name: String
        var isLocal = false

        /// The command line says itself for whom it asks; a session cannot.
        func name(_ said: String?) -> String { isLocal ? said ?? name : name }
    }

    func addAPI(to router: Router<ConsoleContext>) {
        let api = router.group("api/v1")
        api.get("openapi.yaml") { request, context in
            _ = try await caller(request, context)
            let bytes = WebFiles.all["openapi.yaml"] ?? []
            return Response(
                status: .ok, headers: [.contentType: "application/yaml"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        }
        addLooking(to: api)
        addActing(to: api)
    }

    private func addLooking(to api: RouterGroup<ConsoleContext>) {
        api.get("status") { request, context in
            _ = try await caller(request, context)
            return try Response.json(
                StatusReport(
                    service: await portal.status(), connections: await connections.state,
                    lastGood: try await journal.lastApplied(), version: settings.version))
        }
        api.get("runs") { request, context in
            _ = try await caller(request, context)
            let query = try Self.exactQuery(request)
            let limit = try Self.limit(request, else: 50, atMost: 1_000)
            return try Response.json(
                try await journal.history(
                    query.filter, before: query.before, limit: limit,
                    isUnderway: await portal.status().isRunning))
        }
        api.get("records") { request, context in
            _ = try await caller(request, context)
            let limit = try Self.limit(request, else: 20, atMost: 10_000)
            return try Response.json(
                try await journal.runs(
                    limit: limit, isUnderway: await portal.status().isRunning))
        }
        api.get("runs/:id") { request, context in
            _ = try await caller(request, context)
            return try Response.json(try await run(context))
        }
        api.get("tickets/:ticket") { request, context in
            _ = try await caller(request, context)
            let ticket = try context.parameters.require("ticket", as: Int.self)
            guard let standing = await portal.standing(of: ticket) else {
                throw SyncError(
                    "ticket", "The service does not know this request any more.",
                    hint: "`syncworker runs` lists what became of it.")
            }
            return try Response.json(standing)
        }
        api.get("audit") { request, context in
            _ = try await caller(request, context)
            return try Response.json(try await journal.audit(limit: 1_000))
        }
    }

    /// Throws `form` for a word that stands for nothing: a program must not take another list for
    /// the one that it asked for.
    private static func exactQuery(_ request: Request) throws -> HistoryQuery {
        let query = query(request)
        let isRead = [
            "before": query.before != nil, "outcome": query.outcome != nil,
            "kind": query.kind != nil,
        ]
        for name in isRead.keys.sorted() where isRead[name] == false {
            if let text = request.parameters[name] { throw unreadable(name, text) }
        }
        return query
    }

    private static func limit(
        _ request: Request, else standard: Int, atMost most: Int
    ) throws -> Int {
        guard let text = request.parameters["limit"] else { return standard }
        guard let limit = Int(text), (1...most).contains(limit) else {
            throw unreadable("limit", text)
        }
        return limit
    }

    private static func unreadable(_ name: String, _ text: String) -> SyncError {
        SyncError(
            .form, "\(name) cannot be \"\(text.prefix(40))\".",
            hint: "/api/v1/openapi.yaml says what it can be.")
    }

    private func addActing(to api: RouterGroup<ConsoleContext>) {
        api.post("runs") { request, context in
            let caller = try await caller(request, context, isActing: true)
            let asked: RunRequest = try await Self.message(request)
            return try Response.json(try await start(asked, by: caller.name(asked.person)))
        }
        api.post("stop") { request, context in
            let caller = try await caller(request, context, isActing: true)
            return try Response.json(try await stop(by: caller.name))
        }
        api.put("timetable") { request, context in
            let caller = try await caller(request, context, isActing: true)
            let wanted: TimetableRequest = try await Self.message(request)
            try await set(
                intervalMinutes: wanted.intervalMinutes, quietHours: wanted.quietHours,
                by: caller.name)
            return try Response.json(await portal.status().timetable)
        }
        api.post("pause") { request, context in
            let caller = try await caller(request, context, isActing: true)
            let wanted: PauseRequest = try await Self.message(request)
            try await pause(reason: wanted.reason, by: caller.name)
            return try Response.json(await portal.status().timetable)
        }
        api.post("resume") { request, context in
            let caller = try await caller(request, context, isActing: true)
            try await resume(by: caller.name)
            return try Response.json(await portal.status().timetable)
        }
        api.post("answers") { request, context in
            let caller = try await caller(request, context, isActing: true)
            let asked: AnswerRequest = try await Self.message(request)
            return try Response.json(try await answer(asked, by: caller.name(asked.person)))
        }
    }

    private struct TimetableRequest: Decodable {
        var intervalMinutes: Int?
        /// None where it is missing.
        var quietHours: QuietHours?
    }

    private struct PauseRequest: Decodable {
        var reason: String
    }

    /// Throws unless the caller may look, or act. A browser's session proves with a header that the
    /// request came from a page of ours.
    private func caller(
        _ request: Request, _ context: ConsoleContext, isActing: Bool = false
    ) async throws -> Caller {
        if let name = context.localUser { return Caller(name: name, isLocal: true) }
        let visitor = try await signedIn(request)
        try visitor.mayLook()
        if isActing {
            try Self.checkOrigin(of: request)
            guard let header = HTTPField.Name("X-Form-Token"),
                request.headers[header] == visitor.session.formToken
            else {
                throw SyncError(
                    .form, "The header X-Form-Token does not belong to this session.",
                    hint: "Send the value of a form's field form_token.")
            }
            try visitor.mayAct()
        }
        return Caller(name: visitor.name)
    }

    private static func message<Message: Decodable>(_ request: Request) async throws -> Message {
        do {
            let body = try await request.body.collect(upTo: 1 << 20)
            return try WireJSON.decode(from: Array(body.readableBytesView))
        } catch is NIOTooManyBytesError {
            throw SyncError(
                "too_large", "The request is larger than the console takes.",
                hint: "Send less of it; nothing was changed.")
        }
    }
}

extension Response {
    static func json(
        _ message: some Encodable, _ status: HTTPResponse.Status = .ok
    ) throws -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: try WireJSON.encode(message))))
    }
}

extension ErrorAnswer {
    init(_ error: SyncError) {
        self.init(code: error.code.rawValue, message: error.message, hint: error.hint)
    }
}
