import HTTPTypes
import Hummingbird
import NIOCore
import PortalService
import SyncEngine
import SyncModel
import WebSupport

/// What stands around every page.
struct Shell: Sendable {
    var title: String
    var practice: String
    var files: String
    var version: String
    /// Nil where nobody is signed in.
    var person: String?
    var formToken: String
    /// Whether the menu shows the console.
    var isPermitted: Bool
    /// Why nothing can be done now; nil where it can.
    var readOnly: String?
    /// Of the console's own pages, with the one that is open.
    var sections: [Section]
    /// Where a form led to, in words.
    var said: String?

    struct Section: Sendable {
        var path: String
        var words: String
        var isOpen: Bool
    }

    static let sections = [
        ("/console", "Console"), ("/console/history", "History"), ("/console/errors", "Errors now"),
        ("/console/held", "Held removals"), ("/console/schedule", "Schedule"),
    ]
}

/// A page's model: what stands around it, and its own.
struct Page<View: Sendable>: Sendable {
    var shell: Shell
    var view: View
}

/// The model of `console`.
struct ConsoleView: Sendable {
    var status: StatusView
    var notices: NoticesView
    var actions: ActionsView
    var dataSets: DataSetsView
    var recent: RecentView
    var errors: ErrorsView
    /// Exact: what stands in the prompt before a Full Synchronisation.
    var prompt = ActionsView.prompt
}

extension ConsoleView {
    init(
        _ overview: Overview, _ errors: ErrorsView, _ settings: Console.Settings, formToken: String
    ) {
        status = StatusView(overview, settings)
        notices = NoticesView(overview, settings)
        actions = ActionsView(overview, settings, formToken: formToken)
        dataSets = DataSetsView(overview, settings)
        recent = RecentView(overview, settings)
        self.errors = errors
    }
}

/// The model of `actions`.
struct ActionsView: Sendable {
    var isRunning: Bool
    /// `every 30 minutes · quiet hours none`.
    var timetable: String
    var formToken: String

    static let prompt =
        "All data/team security from on-premise to the cloud will resynchronise for "
        + "Making Tax Digital and Open Integration"

    init(_ overview: Overview, _ settings: Console.Settings, formToken: String) {
        isRunning = overview.status.isRunning
        let table = overview.status.timetable
        let quiet = table.quietHours.map {
            "quiet hours \(ClockTime.text($0.from)) to \(ClockTime.text($0.to))"
        }
        timetable =
            "every \(Figure.count(table.intervalMinutes, "minute")) · "
            + (quiet ?? "no quiet hours")
        self.formToken = formToken
    }
}

/// The model of `full`: the prompt as a page, for browsers without JavaScript.
struct FullView: Sendable {
    var prompt = ActionsView.prompt
}

/// The model of `home`.
struct HomeView: Sendable {
    var name: String
}

extension Console {
    func addPages(to router: Router<ConsoleContext>) {
        router.get("/") { request, _ in
            let visitor = try await signedIn(request)
            return Response.html(
                try await rendered(
                    "home", HomeView(name: visitor.name), title: "Central", for: visitor))
        }
        page(router, "console", "console", "SyncWorker Management Console") { visitor, _, _ in
            try await consoleView(formToken: visitor.session.formToken)
        }
        page(router, "console/full", "full", "Full Synchronisation") { _, _, _ in FullView() }
        page(router, "console/history", "history", "History") { _, request, _ in
            try await historyView(Self.query(request))
        }
        page(router, "console/history/:id", "run", "Synchronisation") { _, request, context in
            RunView(
                try await run(context), text: Self.text(request), settings)
        }
        page(router, "console/errors", "errors", "Errors now") { _, request, _ in
            try await errorsView(text: Self.text(request))
        }
        page(router, "console/held", "held", "Held removals") { _, _, _ in await heldView() }
        page(router, "console/schedule", "schedule", "Schedule") { _, _, _ in
            try await scheduleView()
        }
        addExports(to: router)
    }

    /// A page for people with the permission.
    private func page<View: Sendable>(
        _ router: Router<ConsoleContext>, _ path: RouterPath, _ template: String, _ title: String,
        _ view: @escaping @Sendable (Visitor, Request, ConsoleContext) async throws -> View
    ) {
        router.get(path) { request, context in
            let visitor = try await signedIn(request)
            try visitor.mayLook()
            let view = try await view(visitor, request, context)
            let said = request.parameters["said"].flatMap { Said(rawValue: $0)?.words }
            return Response.html(
                try await rendered(
                    template, view, title: title, for: visitor,
                    open: "/"
                        + request.uri.path.split(separator: "/").prefix(2)
                        .joined(separator: "/"), said: said))
        }
    }

    /// Throws `sign_in` where nobody is.
    func signedIn(_ request: Request) async throws -> Visitor {
        guard let visitor = try await visitor(request) else {
            throw SyncError(
                .signIn, "Nobody is signed in.", hint: "Sign in with your name of Central.")
        }
        return visitor
    }

    /// - Parameter open: the path of the section that is open.
    func rendered(
        _ template: String, _ view: some Sendable, title: String, for visitor: Visitor?,
        open: String = "", said: String? = nil
    ) async throws -> String {
        var readOnly: String?
        if case .readOnly(let reason) = visitor?.access { readOnly = reason.description }
        let isPermitted = visitor?.isPermitted ?? false
        let shell = Shell(
            title: title, practice: await practice, files: WebFiles.path,
            version: settings.version, person: visitor?.name,
            formToken: visitor?.session.formToken ?? "", isPermitted: isPermitted,
            readOnly: readOnly,
            sections: isPermitted && !open.isEmpty
                ? Shell.sections.map { .init(path: $0.0, words: $0.1, isOpen: $0.0 == open) } : [],
            said: said)
        return try templates.render(template, Page(shell: shell, view: view))
    }

    private func consoleView(formToken: String) async throws -> ConsoleView {
        ConsoleView(
            try await overview(), try await errorsNow(), settings, formToken: formToken)
    }

    static func text(_ request: Request) -> String {
        String((request.parameters["text"] ?? "").prefix(200))
    }

    static func query(_ request: Request) -> HistoryQuery {
        let parameters = request.parameters
        return HistoryQuery { parameters[$0] }
    }

    /// The run that an address names.
    func run(_ context: ConsoleContext) async throws -> RunRecord {
        let id = RunID(rawValue: context.parameters.get("id") ?? "")
        guard let run = try await journal.run(id) else {
            throw SyncError(
                .notFound, "There is no such synchronisation.",
                hint: "The history keeps \(journal.keptDays) days; older ones are gone.")
        }
        return run
    }

    // MARK: Exports

    private func addExports(to router: Router<ConsoleContext>) {
        router.get("console/history.csv") { request, _ in
            try await signedIn(request).mayLook()
            return historyExport(Self.query(request))
        }
        router.get("console/history/:id/errors.csv") { request, context in
            try await signedIn(request).mayLook()
            let run = try await run(context)
            let text = Self.text(request)
            let lines = run.errors.filter { ProblemLine($0).matches(text) }.map { problem in
                Escaping.csv([
                    problem.dataSet ?? "", problem.table?.rawValue ?? "",
                    problem.key.map { "\($0)" } ?? "", problem.code, problem.message, problem.hint,
                ])
            }
            let head = Escaping.csv(["data set", "table", "key", "code", "what", "what to do"])
            return Response.csv(
                ResponseBody(byteBuffer: ByteBuffer(string: head + lines.joined())),
                "errors-\(run.id).csv")
        }
    }

    /// Page by page, so that no history is too long.
    private func historyExport(_ query: HistoryQuery) -> Response {
        .csv(
            ResponseBody { writer in
                let names = settings.shapes.dataSets.map(\.name)
                try await writer.write(
                    ByteBuffer(string: Escaping.csv(RunExport.head(dataSets: names))))
                var before: Int?
                while true {
                    let runs = try await journal.history(
                        query.filter, before: before, limit: 500,
                        isUnderway: await portal.status().isRunning)
                    guard let last = runs.last else { break }
                    let text = runs.map { Escaping.csv(RunExport.line($0, dataSets: names)) }
                    try await writer.write(ByteBuffer(string: text.joined()))
                    before = last.number
                }
                try await writer.finish(nil)
            }, "synchronisations.csv")
    }
}

/// A synchronisation as a line of the export: times in UTC, in a form that programs read.
private enum RunExport {
    static func head(dataSets: [String]) -> [String] {
        [
            "started", "finished", "kind", "purpose", "trigger", "by", "outcome", "rows sent",
            "bytes sent",
        ]
            + dataSets.flatMap { set in
                ["added", "changed", "removed", "unchanged", "held", "errors"].map {
                    "\(set) \($0)"
                }
            }
    }

    static func line(_ run: RunSummary, dataSets: [String]) -> [String] {
        [
            run.startedAt.description, run.finishedAt.description, run.kind.rawValue,
            run.purpose.rawValue, run.trigger.rawValue, run.person ?? "", run.outcome.rawValue,
            String(run.rowsSent), String(run.bytesSent),
        ]
            + dataSets.flatMap { name -> [String] in
                guard let set = run.dataSets.first(where: { $0.name == name }) else {
                    return Array(repeating: "", count: 6)
                }
                return [set.added, set.changed, set.removed, set.unchanged, set.held, set.errors]
                    .map(String.init)
            }
    }
}

extension Request {
    /// What stands behind the question mark: blanks come as `+` there, too.
    var parameters: Form { Form(query: uri.query) }
}

extension Response {
    static func csv(_ body: ResponseBody, _ name: String) -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/csv; charset=utf-8",
                .contentDisposition: "attachment; filename=\"\(name)\"",
            ], body: body)
    }
}
