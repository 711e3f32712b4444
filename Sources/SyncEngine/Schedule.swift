import SyncModel
import SyncProtocol

/// When the periodic synchronisation starts: on a grid from start to start, moved for each practice
/// by a stable part of the interval, so that a thousand practices do not all call at half past.
public struct Schedule: Hashable, Sendable {
    public private(set) var interval: Duration
    /// What the practice's place on a grid of any interval comes from.
    private let number: UInt64

    /// - Parameters:
    ///   - interval: from one start to the next; at least a minute.
    ///   - name: what the practice's place on the grid is derived from; always the same.
    public init(interval: Duration, name: String) {
        let digest = RowDigest.of(Array("schedule \(name)".utf8))
        number = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        self.interval = max(interval, .seconds(60))
    }

    /// The same practice's with another interval.
    public func every(_ interval: Duration) -> Schedule {
        var schedule = self
        schedule.interval = max(interval, .seconds(60))
        return schedule
    }

    private var offset: Int64 { Int64(number % UInt64(interval.microseconds)) }

    /// The next start of the grid after a moment.
    public func next(after moment: Timestamp) -> Timestamp {
        let step = interval.microseconds
        let since = moment.microsecondsSince1970 - offset
        let passed = since >= 0 ? since / step : (since - step + 1) / step
        return Timestamp(microsecondsSince1970: (passed + 1) * step + offset)
    }

    /// When to start next: now, where a start was missed (the machine slept, or a run took long),
    /// and once however many were missed.
    public func start(now: Timestamp, lastStarted: Timestamp?) -> Timestamp {
        guard let lastStarted else { return now }
        // A clock that was put back: the last start lies ahead and says nothing.
        guard lastStarted <= now else { return next(after: now) }
        return max(now, next(after: lastStarted))
    }
}

extension Duration {
    var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
