import GRDB
import SQLDrivers
import SyncModel
import SyncProtocol

/// A held or kept removal as the store keeps it.
struct HeldRemoval {
    var exception: RowException
    /// The digest of the rows that a person approved the removal of.
    var approvedDigest: [UInt8]?
    var approvedUntil: Timestamp?
}

/// The held and kept removals of one table: whole keys, and prefixes with all that hangs on them.
struct HeldRemovals {
    private(set) var byKey: [Key: HeldRemoval] = [:]
    private var below: [Key: Set<Key>] = [:]

    var isEmpty: Bool { byKey.isEmpty }

    /// The removal that covers a row, if any.
    func covering(_ key: Key) -> HeldRemoval? {
        if byKey.isEmpty { return nil }
        if let exact = byKey[key] { return exact }
        return key.properPrefixes.lazy.compactMap { byKey[$0] }.first
    }

    /// Whole keys that hang on `prefix`, in ascending order.
    func keys(below prefix: Key) -> [Key] { below[prefix]?.sorted() ?? [] }

    mutating func add(_ removal: HeldRemoval) {
        let key = removal.exception.key
        byKey[key] = removal
        if let prefix = key.parentPrefix { below[prefix, default: []].insert(key) }
    }

    mutating func remove(_ key: Key) {
        byKey[key] = nil
        if let prefix = key.parentPrefix { below[prefix]?.remove(key) }
    }
}

extension PracticeStore {
    func exceptions(_ condition: String = "1", _ arguments: StatementArguments = []) throws
        -> [HeldRemoval]
    {
        try Row.fetchAll(
            db,
            cached: """
                SELECT * FROM exceptions WHERE practice_id = ? AND \(condition)
                ORDER BY table_name, path, kind
                """, arguments: [id.rawValue] + arguments
        ).map(Self.removal)
    }

    /// All of one table, without their words.
    func heldRemovals(of table: TableName) throws -> HeldRemovals {
        var removals = HeldRemovals()
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT '' AS message, '' AS hint, * FROM exceptions
                WHERE practice_id = ? AND table_name = ? AND kind <> 'refused'
                """, arguments: [id.rawValue, table.rawValue])
        while let row = try rows.next() { removals.add(try Self.removal(row)) }
        return removals
    }

    /// Of each table and kind the first ones: what fits into an answer.
    func listedExceptions() throws -> [RowException] {
        try exceptions(
            """
            (table_name, path, kind) IN (
              SELECT table_name, path, kind FROM (
                SELECT *, row_number() OVER (PARTITION BY table_name, kind
                  ORDER BY origin_key IS NOT NULL, path) AS place
                FROM exceptions WHERE practice_id = ?)
              WHERE place <= ?)
            """, [id.rawValue, Receipt.exceptionsMax]
        ).map(\.exception)
    }

    /// How many rows of each table are held and refused.
    func waiting() throws -> [TableName: Counts] {
        let rows = try Row.fetchAll(
            db,
            cached: """
                SELECT table_name, kind, sum(row_count) AS number FROM exceptions
                WHERE practice_id = ? AND origin_key IS NULL GROUP BY table_name, kind
                """, arguments: [id.rawValue])
        var waiting: [TableName: Counts] = [:]
        for row in rows {
            let table = TableName(rawValue: row["table_name"])
            switch row["kind"] as String {
            case "refused": waiting[table, default: Counts()].errors = row["number"]
            case "held": waiting[table, default: Counts()].held = row["number"]
            default: break
            }
        }
        return waiting
    }

    /// Where a table has exceptions of any kind.
    func unsettled(_ shape: TableShape) throws -> [KeyRange] {
        let keys = try Row.fetchAll(
            db, cached: "SELECT path FROM exceptions WHERE practice_id = ? AND table_name = ?",
            arguments: [id.rawValue, shape.name.rawValue]
        ).map { Key(bytes: $0.bytes("path") ?? []) }
        return keys.map { KeyRange.path($0, keyCount: shape.keyCount) }
            .coarsened(to: TableState.unsettledMax)
    }

    private static func removal(_ row: Row) throws -> HeldRemoval {
        var origin: RowException.Origin?
        if let table = row["origin_table"] as String?, let key = row["origin_key"] as String? {
            origin = .init(table: TableName(rawValue: table), key: try decode(key))
        }
        let exception = RowException(
            table: TableName(rawValue: row["table_name"]), key: Key(bytes: row.bytes("path") ?? []),
            kind: RowException.Kind(rawValue: row["kind"]) ?? .refused, code: row["code"],
            column: row["column_name"], message: row["message"], hint: row["hint"],
            since: Timestamp(row["since"] as String), origin: origin, rows: row["row_count"])
        return HeldRemoval(
            exception: exception, approvedDigest: row.bytes("approved_digest"),
            approvedUntil: (row["approved_until"] as String?).flatMap { Timestamp($0) })
    }

    func insert(_ exception: RowException, now: Timestamp) throws {
        try db.execute(
            cached: """
                INSERT OR IGNORE INTO exceptions (practice_id, table_name, path, key, kind, code,
                  column_name, message, hint, since, origin_table, origin_key, row_count)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                id.rawValue, exception.table.rawValue, exception.key.bytes.databaseBytes,
                try Self.encode(exception.key),
                exception.kind.rawValue, exception.code, exception.column, exception.message,
                exception.hint, (exception.since ?? now).sql, exception.origin?.table.rawValue,
                try exception.origin.map { try Self.encode($0.key) }, exception.rows,
            ])
    }

    func deleteException(_ exception: RowException) throws {
        try db.execute(
            cached: """
                DELETE FROM exceptions
                WHERE practice_id = ? AND table_name = ? AND path = ? AND kind = ?
                """,
            arguments: [
                id.rawValue, exception.table.rawValue, exception.key.bytes.databaseBytes,
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
