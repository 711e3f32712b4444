import HTTPTypes
import Hummingbird
import PortalService
import SyncEngine
import SyncModel
import SyncProtocol
import WebSupport

/// What a form led to. It stands in the address that the browser is sent to, as a word of a fixed
/// list: no text of somebody else's link is ever shown.
enum Said: String {
    case started, queued, stopped, nothing, paused, resumed, interval, quiet, approved, kept
    case answered, none

    var words: String {
        switch self {
        case .started: "The synchronisation begins. You may close this page; it goes on."
        case .queued: "One is in progress: yours is queued, and begins when that has ended."
        case .stopped: "The synchronisation ends behind the batch that is under way."
        case .nothing: "No synchronisation was in progress, so that there was nothing to stop."
        case .paused: "Paused: nothing is synchronised by itself until somebody resumes it."
        case .resumed: "Resumed. What was missed is made up for."
        case .interval: "The interval is set."
        case .quiet: "The quiet hours are set."
        case .approved: "Approved: the next synchronisation lets these records go."
        case .kept: "Kept: these records stay in OneClick."
        case .answered: "Answered: the next synchronisation follows this Central."
        case .none: "Nothing of that was held any more, so that there was nothing to answer."
        }
    }
}

/// The console's forms.
extension Console {
    func addActions(to router: Router<ConsoleContext>) {
        action(router, "console/run") { visitor, form in
            let words = form["what"] ?? "change"
            guard let request = Self.request(words, form["only"]) else { throw Self.unknown(words) }
            // The prompt's OK sends it along: a form without it has not shown the prompt.
            if words == "full", form["confirmed"] != "yes" { return "/console/full" }
            let ticket = try await start(request, by: visitor.name)
            return Self.back("/console", ticket.isQueued ? .queued : .started)
        }
        action(router, "console/stop") { visitor, _ in
            Self.back("/console", try await stop(by: visitor.name) ? .stopped : .nothing)
        }
        action(router, "console/pause") { visitor, form in
            try await pause(reason: form["reason"] ?? "", by: visitor.name)
            return Self.back("/console/schedule", .paused)
        }
        action(router, "console/resume") { visitor, _ in
            try await resume(by: visitor.name)
            return Self.back("/console/schedule", .resumed)
        }
        action(router, "console/interval") { visitor, form in
            guard let minutes = form["minutes"].flatMap({ Int($0) }) else {
                throw Self.unreadable("interval", "a number of minutes from 1 to 1440")
            }
            try await set(intervalMinutes: minutes, by: visitor.name)
            return Self.back("/console/schedule", .interval)
        }
        action(router, "console/quiet-hours") { visitor, form in
            try await set(quietHours: try Self.quietHours(form), by: visitor.name)
            return Self.back("/console/schedule", .quiet)
        }
        action(router, "console/held") { visitor, form in
            try await answered(form, by: visitor.name)
        }
    }

    /// A form of ours, by somebody who may. The path that it answers is where the browser goes.
    private func action(
        _ router: Router<ConsoleContext>, _ path: RouterPath,
        _ act: @escaping @Sendable (Visitor, Form) async throws -> String
    ) {
        router.post(path) { request, _ in
            let visitor = try await signedIn(request)
            let form = try await Form(request)
            try Self.check(form, request, visitor)
            try visitor.mayAct()
            return Response.redirect(to: try await act(visitor, form))
        }
    }

    private static func back(_ path: String, _ said: Said) -> String {
        "\(path)?said=\(said.rawValue)"
    }

    /// Nil for a word that is no synchronisation.
    static func request(_ what: String, _ only: String?) -> RunRequest? {
        let only = only.map { [$0] }
        return switch what {
        case "change": RunRequest(kind: .change, trigger: .manual, only: only)
        case "full": RunRequest(kind: .full, trigger: .manual, only: only)
        case "preview": RunRequest(kind: .change, trigger: .manual, purpose: .dryRun, only: only)
        case "verify": RunRequest(kind: .full, trigger: .manual, purpose: .verify, only: only)
        default: nil
        }
    }

    /// Nil where both fields are empty: no quiet hours.
    private static func quietHours(_ form: Form) throws -> QuietHours? {
        let texts = [form["from"], form["to"]]
        if texts == [nil, nil] { return nil }
        let times = texts.map { $0.flatMap(ClockTime.minutes) }
        guard let from = times[0], let to = times[1] else {
            throw unreadable("quiet hours", "two times of day, such as 22:00 and 06:00")
        }
        return QuietHours(from: from, to: to)
    }

    private func answered(_ form: Form, by person: String) async throws -> String {
        guard let answer = form["answer"].flatMap(RemovalAnswer.init(rawValue:)) else {
            throw Self.unknown(form["answer"] ?? "")
        }
        let isLineage = form["lineage"] == "yes"
        let isAll = form["all"] == "yes"
        let keys: [Key] = try form.all("key").map { text in
            do { return try WireJSON.decode(from: Array(text.utf8)) } catch {
                throw Self.unreadable("choice", "records of the list")
            }
        }
        guard isLineage || isAll || !keys.isEmpty else {
            throw SyncError(
                .form, "No record was chosen.",
                hint: "Tick those that you answer for, or answer for all.")
        }
        // Without a table the question of lineage would be answered.
        guard isLineage || form["table"] != nil else { throw Self.unreadable("list", "its table") }
        let seenAt = form["seen"].flatMap { Timestamp($0) }
        guard !(isLineage || isAll) || seenAt != nil else {
            throw Self.unreadable("page's time", "what it shows")
        }
        let receipt = try await self.answer(
            AnswerRequest(
                answer: answer,
                table: isLineage ? nil : form["table"].map(TableName.init(rawValue:)),
                keys: isLineage || isAll ? nil : keys,
                seenAt: isAll || isLineage ? seenAt : nil, person: person),
            by: person)
        if isLineage { return Self.back("/console/held", .answered) }
        guard receipt.answered > 0 else { return Self.back("/console/held", .none) }
        return Self.back("/console/held", answer == .approve ? .approved : .kept)
    }

    private static func unknown(_ word: String) -> SyncError {
        SyncError(
            .form, "The console does not know \"\(word.prefix(40))\".",
            hint: "Open the console again and repeat what you did; nothing was changed.")
    }

    private static func unreadable(_ what: String, _ expected: String) -> SyncError {
        SyncError(
            .form, "The \(what) cannot be read.", hint: "Give \(expected); nothing was changed.")
    }
}
