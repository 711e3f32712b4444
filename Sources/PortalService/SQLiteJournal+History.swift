import GRDB
import SQLDrivers
import SyncEngine
import SyncModel
import SyncProtocol
import Synchronization

/// What the synchronisations of one day came to.
public struct DayActivity: Codable, Hashable, Sendable {
    /// By the practice's clocks.
    public var day: LocalDate
    /// How many runs ended how; an outcome that did not occur is left out.
    public var outcomes: [Outcome: Int] = [:]
    /// Rows added, changed and removed.
    public var records = 0
    public var duration = Duration.zero
    public var longest = Duration.zero

    public var runs: Int { outcomes.values.reduce(0, +) }
}

/// Lists that stay quick however many runs there are: a page is found by what the narrow table
/// `history` says, and the records of other pages are not read.
extension SQLiteJournal {
    /// A page of the runs that are looked for, begun last first.
    ///
    /// - Parameters:
    ///   - number: of the last run of the page before; nil for the first page.
    ///   - isUnderway: leaves out the latest run if it has no end yet, as `runs(limit:)` does.
    public func history(
        _ filter: RunFilter = RunFilter(), before number: Int? = nil, limit: Int,
        isUnderway: Bool = false
    ) async throws -> [RunSummary] {
        try await list(RunQuery(filter, isUnderway: isUnderway), before: number, limit: limit)
    }

    /// How many runs are looked for, on all pages.
    public func count(
        _ filter: RunFilter = RunFilter(), isUnderway: Bool = false
    ) async throws -> Int {
        let late = late.withLock(\.self)
        return try await read { db in
            var query = RunQuery(filter, isUnderway: isUnderway)
            let late = try query.add(late, db)
            return late.count + (try query.count(db))
        }
    }

    /// How many runs that synchronise began since, with the one under way.
    public func count(startedSince time: Timestamp) async throws -> Int {
        try await count(RunFilter(purpose: .synchronise, from: time))
    }

    /// The latest runs that synchronised, begun first first; the one under way is not among them.
    public func activity(since time: Timestamp, limit: Int) async throws -> [RunSummary] {
        var query = RunQuery(RunFilter(purpose: .synchronise, from: time))
        query.add("h.ended")
        return try await list(query, limit: limit).reversed()
    }

    /// What was synchronised on each day since, earliest day first; days without a run are left
    /// out, and so is the run under way.
    ///
    /// - Parameter dayOf: the date by the practice's clocks; asked for quarters of an hour, at
    ///   which days begin in every zone, and not for every run.
    public func activityByDay(
        since time: Timestamp, dayOf: (Timestamp) -> LocalDate
    ) async throws -> [DayActivity] {
        let filter = RunFilter(purpose: .synchronise, from: time)
        let late = late.withLock(\.self)
        let parts = try await read { db in
            var query = RunQuery(filter)
            query.add("h.ended")
            let late = try query.add(late, db)
            return try query.parts(db) + late.map(ActivityPart.init)
        }
        var days: [LocalDate: DayActivity] = [:]
        for part in parts {
            let day = dayOf(part.startedAt)
            days[day, default: DayActivity(day: day)].add(part)
        }
        return days.values.sorted { $0.day < $1.day }
    }

    /// The latest run that OneClick took over: succeeded, or with records that are held or
    /// refused. A run that only asks whose Central this is is none.
    public func lastApplied() async throws -> RunSummary? {
        let outcomes: Set<Outcome> = [.succeeded, .completedWithErrors, .held]
        var query = RunQuery(RunFilter(outcomes: outcomes, purpose: .synchronise))
        query.add("h.applied")
        return try await list(query, limit: 1).first
    }

    private func list(
        _ query: RunQuery, before number: Int? = nil, limit: Int
    ) async throws -> [RunSummary] {
        let late = late.withLock(\.self)
        return try await read { db in
            var query = query
            let unwritten = try query.add(late, db).reversed().filter { run in
                number.map { run.number < $0 } ?? true
            }
            let written = try query.page(db, before: number, limit: limit)
            guard !unwritten.isEmpty else { return written }
            let runs = (unwritten + written).sorted { $0.number > $1.number }
            return Array(runs.prefix(limit))
        }
    }
}

extension DayActivity {
    fileprivate init(day: LocalDate) { self.day = day }

    fileprivate mutating func add(_ part: ActivityPart) {
        outcomes[part.outcome, default: 0] += part.runs
        records += part.records
        duration += part.duration
        longest = max(longest, part.longest)
    }
}

/// The runs of a quarter of an hour that ended alike.
private struct ActivityPart: Sendable {
    var startedAt: Timestamp
    var outcome: Outcome
    var runs: Int
    var records: Int
    var duration: Duration
    var longest: Duration
}

extension ActivityPart {
    init(_ run: RunSummary) {
        startedAt = run.startedAt
        outcome = run.outcome
        runs = 1
        records = run.records
        duration = run.duration
        longest = run.duration
    }

    init(_ row: Row) throws {
        startedAt = Timestamp(microsecondsSince1970: row["started_at"])
        outcome = try Outcome(inJournal: row["outcome"])
        runs = row["runs"]
        records = row["records"]
        duration = .microseconds(row["duration"] as Int64)
        longest = .microseconds(row["longest"] as Int64)
    }
}

/// A question to the table `history`, built up condition by condition.
private struct RunQuery: Sendable {
    private let filter: RunFilter
    private var conditions: [String] = []
    private var arguments = StatementArguments()

    /// Only one outcome is looked up in an index. For everything else the runs are gone through in
    /// their order, newest first: a plus keeps SQLite from collecting and sorting them all.
    init(_ filter: RunFilter, isUnderway: Bool = false) {
        self.filter = filter
        let outcomes = filter.outcomes.map(\.rawValue).sorted()
        if !outcomes.isEmpty {
            let column = outcomes.count == 1 ? "h.outcome" : "+h.outcome"
            let marks = outcomes.map { _ in "?" }.joined(separator: ", ")
            add("\(column) IN (\(marks))", StatementArguments(outcomes))
        }
        if let kind = filter.kind { add("h.kind = ?", [kind.rawValue]) }
        if let trigger = filter.trigger { add("h.trigger = ?", [trigger.rawValue]) }
        if let purpose = filter.purpose { add("h.purpose = ?", [purpose.rawValue]) }
        if let from = filter.from { add("h.started_at >= ?", [from.microsecondsSince1970]) }
        if let to = filter.to { add("h.started_at < ?", [to.microsecondsSince1970]) }
        // The last one: it is the dearest.
        if let text = filter.searched { add("instr(h.search, ?) > 0", [text]) }
        if isUnderway { add("(h.ended OR h.number < (SELECT max(number) FROM history))") }
    }

    mutating func add(_ condition: String, _ values: StatementArguments = []) {
        conditions.append(condition)
        arguments += values
    }

    /// Leaves the runs out whose ends wait to be written, and answers those of them that are
    /// looked for as they are shown meanwhile, with their numbers or those they will have.
    mutating func add(_ late: [LateRecord], _ db: Database) throws -> [RunSummary] {
        guard !late.isEmpty else { return [] }
        var last = try Int.fetchOne(db, sql: "SELECT max(number) FROM runs") ?? 0
        var runs: [RunSummary] = []
        for record in late {
            let run = record.unwritten
            var number = try Int.fetchOne(
                db, cached: "SELECT number FROM runs WHERE id = ?",
                arguments: [run.id.rawValue])
            if let number {
                add("h.number <> ?", [number])
            } else {
                last += 1
                number = last
            }
            if filter.matches(run) { runs.append(RunSummary(run, number: number ?? last)) }
        }
        return runs
    }

    func page(_ db: Database, before number: Int?, limit: Int) throws -> [RunSummary] {
        var query = self
        if let number { query.add("h.number < ?", [number]) }
        return try Row.fetchAll(
            db,
            sql: """
                SELECT h.number, r.summary FROM history h JOIN runs r ON r.number = h.number
                WHERE \(query.condition) ORDER BY h.number DESC LIMIT ?
                """, arguments: query.arguments + [limit]
        ).map { row in
            var run: RunSummary = try WireJSON.decode(from: Array((row["summary"] as String).utf8))
            run.number = row["number"]
            return run
        }
    }

    func count(_ db: Database) throws -> Int {
        try Int.fetchOne(
            db, sql: "SELECT count(*) FROM history h WHERE \(condition)", arguments: arguments) ?? 0
    }

    func parts(_ db: Database) throws -> [ActivityPart] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT min(started_at) AS started_at, outcome, count(*) AS runs,
                  sum(records) AS records, sum(microseconds) AS duration,
                  max(microseconds) AS longest
                FROM history h WHERE \(condition) GROUP BY h.started_at / 900000000, h.outcome
                """, arguments: arguments
        ).map(ActivityPart.init)
    }

    private var condition: String {
        conditions.isEmpty ? "true" : conditions.joined(separator: " AND ")
    }
}

extension Outcome {
    fileprivate init(inJournal word: String) throws {
        guard let outcome = Outcome(rawValue: word) else {
            throw SyncError(
                .journal, "The journal knows an outcome that this release does not.",
                hint: "Use the release that wrote it.")
        }
        self = outcome
    }
}
