import GRDB
import SyncModel
import SyncProtocol

/// What a person answers: to held removals, and to the question whose Central this is.
extension PracticeStore {
    /// How long an approval is good for, if no synchronisation uses it before.
    static let approvalLifetime = Duration.seconds(7 * 86_400)

    func answer(_ request: AnswerRequest, now: Timestamp) throws -> AnswerReceipt {
        let answered =
            if let table = request.table {
                try answer(request, table, now)
            } else {
                try answerLineage(request)
            }
        try db.execute(
            sql: """
                INSERT INTO answers
                  (practice_id, answered_at, person, answer, table_name, row_count)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id.rawValue, now.sql, request.person, request.answer.rawValue,
                request.table?.rawValue, answered,
            ])
        return AnswerReceipt(answered: answered)
    }

    private func answer(_ request: AnswerRequest, _ table: TableName, _ now: Timestamp) throws
        -> Int
    {
        guard let shape = shapes[table] else {
            let names = shapes.tables.map(\.name.rawValue).joined(separator: ", ")
            throw SyncError("held", "There is no table \(table).", hint: "There are: \(names).")
        }
        let typed = TypedTable(shape)
        let held = try exceptions(
            "table_name = ? AND kind = 'held' AND origin_key IS NULL", [table.rawValue])
        let chosen = held.map(\.exception).filter { request.keys?.contains($0.key) ?? true }
        if let keys = request.keys,
            let unknown = keys.first(where: { key in
                !chosen.contains { $0.key == key }
            })
        {
            throw SyncError(
                "held", "\(table) \(unknown) is not held.",
                hint: "`syncworker held` lists what waits for an answer.")
        }
        for exception in chosen {
            switch request.answer {
            case .approve: try approve(exception, typed, request.person, now)
            case .keep: try keep(exception)
            }
        }
        return chosen.reduce(0) { $0 + $1.rows }
    }

    private func approve(
        _ exception: RowException, _ table: TypedTable, _ person: String, _ now: Timestamp
    ) throws {
        let digest = try digest(table, .path(exception.key, keyCount: table.shape.keyCount))
        try db.execute(
            sql: """
                UPDATE exceptions SET approved_digest = ?, approved_by = ?, approved_until = ?
                WHERE practice_id = ? AND table_name = ? AND key = ? AND kind = 'held'
                """,
            arguments: [
                digest.databaseBytes, person, (now + Self.approvalLifetime).sql, id.rawValue,
                exception.table.rawValue, try Self.encode(exception.key),
            ])
    }

    /// With everything that shares its fate.
    private func keep(_ exception: RowException) throws {
        let key = try Self.encode(exception.key)
        try db.execute(
            sql: """
                UPDATE exceptions SET kind = 'kept'
                WHERE practice_id = ? AND kind = 'held' AND
                  ((table_name = ? AND key = ?) OR (origin_table = ? AND origin_key = ?))
                """,
            arguments: [
                id.rawValue, exception.table.rawValue, key, exception.table.rawValue, key,
            ])
    }

    private func answerLineage(_ request: AnswerRequest) throws -> Int {
        guard var question = try state().lineageQuestion else {
            throw SyncError(
                "held", "There is no question about Central's history to answer.",
                hint: "`syncworker held` lists what waits for an answer.")
        }
        question.isApproved = request.answer == .approve
        try db.execute(
            sql: "UPDATE practices SET lineage_question = ? WHERE id = ?",
            arguments: [try Self.encode(question), id.rawValue])
        return 1
    }

    func status() throws -> StatusAnswer {
        let state = try state()
        var rows: [TableName: Int] = [:]
        for shape in shapes.tables { rows[shape.name] = try rowCount(shape.name) }
        return StatusAnswer(
            practiceName: state.name, version: state.version, lastCommittedAt: state.committedAt,
            rows: rows, checkpoints: try checkpoints(), exceptions: try listedExceptions(),
            waiting: try waiting(), lineageQuestion: state.lineageQuestion)
    }
}
