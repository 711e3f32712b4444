import PortalService
import SyncEngine
import SyncModel

/// The model of `run`: one synchronisation, opened.
struct RunView: Sendable {
    var id: String
    var title: String
    var outcome: String
    var outcomeKind: String
    var started: Moment
    var ended: Moment
    var duration: String
    var by: String
    var sent: String
    var dataSets: [DataSetLine]
    var problems: [ProblemLine]
    var problemsTitle: String
    /// What is looked for among the problems.
    var text: String
    var notes: [String]
    var hasProblems: Bool

    struct DataSetLine: Sendable {
        var name: String
        var added, changed, removed, unchanged, held, errors: Figure
    }

    /// So many are shown; the export has all.
    static let problemsMax = 200

    init(_ run: RunRecord, text: String, _ settings: Console.Settings) {
        let now = settings.now()
        id = run.id.rawValue
        title = run.kind == .full ? "Full Synchronisation" : "Synchronisation"
        if run.purpose != .synchronise { title += ", " + RunWords.title(run.kind, run.purpose) }
        outcome = RunWords.outcome(run.outcome)
        outcomeKind = RunWords.kind(run.outcome)
        started = Moment(run.startedAt, settings.time, now: now)
        ended = Moment(run.finishedAt, settings.time, now: now)
        duration = Figure.duration(run.finishedAt - run.startedAt)
        by = RunWords.by(run.trigger, run.person)
        sent =
            "\(Figure.count(run.rowsSent, "row")), \(Figure.bytes(run.bytesSent)) in "
            + Figure.count(run.requests, "request")
        dataSets = run.dataSets.map { set in
            DataSetLine(
                name: set.name, added: Figure(set.added), changed: Figure(set.changed),
                removed: Figure(set.removed), unchanged: Figure(set.unchanged),
                held: Figure(set.held, "held"), errors: Figure(set.errors, "error"))
        }
        let matching = run.errors.map(ProblemLine.init).filter { $0.matches(text) }
        problems = Array(matching.prefix(Self.problemsMax))
        hasProblems = !run.errors.isEmpty
        problemsTitle =
            matching.count > Self.problemsMax
            ? "The first \(Self.problemsMax) of \(Figure.grouped(matching.count)); the export has "
                + "all"
            : Figure.count(matching.count, "entry", "entries")
        self.text = text
        notes = run.notes
    }
}

/// One record, or one thing, that is not as it should be.
struct ProblemLine: Sendable {
    var dataSet: String
    var message: String
    var hint: String
    var kind: String
    var key: String

    init(_ problem: RunRecord.Problem) {
        dataSet = problem.dataSet ?? "Synchronisation"
        message = problem.message
        hint = problem.hint
        kind = problem.code == "held" ? "held" : "error"
        key = problem.key.map { "\($0)" } ?? ""
    }

    func matches(_ text: String) -> Bool {
        guard !text.isEmpty else { return true }
        let words = text.lowercased()
        return [dataSet, message, hint, key].contains { $0.lowercased().contains(words) }
    }
}
