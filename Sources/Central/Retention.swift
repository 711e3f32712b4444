import GRDB
import SyncModel

/// How long change rows are kept: by age and by number, never because they were acknowledged (an
/// OneClick restored from a backup needs them again).
public struct Retention: Sendable, Hashable {
    public var age = Duration.seconds(30 * 86_400)
    public var changesMax: Int64 = 5_000_000
    /// At most this many go at a time, so that the office's writes never wait long.
    public var batch: Int64 = 50_000

    public init() {}

    /// Purges what is too old or too much, and raises the floor, in the caller's transaction:
    /// whoever stands below the floor compares everything.
    func purge(_ db: Database, now: Timestamp) throws {
        guard let limit = try greatestToPurge(db, now) else { return }
        try db.execute(sql: "DELETE FROM syncworker_change WHERE seq <= ?", arguments: [limit])
        try Self.raiseFloor(db, to: limit)
    }

    /// Changes up to and including this number are not there any more.
    static func raiseFloor(_ db: Database, to number: Int64) throws {
        try db.execute(
            sql: "UPDATE syncworker_meta SET value = max(value, ?) WHERE name = 'floor'",
            arguments: [number])
    }

    private func greatestToPurge(_ db: Database, _ now: Timestamp) throws -> Int64? {
        let bounds = try Row.fetchOne(
            db,
            sql: """
                SELECT (SELECT seq FROM syncworker_change ORDER BY seq LIMIT 1) AS first,
                  (SELECT seq FROM syncworker_change ORDER BY seq DESC LIMIT 1) AS last
                """)
        guard let first = bounds?["first"] as Int64?, let last = bounds?["last"] as Int64? else {
            return nil
        }
        let end = min(first + batch - 1, last)
        let tooMany = min(end, last - changesMax)
        // Numbers rise with time, but for a clock that was put back: only an unbroken row of old
        // changes from the beginning goes.
        let cutoff = (now + (.zero - age)).microsecondsSince1970 / 1_000_000
        let young = try Int64.fetchOne(
            db,
            sql: """
                SELECT seq FROM syncworker_change WHERE seq <= ? AND at >= ? ORDER BY seq LIMIT 1
                """, arguments: [end, cutoff])
        let limit = max(young.map { $0 - 1 } ?? end, tooMany)
        return limit >= first ? limit : nil
    }
}
