import GRDB
import SQLDrivers
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
        let isApproved = request.answer == .approve
        let action: AuditEntry.Action =
            request.table == nil
            ? isApproved ? .lineageApproved : .lineageKept
            : isApproved ? .removalsApproved : .removalsKept
        try audit.note(
            action, by: request.person, subject: request.table?.rawValue, rows: answered, now: now)
        return AnswerReceipt(answered: answered)
    }

    private func answer(_ request: AnswerRequest, _ table: TableName, _ now: Timestamp) throws
        -> Int
    {
        guard let shape = shapes[table] else {
            let names = shapes.tables.map(\.name.rawValue).joined(separator: ", ")
            throw SyncError("held", "There is no table \(table).", hint: "There are: \(names).")
        }
        let chosen = try removals(request, table)
        for removal in chosen {
            switch request.answer {
            case .approve:
                if removal.kind == .kept { try set(.held, removal) }
                try approve(removal, TypedTable(shape), request.person, now)
            case .keep: try set(.kept, removal)
            }
        }
        return chosen.reduce(0) { $0 + $1.rows }
    }

    /// Those that are named, or all that are held and that the person has seen.
    private func removals(_ request: AnswerRequest, _ table: TableName) throws -> [RowException] {
        let roots = "table_name = ? AND origin_key IS NULL"
        guard let keys = request.keys else {
            guard let seenAt = request.seenAt else {
                throw WireReader.malformed("answers for a table without saying what was seen")
            }
            return try exceptions(
                roots + " AND kind = 'held' AND since <= ?", [table.rawValue, seenAt.sql]
            ).map(\.exception)
        }
        return try keys.map { key in
            let found = try exceptions(
                roots + " AND kind <> 'refused' AND path = ?",
                [table.rawValue, key.bytes.databaseBytes]
            ).first
            guard let found else {
                throw SyncError(
                    "held", "\(table) \(key) is not held.",
                    hint: "`syncworker held` lists what waits for an answer.")
            }
            return found.exception
        }
    }

    private func approve(
        _ exception: RowException, _ table: TypedTable, _ person: String, _ now: Timestamp
    ) throws {
        let digest = try digest(table, .path(exception.key, keyCount: table.shape.keyCount))
        try db.execute(
            cached: """
                UPDATE exceptions SET approved_digest = ?, approved_by = ?, approved_until = ?
                WHERE practice_id = ? AND table_name = ? AND path = ? AND kind = 'held'
                """,
            arguments: [
                digest.databaseBytes, person, (now + Self.approvalLifetime).sql, id.rawValue,
                exception.table.rawValue, exception.key.bytes.databaseBytes,
            ])
    }

    /// Makes a removal held or kept, with everything that shares its fate; an approval that was
    /// given is withdrawn.
    private func set(_ kind: RowException.Kind, _ root: RowException) throws {
        let shares = try exceptions(
            "origin_table = ? AND origin_key = ?",
            [root.table.rawValue, try Self.encode(root.key)]
        ).map(\.exception)
        for before in [root] + shares {
            var now = before
            now.kind = kind
            now = try worded(now)
            try db.execute(
                cached: """
                    UPDATE exceptions SET kind = ?, message = ?, hint = ?,
                      approved_digest = NULL, approved_by = NULL, approved_until = NULL
                    WHERE practice_id = ? AND table_name = ? AND path = ? AND kind = ?
                    """,
                arguments: [
                    kind.rawValue, now.message, now.hint, id.rawValue, now.table.rawValue,
                    now.key.bytes.databaseBytes, before.kind.rawValue,
                ])
        }
    }

    private func answerLineage(_ request: AnswerRequest) throws -> Int {
        guard var question = try state().lineageQuestion else {
            throw SyncError(
                "held", "There is no question about Central's history to answer.",
                hint: "`syncworker held` lists what waits for an answer.")
        }
        guard request.seenAt == nil || request.seenAt == question.since else {
            throw SyncError(
                "held", "The question about Central's history is another one now.",
                hint: "Look at it again, in the console or by `syncworker held`, and answer that.")
        }
        question.isApproved = request.answer == .approve
        try db.execute(
            cached: "UPDATE practices SET lineage_question = ? WHERE id = ?",
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
            waiting: try waiting(), lineageQuestion: state.lineageQuestion,
            approvals: try approvals())
    }

    /// Of the first held removals of each table, as they are listed.
    private func approvals() throws -> [StatusAnswer.Approval] {
        try shapes.tables.flatMap { shape in
            try exceptions(
                """
                kind = 'held' AND origin_key IS NULL AND table_name = ?
                  AND approved_until IS NOT NULL AND path IN (
                    SELECT path FROM exceptions
                    WHERE practice_id = ? AND table_name = ? AND kind = 'held'
                      AND origin_key IS NULL
                    ORDER BY path LIMIT ?)
                """,
                [
                    shape.name.rawValue, id.rawValue, shape.name.rawValue, Receipt.exceptionsMax,
                ]
            ).compactMap { removal in
                removal.approvedUntil.map {
                    .init(table: shape.name, key: removal.exception.key, until: $0)
                }
            }
        }
    }
}
