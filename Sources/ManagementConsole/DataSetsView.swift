import PortalService
import SyncEngine
import SyncModel
import SyncProtocol

/// The model of `data-sets`: each data set in the synchronisation under way, or in the last one.
struct DataSetsView: Sendable {
    /// What the table is about, in a sentence.
    var title: String
    /// On the right of it, such as `212 KB sent`; empty for none.
    var aside: String
    var isRunning: Bool
    var rows: [Row]

    struct Row: Sendable {
        var name: String
        /// Nil unless a bar says more than words.
        var bar: Bar?
        var words: String
        /// `proved`, `working`, `plain`.
        var kind: String
        var added, changed, removed, unchanged, held, errors, inOneClick: Figure
    }

    /// The values of a `<progress>`.
    struct Bar: Sendable {
        var value: Int
        var max: Int
        /// For whoever cannot see it.
        var label: String
    }

    init(_ overview: Overview, _ settings: Console.Settings) {
        let oneclick = overview.connections.oneclick
        let inOneClick = { (set: DataSet) -> Figure in
            guard let oneclick else { return .unknown }
            return Figure(set.tables.reduce(0) { $0 + (oneclick.rows[$1] ?? 0) })
        }
        let last = overview.past.latest.first
        if overview.status.isRunning {
            let progress = overview.status.progress
            isRunning = true
            title = Self.title(progress, overview)
            aside = progress.map { Figure.count($0.rowsSent, "row") + " sent" } ?? ""
            rows = settings.shapes.dataSets.map { set in
                Row(
                    set, progress?.dataSets.first { $0.name == set.name }, now: overview.now,
                    inOneClick: inOneClick(set))
            }
        } else {
            isRunning = false
            title =
                last.map { Self.title($0, overview, settings) }
                ?? "Nothing was synchronised yet. Run Synchronisation carries everything over."
            aside = last.map { Figure.bytes($0.bytesSent) + " sent" } ?? ""
            rows = settings.shapes.dataSets.map { set in
                Row(
                    set, last?.dataSets.first { $0.name == set.name },
                    isApplied: last.map(\.hasApplied) ?? false, inOneClick: inOneClick(set))
            }
        }
    }

    private static func title(_ progress: RunProgress?, _ overview: Overview) -> String {
        guard let progress else { return "This synchronisation: starting" }
        let request = progress.run.request
        let done = progress.dataSets.filter { $0.state == .equal || $0.state == .shipped }.count
        let rows = progress.dataSets.reduce(0) { $0 + $1.rowsDone }
        let left = timeLeft(progress, now: overview.now).map { ", about \($0) left" } ?? ""
        return "This synchronisation: \(RunWords.title(request.kind, request.purpose)), "
            + "\(progress.step), \(done) of \(Figure.count(progress.dataSets.count, "data set")), "
            + "\(Figure.count(rows, "record")) compared\(left)"
    }

    /// From how long the rows so far took; nil where that says nothing yet, and once all is
    /// compared.
    private static func timeLeft(_ progress: RunProgress, now: Timestamp) -> String? {
        guard progress.run.request.kind == .full else { return nil }
        let done = progress.dataSets.reduce(0) { $0 + $1.rowsDone }
        let toDo = progress.dataSets.reduce(0) { rows, set in
            guard set.state == .waiting || set.state == .working else { return rows }
            return rows + max(0, (set.rowsTotal ?? 0) - set.rowsDone)
        }
        let spent = now - progress.run.startedAt
        guard done > 0, toDo > 0, spent >= .seconds(2) else { return nil }
        return Figure.duration(spent * (Double(toDo) / Double(done)))
    }

    private static func title(
        _ last: RunSummary, _ overview: Overview, _ settings: Console.Settings
    ) -> String {
        let ended = settings.time.words(last.finishedAt, now: overview.now)
        return "Last synchronisation: \(RunWords.title(last.kind, last.purpose)), ended \(ended), "
            + "\(Figure.duration(last.finishedAt - last.startedAt)), "
            + RunWords.outcome(last.outcome).lowercased()
    }
}

extension DataSetsView.Row {
    /// While a synchronisation is in progress: what it did is known once OneClick's receipt is
    /// there.
    init(
        _ set: DataSet, _ progress: RunProgress.DataSetProgress?, now: Timestamp,
        inOneClick: Figure
    ) {
        self.init(set.name, counts: nil, inOneClick: inOneClick)
        guard let progress else { return }
        switch progress.state {
        case .waiting: words = "waiting"
        case .equal:
            (words, kind) = ("equal", "proved")
        case .shipped:
            (words, kind) = ("differences sent", "working")
        case .working:
            kind = "working"
            words = Self.words(progress, now)
            if let total = progress.rowsTotal, total > 0 {
                bar = DataSetsView.Bar(
                    value: min(progress.rowsDone, total), max: total, label: "\(set.name): \(words)"
                )
            }
        }
    }

    /// `4,118 of 10,000, 1,200 a second, 5 s left`.
    private static func words(_ progress: RunProgress.DataSetProgress, _ now: Timestamp) -> String {
        let done = Figure.grouped(progress.rowsDone)
        var parts = [progress.rowsTotal.map { "\(done) of \(Figure.grouped($0))" } ?? done]
        if let started = progress.startedAt, now - started >= .seconds(1) {
            let rate = Double(progress.rowsDone) / ((now - started) / .seconds(1))
            parts.append("\(Figure.grouped(Int(rate.rounded()))) a second")
            // The first few rows say nothing of how long the others take.
            if let total = progress.rowsTotal, total > progress.rowsDone,
                progress.rowsDone * 20 >= total, rate >= 1
            {
                let left = Double(total - progress.rowsDone) / rate
                parts.append("\(Figure.duration(.seconds(left))) left")
            }
        }
        return parts.joined(separator: ", ")
    }

    /// As the last synchronisation left it.
    init(
        _ set: DataSet, _ counts: RunRecord.DataSetCounts?, isApplied: Bool, inOneClick: Figure
    ) {
        self.init(set.name, counts: counts, inOneClick: inOneClick)
        guard let counts, isApplied else { return }
        (words, kind) =
            counts.errors + counts.held > 0 ? ("equal but for these", "held") : ("equal", "proved")
    }

    init(_ name: String, counts: RunRecord.DataSetCounts?, inOneClick: Figure) {
        self.name = name
        words = ""
        kind = "plain"
        added = counts.map { Figure($0.added) } ?? .unknown
        changed = counts.map { Figure($0.changed) } ?? .unknown
        removed = counts.map { Figure($0.removed) } ?? .unknown
        unchanged = counts.map { Figure($0.unchanged) } ?? .unknown
        held = counts.map { Figure($0.held, "held") } ?? .unknown
        errors = counts.map { Figure($0.errors, "error") } ?? .unknown
        self.inOneClick = inOneClick
    }
}
