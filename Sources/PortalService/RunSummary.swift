import SyncEngine
import SyncModel

/// One synchronisation as a list shows it: everything of its record but its problems and notes.
public struct RunSummary: Codable, Hashable, Sendable {
    /// Its place in the order in which runs began; also where the next page of a list begins.
    public var number: Int
    public var id: RunID
    public var kind: RunKind
    public var trigger: RunTrigger
    public var purpose: RunPurpose
    public var person: String?
    public var startedAt: Timestamp
    public var finishedAt: Timestamp
    public var outcome: Outcome
    public var dataSets: [RunRecord.DataSetCounts]
    /// Rows shipped, whatever became of them.
    public var rowsSent: Int
    public var bytesSent: Int
    public var requests: Int
    /// How many problems the record lists that are no removals waiting for an answer.
    public var errors: Int
    /// How many removals waited for an answer after the run.
    public var held: Int
    /// Rows added, changed and removed, of all data sets.
    public var records: Int
    /// Whether OneClick took over what the run found. A run that asks whose Central this is
    /// applies nothing, although it is held.
    public var hasApplied: Bool

    /// Nothing where the clock was put back meanwhile, or where the end is not known.
    public var duration: Duration { max(.zero, finishedAt - startedAt) }

    enum CodingKeys: String, CodingKey {
        case number, id, kind, trigger, purpose, person
        case startedAt = "started_at"
        case finishedAt = "finished_at"
        case outcome
        case dataSets = "data_sets"
        case rowsSent = "rows_sent"
        case bytesSent = "bytes_sent"
        case requests, errors, held, records
        case hasApplied = "has_applied"
    }

    public init(_ record: RunRecord, number: Int) {
        self.number = number
        id = record.id
        kind = record.kind
        trigger = record.trigger
        purpose = record.purpose
        person = record.person
        startedAt = record.startedAt
        finishedAt = record.finishedAt
        outcome = record.outcome
        dataSets = record.dataSets
        rowsSent = record.rowsSent
        bytesSent = record.bytesSent
        requests = record.requests
        errors = record.errors.count { !$0.isHeld }
        held = record.dataSets.reduce(0) { $0 + $1.held }
        records = record.dataSets.reduce(0) { $0 + $1.added + $1.changed + $1.removed }
        hasApplied =
            record.purpose == .synchronise
            && [.succeeded, .completedWithErrors, .held].contains(record.outcome)
            && !record.errors.contains { $0.code == "lineage" }
    }
}
