import SyncEngine
import SyncModel

/// Runs that a journal's tests write down.
extension RunRecord {
    /// A run of two seconds that changed three clients.
    static func example(
        _ id: String, _ time: String = "2026-11-24T08:00:00Z", outcome: Outcome = .succeeded,
        request: RunRequest = RunRequest(kind: .change, trigger: .schedule),
        problems: [Problem] = []
    ) -> RunRecord {
        let start = RunStart.example(id, time, request: request)
        return RunRecord(
            start: start, finishedAt: start.startedAt + .seconds(2), outcome: outcome,
            dataSets: [
                .init(name: "Client List", counts: Counts(added: 1, changed: 2, held: 4)),
                .init(name: "Client Roles", counts: Counts(removed: 3, unchanged: 9)),
            ], rowsSent: 3, traffic: Traffic(bytesSent: 512, requests: 7), errors: problems,
            notes: ["One note."])
    }
}

extension RunStart {
    static func example(
        _ id: String, _ time: String = "2026-11-24T08:00:00Z",
        request: RunRequest = RunRequest(kind: .change, trigger: .schedule)
    ) -> RunStart {
        RunStart(id: RunID(rawValue: id), request: request, startedAt: Timestamp(time)!)
    }
}

extension RunRecord.Problem {
    static func example(
        _ message: String, code: String = "too_long", key: Key? = Key(17),
        dataSet: String? = "Client List"
    ) -> RunRecord.Problem {
        .init(
            dataSet: dataSet, table: TableName(rawValue: "clients"), key: key, code: code,
            message: message, hint: "What to do.")
    }
}
