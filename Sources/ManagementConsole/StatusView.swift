import PortalService
import SyncEngine
import SyncModel
import SyncProtocol

/// The model of `status`: the area SyncWorker Service Status.
struct StatusView: Sendable {
    /// Exact: `Synchronisation is currently in progress` or `Next scheduled sync`.
    var state: String
    /// When the next one is; nil while one is in progress or the schedule is paused.
    var next: Moment?
    /// `working`, `waiting` or `paused`.
    var kind: String
    /// Nil unless one is in progress.
    var started: Moment?
    var server: String
    var lastGood: Moment?
    var asOf: Moment?
    var asOfAge: String?
    var central: Connection
    var oneclick: Connection
    var version: String

    struct Connection: Sendable {
        var words: String
        /// `proved` or `error`.
        var kind: String
        /// What went wrong and what to do.
        var reason: String?

        init(error: String?, isAsked: Bool, _ good: String, _ bad: String) {
            words = error != nil ? bad : isAsked ? good : "Not asked yet"
            kind = error != nil ? "error" : isAsked ? "proved" : "plain"
            reason = error
        }
    }

    init(_ overview: Overview, _ settings: Console.Settings) {
        let status = overview.status
        func moment(_ time: Timestamp) -> Moment {
            Moment(time, settings.time, now: overview.now)
        }
        if status.isRunning {
            state = "Synchronisation is currently in progress"
            kind = "working"
            started = (status.progress?.run.startedAt).map(moment)
        } else if status.timetable.pause != nil {
            state = "Synchronisation is paused"
            kind = "paused"
        } else {
            state = "Next scheduled sync"
            kind = "waiting"
            next = status.nextStart.map(moment)
        }
        server = status.server
        lastGood = (overview.past.lastGood?.finishedAt).map(moment)
        let connections = overview.connections
        asOf = (connections.oneclick?.lastCommittedAt).map(moment)
        asOfAge = (connections.oneclick?.lastCommittedAt).flatMap {
            Figure.age(overview.now - $0)
        }
        let isAsked = connections.askedAt != nil
        central = Connection(
            error: connections.centralError, isAsked: isAsked, "Can be read", "Cannot be read")
        oneclick = Connection(
            error: connections.oneclickError, isAsked: isAsked, "Answers", "Does not answer")
        version = settings.version
    }
}

/// The model of `notices`: what a person should see first, worst first.
struct NoticesView: Sendable {
    var notices: [Notice]

    struct Notice: Sendable {
        /// `error`, `held` or `plain`.
        var kind: String
        var title: String
        var text: String
        var link: String?
        var linkText: String?
    }

    init(_ overview: Overview, _ settings: Console.Settings) {
        notices = []
        let connections = overview.connections
        if let error = connections.centralError {
            notices.append(Notice(kind: "error", title: "Central cannot be read.", text: error))
        }
        if let error = connections.oneclickError {
            notices.append(
                Notice(kind: "error", title: "OneClick does not answer.", text: error))
        }
        if let failed = overview.status.lastRun, failed.outcome == .failed,
            let problem = failed.errors.first
        {
            notices.append(
                Notice(
                    kind: "error", title: "The last synchronisation failed.",
                    text: "\(problem.message) \(problem.hint)",
                    link: "/console/history/\(failed.id)", linkText: "Look at it"))
        }
        if let oneclick = connections.oneclick { notices += Self.waiting(oneclick, settings) }
        if let pause = overview.status.timetable.pause {
            let since = settings.time.words(pause.since, now: overview.now)
            notices.append(
                Notice(
                    kind: "plain", title: "Synchronisation is paused.",
                    text: "By \(pause.person), since \(since): \(pause.reason). Nothing is "
                        + "synchronised by itself until somebody resumes it.",
                    link: "/console/schedule", linkText: "Resume"))
        }
        if overview.status.isQueued {
            notices.append(
                Notice(
                    kind: "plain", title: "One more synchronisation is queued.",
                    text: "It begins when the one in progress has ended."))
        }
    }

    private static func waiting(
        _ oneclick: StatusAnswer, _ settings: Console.Settings
    ) -> [Notice] {
        var notices: [Notice] = []
        if let question = oneclick.lineageQuestion, !question.isApproved {
            notices.append(
                Notice(
                    kind: "held", title: "Is this the right Central?",
                    text: "\(question.message) "
                        + "\(Figure.count(question.rowsDiffering, "record")) differ. Nothing is "
                        + "synchronised until somebody answers.",
                    link: "/console/held", linkText: "Answer"))
        }
        let held = oneclick.waiting.values.reduce(0) { $0 + $1.held }
        if held > 0 {
            let sets = settings.shapes.dataSets.compactMap { set -> String? in
                let count = set.tables.reduce(0) { $0 + (oneclick.waiting[$1]?.held ?? 0) }
                return count > 0 ? "\(set.name) \(Figure.grouped(count))" : nil
            }
            notices.append(
                Notice(
                    kind: "held",
                    title: "\(Figure.count(held, "removal")) "
                        + "\(held == 1 ? "is" : "are") held.",
                    text: "\(sets.joined(separator: ", ")). Nothing was removed; additions and "
                        + "changes went on.",
                    link: "/console/held", linkText: "Look at them"))
        }
        return notices
    }
}
