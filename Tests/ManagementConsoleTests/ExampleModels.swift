import PortalService
import SyncEngine
import SyncModel
import SyncProtocol

@testable import ManagementConsole

/// A model for each template, with everything in it that can be.
struct ExampleModels {
    private let console: Console
    private let overview: Overview
    private var settings: Console.Settings { console.settings }
    private var moment: Moment { Moment(overview.now, settings.time, now: overview.now) }

    init(_ office: TestConsole) async throws {
        console = office.console
        try await office.record(
            .example(
                "run-0", office.time.now + .seconds(-600), outcome: .failed,
                problems: [.example("The client is too long.")]))
        await office.oneclickHas(
            [.example(.refused), .example(.held), .example(.kept, .employees)],
            waiting: [.clients: Counts(held: 1, errors: 1)])
        overview = try await console.overview()
    }

    func page<View: Sendable>(_ view: View) -> Page<View> {
        let shell = Shell(
            title: "Title", practice: "Practice", files: "/files", version: "1", person: "Jane",
            formToken: "token", isPermitted: true, readOnly: "Why",
            sections: [.init(path: "/console", words: "Console", isOpen: true)], said: "Said")
        return Page(shell: shell, view: view)
    }

    var signIn: Console.SignInView {
        .init(
            practice: "Practice", files: "/files", version: "1", next: "/console", login: "jane",
            message: "Wrong.")
    }

    var status: StatusView {
        var view = StatusView(overview, settings)
        (view.next, view.started, view.lastGood) = (moment, moment, moment)
        (view.asOf, view.asOfAge) = (moment, "2 hours ago")
        return view
    }

    var notices: NoticesView {
        var view = NoticesView(overview, settings)
        view.notices = [
            .init(kind: "held", title: "Title", text: "Text", link: "/console", linkText: "Look")
        ]
        return view
    }

    var actions: ActionsView { ActionsView(overview, settings, formToken: "token") }

    var dataSets: DataSetsView {
        var view = DataSetsView(overview, settings)
        view.rows[0].bar = .init(value: 1, max: 2, label: "Half")
        return view
    }

    var recent: RecentView { RecentView(overview, settings) }

    var errors: ErrorsView {
        ErrorsView(
            asOf: moment, total: "1 record",
            groups: [
                .init(
                    dataSet: "Client List", count: "1",
                    entries: [
                        .init(
                            message: "Message", hint: "Hint", kind: "error", since: moment,
                            tried: "tried 3 times")
                    ], more: "... and 1 more")
            ], text: "text", nothing: "Nothing")
    }

    func consoleView() -> ConsoleView {
        ConsoleView(
            status: status, notices: notices, actions: actions, dataSets: dataSets, recent: recent,
            errors: errors)
    }

    var history: HistoryView {
        HistoryView(
            runs: recent.runs, total: "1 synchronisation", records: recent.chart,
            durations: recent.chart,
            outcomes: [.init(value: "failed", words: "Failed", isChosen: true)],
            kinds: [.init(value: "full", words: "full", isChosen: true)], text: "text",
            older: "before=1", query: "text=text", isFiltered: true, keptDays: 90)
    }

    var run: RunView {
        RunView(
            .example(
                "run-0", overview.now, outcome: .failed,
                problems: [.example("The client is too long.")]), text: "", settings)
    }

    var held: HeldView {
        let group = HeldView.Group(
            table: "clients", dataSet: "Client List", title: "1 record", since: moment,
            removals: [.init(key: "[17]", message: "Message", approvedUntil: moment)],
            more: "... and 1 more")
        return HeldView(
            question: .init(
                message: "Message", differing: "3 records", since: "2026-11-25T09:00:00Z",
                isApproved: true),
            groups: [group], kept: [group], seen: "2026-11-24T07:30:00.000000Z", reason: "Reason",
            nothing: true)
    }

    var schedule: ScheduleView {
        ScheduleView(
            pause: .init(person: "Jane", reason: "Upgrade", since: moment), intervalMinutes: 30,
            quietFrom: "22:00", quietTo: "06:00", next: moment,
            alerts: AlertsView(
                channels: "E-mail", lastSent: "Today", error: "It bounced.", waiting: 2),
            audit: [.init(at: moment, person: "Jane", words: "Paused.")],
            dataSets: ["Client List"])
    }

    var message: MessageView { .init(title: "Title", message: "Message", hint: "Hint") }
}
