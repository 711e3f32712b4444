import PortalService
import SyncEngine
import SyncModel

/// One synchronisation in a list.
struct RunLine: Sendable {
    var id: String
    var started: Moment
    var kind: String
    var by: String
    var records: Figure
    var held: Figure
    var errors: Figure
    var duration: String
    var bytes: String
    var outcome: String
    var outcomeKind: String

    init(_ run: RunSummary, _ time: PracticeTime, now: Timestamp) {
        id = run.id.rawValue
        started = Moment(run.startedAt, time, now: now)
        kind = RunWords.kind(run.kind, run.purpose)
        by = RunWords.by(run.trigger, run.person)
        records = Figure(run.records)
        held = Figure(run.held, "held")
        errors = Figure(run.errors, "error")
        duration = Figure.duration(run.duration)
        bytes = Figure.bytes(run.bytesSent)
        outcome = RunWords.outcome(run.outcome)
        outcomeKind = RunWords.kind(run.outcome)
    }
}

/// The model of `recent`: the last 24 hours on the first page.
struct RecentView: Sendable {
    var title: String
    var chart: Chart?
    var runs: [RunLine]

    init(_ overview: Overview, _ settings: Console.Settings) {
        let day = overview.past.day
        let words = Outcome.allCases.compactMap { outcome -> String? in
            let count = day.count { $0.outcome == outcome }
            return count > 0
                ? "\(Figure.grouped(count)) \(RunWords.outcome(outcome).lowercased())" : nil
        }
        title =
            if day.isEmpty {
                "Last 24 hours: no synchronisation"
            } else if day.count < Overview.dayMax {
                "Last 24 hours: "
                    + ([Figure.count(day.count, "synchronisation")] + words).joined(separator: ", ")
            } else {
                "The latest \(day.count) synchronisations of the last 24 hours: "
                    + words.joined(separator: ", ")
            }
        chart = day.isEmpty ? nil : Chart(Self.entries(day, settings, overview.now), label: title)
        runs = overview.past.latest.map { RunLine($0, settings.time, now: overview.now) }
    }

    private static func entries(
        _ runs: [RunSummary], _ settings: Console.Settings, _ now: Timestamp
    ) -> [Chart.Entry] {
        runs.map { run in
            Chart.Entry(
                value: run.records, kind: RunWords.kind(run.outcome),
                title: "\(settings.time.words(run.startedAt, now: now)): "
                    + "\(Figure.count(run.records, "record")), \(Figure.duration(run.duration)), "
                    + RunWords.outcome(run.outcome).lowercased())
        }
    }
}

/// The model of `history`.
struct HistoryView: Sendable {
    var runs: [RunLine]
    var total: String
    var records: Chart?
    var durations: Chart?
    var outcomes: [Choice]
    var kinds: [Choice]
    var text: String
    /// The query of the next page; nil on the last.
    var older: String?
    /// The query that makes this list, for the export.
    var query: String
    var isFiltered: Bool
    /// How many days are kept.
    var keptDays: Int

    /// An entry of a `<select>`.
    struct Choice: Sendable {
        var value: String
        var words: String
        var isChosen: Bool
    }

    static let runsMax = 50
}

/// What a person is looking for in the history, as it stands in the address.
struct HistoryQuery: Sendable {
    var outcome: Outcome?
    /// `change` or `full`.
    var kind: RunKind?
    var text: String
    var before: Int?

    init(_ parameters: (String) -> String?) {
        outcome = parameters("outcome").flatMap(Outcome.init(rawValue:))
        kind = parameters("kind").flatMap(RunKind.init(rawValue:))
        text = String((parameters("text") ?? "").prefix(200))
        before = parameters("before").flatMap(Int.init)
    }

    var filter: RunFilter {
        RunFilter(
            outcomes: outcome.map { [$0] } ?? [], kind: kind, text: text.isEmpty ? nil : text)
    }

    /// As it stands in an address, without the page.
    var words: String {
        [("outcome", outcome?.rawValue ?? ""), ("kind", kind?.rawValue ?? ""), ("text", text)]
            .filter { !$0.1.isEmpty }
            .map { "\($0.0)=\(Escaping.query($0.1))" }.joined(separator: "&")
    }
}

extension Console {
    func historyView(_ query: HistoryQuery) async throws -> HistoryView {
        let now = settings.now()
        let isUnderway = await portal.status().isRunning
        let runs = try await journal.history(
            query.filter, before: query.before, limit: HistoryView.runsMax + 1,
            isUnderway: isUnderway)
        let shown = runs.prefix(HistoryView.runsMax)
        let total = try await journal.count(query.filter, isUnderway: isUnderway)
        let charts = query.before == nil ? try await charts(now) : nil
        let words = query.words
        return HistoryView(
            runs: shown.map { RunLine($0, settings.time, now: now) },
            total: Figure.count(total, "synchronisation"), records: charts?.records,
            durations: charts?.durations,
            outcomes: Outcome.allCases.map {
                .init(
                    value: $0.rawValue, words: RunWords.outcome($0), isChosen: $0 == query.outcome)
            },
            kinds: [RunKind.change, .full].map {
                .init(value: $0.rawValue, words: $0.rawValue, isChosen: $0 == query.kind)
            }, text: query.text,
            older: runs.count > HistoryView.runsMax
                ? (words.isEmpty ? "" : words + "&") + "before=\(shown.last?.number ?? 0)" : nil,
            query: words, isFiltered: !words.isEmpty, keptDays: journal.keptDays)
    }

    /// Records and duration of each day that the journal has.
    private func charts(_ now: Timestamp) async throws -> (records: Chart, durations: Chart)? {
        let time = settings.time
        let days = try await journal.activityByDay(
            since: now + .seconds(-90 * 86_400), dayOf: { time.day($0) })
        guard days.count > 1 else { return nil }
        func kind(_ day: DayActivity) -> String {
            day.outcomes.keys.max().map { RunWords.kind($0) } ?? "plain"
        }
        return (
            Chart(
                days.map {
                    .init(
                        value: $0.records, kind: kind($0),
                        title: "\($0.day): \(Figure.count($0.records, "record")) in "
                            + Figure.count($0.runs, "synchronisation"))
                }, label: "Records a day, last 90 days", slots: 90),
            Chart(
                days.map {
                    .init(
                        value: Int($0.longest / .milliseconds(1)), kind: kind($0),
                        title: "\($0.day): the longest took \(Figure.duration($0.longest))")
                }, label: "Longest synchronisation of each day, last 90 days", slots: 90)
        )
    }
}
