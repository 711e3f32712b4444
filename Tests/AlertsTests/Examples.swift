import Alerts
import Logging
import SyncEngine
import SyncModel

extension Timestamp {
    static let morning = Timestamp("2026-11-25T08:30:00Z")!
    static func + (time: Timestamp, minutes: Int) -> Timestamp { time + .seconds(minutes * 60) }
}

extension RunRecord.Problem {
    static let unreachable = RunRecord.Problem(
        SyncError(
            .unreachable, "OneClick at https://oneclick.example cannot be found by its name.",
            hint: "Check this server's network.", recovery: .retry))
    static let noCentral = RunRecord.Problem(
        SyncError(.central, "Central cannot be opened.", hint: "Check that the file is there."))
    static let badTable = RunRecord.Problem(
        SyncError(
            .table, "Central delivered employees [\"TE04\"] twice.", hint: "Check the query."),
        table: TableName(rawValue: "employees"), dataSet: "Employee List")
    static let lineage = RunRecord.Problem(
        dataSet: nil, table: nil, key: nil, code: "lineage",
        message: "Central went back. 12 records differ.", hint: "Run `syncworker approve`.")
    /// Of one record, with the name of a client in it.
    static let refused = RunRecord.Problem(
        dataSet: "Client List", table: TableName(rawValue: "clients"),
        key: Key([.integer(17)]), code: "duplicate_email",
        message: "Tom Evans (TE04) has the e-mail address of Ann Ltd.", hint: "Correct Tom Evans.")
    static let waiting = RunRecord.Problem(
        dataSet: "Client List", table: TableName(rawValue: "clients"),
        key: Key([.integer(18)]), code: "held",
        message: "Ann Ltd (C12) is gone from Central.", hint: "Look at Ann Ltd.")
}

extension RunRecord {
    /// A synchronisation that began five minutes before it ended.
    static func ended(
        _ outcome: Outcome, _ errors: Problem..., at now: Timestamp = .morning,
        purpose: RunPurpose = .synchronise, held: Int? = nil
    ) -> RunRecord {
        let request = RunRequest(kind: .change, trigger: .schedule, purpose: purpose)
        let start = RunStart(id: RunID(rawValue: "run-1"), request: request, startedAt: now + -5)
        return RunRecord(
            start: start, finishedAt: now, outcome: outcome,
            dataSets: [
                .init(
                    name: "Client List",
                    counts: Counts(
                        held: held ?? (outcome == .held ? 40 : 0), errors: errors.count)),
                .init(name: "Employee List", counts: Counts()),
            ],
            errors: errors)
    }
}

extension AlertRules {
    static let halfHourly = AlertRules(interval: .seconds(1800))
}

extension AlertState {
    mutating func finished(_ record: RunRecord) -> [Alert] {
        handle(.finished(record), at: record.finishedAt, rules: .halfHourly)
    }

    mutating func tick(
        _ now: Timestamp, lastGood: Timestamp? = nil, isPaused: Bool = false,
        _ rules: AlertRules = .halfHourly
    ) -> [Alert] {
        handle(.tick(lastGood: lastGood, isPaused: isPaused), at: now, rules: rules)
    }

    /// A tick every minute of a span of time.
    mutating func ticks(
        _ minutes: ClosedRange<Int>, from start: Timestamp = .morning, isPaused: Bool = false
    ) -> [Alert] {
        minutes.flatMap { tick(start + $0, isPaused: isPaused) }
    }
}

extension [Alert] {
    /// Such as `failing began`.
    var words: [String] { map { "\($0.condition?.rawValue ?? "test") \($0.event.rawValue)" } }
}

extension AlertPlace {
    static let office = AlertPlace(practice: PracticeID(rawValue: 7), server: "OFFICE-1")
}

extension Logger {
    static var silent: Logger {
        Logger(label: "silent", factory: { _ in SwiftLogNoOpLogHandler() })
    }
}
