import SyncEngine
import SyncModel
import SyncProtocol

@testable import PortalService

extension RunRecord {
    static func example(
        _ id: String, _ time: Timestamp, kind: RunKind = .change, person: String? = nil,
        outcome: Outcome = .succeeded, problems: [Problem] = []
    ) -> RunRecord {
        let request = RunRequest(
            kind: kind, trigger: person == nil ? .schedule : .manual, person: person)
        return RunRecord(
            start: RunStart(id: RunID(rawValue: id), request: request, startedAt: time),
            finishedAt: time + .seconds(125), outcome: outcome,
            dataSets: [.init(name: "Client List", counts: Counts(added: 1, changed: 2, held: 4))],
            rowsSent: 1_234, traffic: Traffic(bytesSent: 212_000, requests: 7), errors: problems,
            notes: ["One <note>."])
    }
}

extension RunRecord.Problem {
    static func example(_ message: String, key: Key? = Key(17)) -> RunRecord.Problem {
        .init(
            dataSet: "Client List", table: .clients, key: key, code: "too_long", message: message,
            hint: "Correct it in \"Central\" & wait.")
    }
}

extension TableName {
    static let clients = TableName(rawValue: "clients")
    static let employees = TableName(rawValue: "employees")
}

extension RowException {
    static func example(
        _ kind: Kind, _ table: TableName = .clients, key: Key = Key(17),
        _ message: String = "The client \"Ann & Co\" is gone."
    ) -> RowException {
        RowException(
            table: table, key: key, kind: kind, code: kind.rawValue, message: message,
            hint: "Correct it in Central.", since: Timestamp("2026-11-24T07:00:00Z"))
    }
}

extension TestConsole {
    /// Writes runs into the journal, begun first first.
    func record(_ runs: RunRecord...) async throws { try await record(runs) }

    func record(_ runs: [RunRecord]) async throws {
        try await journal.write { db in
            for run in runs {
                let request = RunRequest(
                    kind: run.kind, trigger: run.trigger, purpose: run.purpose, person: run.person)
                let start = RunStart(id: run.id, request: request, startedAt: run.startedAt)
                try RunRow(start, run).write(db)
            }
        }
    }

    /// What OneClick answers from now on, as the console knows it.
    func oneclickHas(
        _ exceptions: [RowException], waiting: [TableName: Counts] = [:],
        question: LineageQuestion? = nil, approvals: [StatusAnswer.Approval]? = nil
    ) async {
        var status = StatusAnswer.example
        status.exceptions = exceptions
        status.waiting = waiting
        status.lineageQuestion = question
        status.approvals = approvals
        oneclick.says(.success(status))
        await connections.refresh()
    }
}
