import GRDB
import SyncModel
import SyncProtocol

/// A held or kept removal as the store keeps it.
struct HeldRemoval {
    var exception: RowException
    /// The digest of the row that a person approved the removal of.
    var approvedDigest: [UInt8]?
    var approvedUntil: Timestamp?

    func isApproved(digest: [UInt8]?, now: Timestamp) -> Bool {
        guard let approvedDigest, let approvedUntil else { return false }
        return approvedDigest == digest && approvedUntil > now
    }
}

/// The held and kept removals of one table: whole keys, and prefixes that share a parent's fate.
struct HeldRemovals {
    private(set) var byKey: [Key: HeldRemoval] = [:]

    var isEmpty: Bool { byKey.isEmpty }

    /// The removal that covers a row, if any.
    func covering(_ key: Key) -> HeldRemoval? {
        if byKey.isEmpty { return nil }
        if let exact = byKey[key] { return exact }
        return key.properPrefixes.lazy.compactMap { byKey[$0] }.first
    }

    mutating func add(_ removal: HeldRemoval) { byKey[removal.exception.key] = removal }

    mutating func remove(_ key: Key) { byKey[key] = nil }
}

extension PracticeStore {
    func exceptions(_ condition: String = "1", _ arguments: StatementArguments = []) throws
        -> [HeldRemoval]
    {
        try Row.fetchAll(
            db,
            sql: """
                SELECT * FROM exceptions WHERE practice_id = ? AND \(condition)
                ORDER BY table_name, key, kind
                """, arguments: [id.rawValue] + arguments
        ).map(Self.removal)
    }

    func heldRemovals() throws -> [TableName: HeldRemovals] {
        var removals: [TableName: HeldRemovals] = [:]
        for removal in try exceptions("kind <> 'refused'") {
            removals[removal.exception.table, default: HeldRemovals()].add(removal)
        }
        return removals
    }

    private static func removal(_ row: Row) throws -> HeldRemoval {
        var origin: RowException.Origin?
        if let table = row["origin_table"] as String?, let key = row["origin_key"] as String? {
            origin = .init(table: TableName(rawValue: table), key: try decode(key))
        }
        let exception = RowException(
            table: TableName(rawValue: row["table_name"]), key: try decode(row["key"]),
            kind: RowException.Kind(rawValue: row["kind"]) ?? .refused, code: row["code"],
            column: row["column_name"], message: row["message"], hint: row["hint"],
            since: Timestamp(row["since"] as String), origin: origin)
        return HeldRemoval(
            exception: exception, approvedDigest: row.bytes("approved_digest"),
            approvedUntil: (row["approved_until"] as String?).flatMap { Timestamp($0) })
    }

    func insert(_ exception: RowException, now: Timestamp) throws {
        try db.execute(
            sql: """
                INSERT OR IGNORE INTO exceptions (practice_id, table_name, key, kind, code,
                  column_name, message, hint, since, origin_table, origin_key)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id.rawValue, exception.table.rawValue, try Self.encode(exception.key),
                exception.kind.rawValue, exception.code, exception.column, exception.message,
                exception.hint, (exception.since ?? now).sql, exception.origin?.table.rawValue,
                try exception.origin.map { try Self.encode($0.key) },
            ])
    }

    func deleteException(_ exception: RowException) throws {
        try db.execute(
            sql: """
                DELETE FROM exceptions
                WHERE practice_id = ? AND table_name = ? AND key = ? AND kind = ?
                """,
            arguments: [
                id.rawValue, exception.table.rawValue, try Self.encode(exception.key),
                exception.kind.rawValue,
            ])
    }

    /// The refused rows of a table are now exactly these; one that was refused before keeps its
    /// `since`.
    func replaceRefused(_ table: TableName, with refused: [RowException], now: Timestamp) throws {
        let before = try exceptions(
            "table_name = ? AND kind = 'refused'", [table.rawValue]
        ).map(\.exception)
        let since = Dictionary(before.map { ($0.key, $0.since) }) { first, _ in first }
        for exception in before { try deleteException(exception) }
        for var exception in refused {
            guard exception.table == table, exception.kind == .refused else {
                throw WireReader.malformed("names a refused row of another table")
            }
            exception.since = since[exception.key] ?? now
            try insert(exception, now: now)
        }
    }
}
