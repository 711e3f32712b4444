import GRDB
import SQLDrivers
import SyncModel

// What went in the last 24 hours.
extension RemovalGuard {
    /// Longer than a day: a clock that was wrong for a while has made nobody forget.
    private static let remembered = Duration.seconds(8 * 86_400)

    func recentRemovals(_ table: TableName) throws -> Int {
        try Int.fetchOne(
            store.db,
            cached: """
                SELECT coalesce(sum(row_count), 0) FROM removals
                WHERE practice_id = ? AND table_name = ? AND removed_at > ?
                """,
            arguments: [store.id.rawValue, table.rawValue, (now + .seconds(-86_400)).sql]) ?? 0
    }

    func remember(_ table: TableName, _ count: Int) throws {
        guard count > 0 else { return }
        try store.db.execute(
            cached: """
                INSERT INTO removals (practice_id, table_name, removed_at, row_count)
                VALUES (?, ?, ?, ?)
                """, arguments: [store.id.rawValue, table.rawValue, now.sql, count])
        try store.db.execute(
            cached: "DELETE FROM removals WHERE practice_id = ? AND removed_at <= ?",
            arguments: [store.id.rawValue, (now + (.zero - Self.remembered)).sql])
    }
}
