import HTTPTypes
import SyncEngine
import SyncModel
import Testing
import WebSupport

@testable import ManagementConsole

/// A route and what each kind of visitor should get from it.
struct Route: Sendable, CustomStringConvertible {
    enum Kind: Sendable {
        /// The sign-in page, files: for everybody.
        case open(signedOut: Int, signedIn: Int)
        /// A page for everybody who is signed in.
        case home
        /// A page, an export, a stream.
        case page
        case action
        case looking
        case acting
    }

    /// As the router writes it.
    var description: String
    var kind: Kind
    var uri: String
    /// Fields of a form, or JSON.
    var fields: KeyValuePairs<String, String> = [:]
    var json = ""
    /// What the journal says that the visitor did; nil for nothing.
    var deed: String?
    /// The status where the visitor may; nil for the usual one of its kind.
    var done: Int?

    var method: HTTPRequest.Method { .init(description.split(separator: " ")[0].description)! }

    static let all: [Route] = [
        Route("GET /sign-in", .open(signedOut: 200, signedIn: 303)),
        Route(
            "POST /sign-in", .open(signedOut: 401, signedIn: 401),
            fields: ["login": "jane", "password": "wrong"]),
        Route("POST /sign-out", .open(signedOut: 303, signedIn: 303)),
        Route(
            "GET /files/{version}/{name}", .open(signedOut: 200, signedIn: 200),
            uri: WebFiles.path + "/console.css"),
        Route("GET /", .home),
        Route("GET /console", .page), Route("GET /console/full", .page),
        Route("GET /console/history", .page), Route("GET /console/errors", .page),
        Route("GET /console/held", .page), Route("GET /console/schedule", .page),
        Route("GET /console/history.csv", .page),
        Route("GET /console/history/{id}", .page, uri: "/console/history/run-0"),
        Route(
            "GET /console/history/{id}/errors.csv", .page,
            uri: "/console/history/run-0/errors.csv"),
        Route("GET /console/events", .page),
        Route("POST /console/run", .action, fields: ["what": "change"], deed: "start"),
        Route("POST /console/stop", .action),
        Route("POST /console/pause", .action, fields: ["reason": "upgrade"], deed: "pause"),
        Route("POST /console/resume", .action, deed: "resume"),
        Route("POST /console/interval", .action, fields: ["minutes": "45"], deed: "interval"),
        Route(
            "POST /console/quiet-hours", .action, fields: ["from": "22:00", "to": "06:00"],
            deed: "quiet_hours"),
        Route(
            "POST /console/held", .action,
            fields: ["answer": "keep", "table": "clients", "key": "[17]"], deed: "answer"),
        Route("GET /api/v1/openapi.yaml", .looking), Route("GET /api/v1/status", .looking),
        Route("GET /api/v1/runs", .looking), Route("GET /api/v1/records", .looking),
        Route("GET /api/v1/runs/{id}", .looking, uri: "/api/v1/runs/run-0"),
        // Nobody has asked for anything: there is no ticket yet.
        Route("GET /api/v1/tickets/{ticket}", .looking, uri: "/api/v1/tickets/1", done: 404),
        Route("GET /api/v1/audit", .looking),
        Route(
            "POST /api/v1/runs", .acting,
            json: #"{"kind":"full","trigger":"manual","purpose":"synchronise"}"#, deed: "start"),
        Route("POST /api/v1/stop", .acting),
        Route("POST /api/v1/pause", .acting, json: #"{"reason":"upgrade"}"#, deed: "pause"),
        Route("POST /api/v1/resume", .acting, deed: "resume"),
        Route(
            "PUT /api/v1/timetable", .acting, json: #"{"quietHours":{"from":60,"to":120}}"#,
            deed: "quiet_hours"),
        Route(
            "POST /api/v1/answers", .acting,
            json: #"{"answer":"keep","table":"clients","keys":[[17]],"person":"Somebody else"}"#,
            deed: "answer"),
    ]

    static let changing = all.filter { route in
        switch route.kind {
        case .action, .acting: true
        default: false
        }
    }

    init(
        _ description: String, _ kind: Kind, uri: String? = nil,
        fields: KeyValuePairs<String, String> = [:], json: String = "", deed: String? = nil,
        done: Int? = nil
    ) {
        self.description = description
        self.kind = kind
        self.uri = uri ?? String(description.split(separator: " ")[1])
        self.fields = fields
        self.json = json
        self.deed = deed
        self.done = done
    }

    var isAPI: Bool { uri.hasPrefix("/api/") }

    func status(for standing: Visiting.Standing) -> Int {
        switch (kind, standing) {
        case (.open(let signedOut, _), .signedOut): signedOut
        case (.open(_, let signedIn), _): signedIn
        case (.home, .signedOut): 303
        case (.home, _): 200
        case (_, .signedOut): isAPI ? 401 : 303
        case (_, .signedIn): 403
        case (.action, .permitted): done ?? 303
        case (_, .permitted): done ?? 200
        }
    }

    /// Sends what a browser sends that has the page open.
    func send(_ office: TestConsole, as browser: TestConsole.Browser?) async throws -> Answer {
        if method == .get { return try await office.get(uri, as: browser) }
        if isAPI { return try await office.call(method, uri, json, as: browser) }
        return try await office.post(uri, fields, as: browser)
    }
}

@Suite(.serialized, .timeLimit(.minutes(30)))
struct RouteTests {
    let office: TestConsole

    init() async throws {
        office = try TestConsole()
        let request = RunRequest(kind: .change, trigger: .schedule)
        let start = RunStart(
            id: RunID(rawValue: "run-0"), request: request, startedAt: office.time.now)
        try await office.journal.begin(start)
        try await office.journal.record(
            RunRecord(start: start, finishedAt: office.time.now, outcome: .succeeded))
    }

    @Test func `every route of the console is among those that are tried`() {
        let routes = office.console.router().routes.map { "\($0.method.rawValue) \($0.path)" }
        #expect(Set(routes) == Set(Route.all.map(\.description)))
        #expect(routes.count == Route.all.count)
    }

    @Test(arguments: Route.all, Visiting.allCases)
    func `each visitor gets what is for them, and nothing else happens`(
        _ route: Route, _ visiting: Visiting
    ) async throws {
        let browser = try await visiting.browser(office)
        // A stream of events ends when the session does.
        office.rounds.will([
            { [office] in
                guard let browser else { return }
                let session = try await office.sessions.session(
                    browser.secret, now: office.time.now)
                if let session { try await office.sessions.end(session) }
            }
        ])
        let answer = try await route.send(office, as: browser)
        #expect(answer.status == route.status(for: visiting.standing))
        #expect(answer.headers[.init("X-Frame-Options")!] == "DENY")
        #expect(answer.headers[.contentSecurityPolicy]?.contains("default-src 'self'") == true)
        let deed = visiting.standing == .permitted ? route.deed : nil
        #expect(
            try await office.deeds()
                == [deed.map { "\($0) by \(visiting.name)" }].compactMap(\.self))
        if visiting.standing != .permitted { #expect(try await office.isUntouched()) }
        if visiting.standing == .signedOut, answer.status == 303, route.uri != "/sign-out" {
            #expect(answer.location.hasPrefix("/sign-in?next="))
        }
        if visiting.standing != .permitted {
            #expect(!answer.text.contains("Run Synchronisation"))
            #expect(!answer.text.contains("\"runs\"") && !answer.text.contains("run-0"))
        }
    }

    @Test(arguments: Visiting.allCases)
    func `the menu leads to the console only where it is open`(_ visiting: Visiting) async throws {
        guard visiting.standing != .signedOut else { return }
        let home = try await office.get("/", as: visiting.browser(office))
        let isShown = home.text.contains("SyncWorker Management Console")
        #expect(isShown == (visiting.standing == .permitted))
        #expect(home.text.contains("<summary>File</summary>"))
    }

    @Test func `an address that there is not says so, as a page and as JSON`() async throws {
        let jane = try await office.jane()
        for uri in ["/nothing", "/console/nothing", "/console/run", "/console/history/run-1"] {
            let answer = try await office.get(uri, as: jane)
            #expect(answer.status == 404)
            #expect(answer.headers[.contentType] == "text/html; charset=utf-8")
            #expect(answer.headers[.init("X-Frame-Options")!] == "DENY")
        }
        let answer = try await office.get("/api/v1/nothing", as: jane)
        #expect(answer.status == 404)
        #expect(try answer.json("code") == "not_found")
    }
}
