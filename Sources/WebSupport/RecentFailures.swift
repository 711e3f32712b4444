import SyncModel
import Synchronization

/// What failed within the last quarter of an hour, to limit how often somebody may guess. Kept in
/// the memory of one process.
///
/// An attempt that is refused here is not counted, or whoever keeps guessing would keep the right
/// person out for ever.
public final class RecentFailures<Attempt: Hashable & Sendable>: Sendable {
    /// At most so many failures of the attempts that match.
    public struct Limit {
        var max: Int
        var matches: (Attempt) -> Bool

        public init(max: Int, matches: @escaping (Attempt) -> Bool) {
            self.max = max
            self.matches = matches
        }
    }

    private struct Failure {
        var attempt: Attempt
        var at: Timestamp
    }

    /// A quarter of an hour.
    public static var window: Duration { .seconds(15 * 60) }

    /// What more would be forgotten is refused instead: no memory without an end.
    private let kept: Int

    /// In the order in which they came.
    private let failures = Mutex<[Failure]>([])

    public init(kept: Int = 10_000) { self.kept = kept }

    /// How long an attempt has to wait; nil if it may be made.
    ///
    /// One that may is counted as a failure until it is withdrawn: of many that come at the same
    /// moment no more are made than of as many one after the other.
    public func begin(_ attempt: Attempt, limits: [Limit], now: Timestamp) -> Duration? {
        failures.withLock { failures in
            Self.forget(&failures, now)
            if failures.count >= kept { return Self.window - (now - failures[0].at) }
            let wait = limits.compactMap { limit -> Duration? in
                let matching = failures.filter { limit.matches($0.attempt) }
                guard matching.count >= limit.max else { return nil }
                return Self.window - (now - matching[matching.count - limit.max].at)
            }.max()
            if wait == nil { failures.append(Failure(attempt: attempt, at: now)) }
            return wait
        }
    }

    /// The last of these attempts was none, or did not fail.
    public func withdraw(_ attempt: Attempt) {
        failures.withLock { failures in
            guard let last = failures.lastIndex(where: { $0.attempt == attempt }) else { return }
            failures.remove(at: last)
        }
    }

    /// Ends what was counted for this attempt.
    public func forget(_ attempt: Attempt) {
        failures.withLock { $0.removeAll { $0.attempt == attempt } }
    }

    /// How many are remembered.
    var count: Int { failures.withLock(\.count) }

    /// Where the clock was put back, what lies ahead counts from now: or it would keep people out
    /// by as much, or be a way to guess on.
    private static func forget(_ failures: inout [Failure], _ now: Timestamp) {
        failures.removeAll { now - $0.at >= window }
        for index in failures.indices where failures[index].at > now { failures[index].at = now }
    }
}
