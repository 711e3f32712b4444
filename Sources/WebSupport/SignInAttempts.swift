import SyncModel
import Synchronization

/// Limits how often somebody may guess a password.
///
/// Counted are failures of the last quarter of an hour: for a name from an address, for an address
/// whatever the name, and for a name from wherever. An attempt that is refused is not counted, or
/// whoever keeps guessing would keep the right person out for ever.
public final class SignInAttempts: Sendable {
    /// Who tries, and from where.
    public struct Attempt: Hashable, Sendable {
        public var name: String
        public var address: String

        public init(name: String, address: String) {
            self.name = name.lowercased()
            self.address = address
        }
    }

    private struct Failure {
        var attempt: Attempt
        var at: Timestamp
    }

    static let window = Duration.seconds(15 * 60)
    static let failuresMax = 5
    static let failuresOfAddressMax = 50
    static let failuresOfNameMax = 30
    /// What more would be forgotten is refused instead: no memory without an end.
    private static let failuresKept = 10_000

    /// In the order in which they came.
    private let failures = Mutex<[Failure]>([])

    public init() {}

    /// How long the next attempt has to wait; nil if it may be made.
    public func wait(_ attempt: Attempt, now: Timestamp) -> Duration? {
        failures.withLock { failures in
            Self.forget(&failures, now)
            if failures.count >= Self.failuresKept { return Self.window - (now - failures[0].at) }
            return Self.limits(attempt).compactMap { limit -> Duration? in
                let matching = failures.filter { limit.matches($0.attempt) }
                guard matching.count >= limit.max else { return nil }
                return Self.window - (now - matching[matching.count - limit.max].at)
            }.max()
        }
    }

    public func failed(_ attempt: Attempt, now: Timestamp) {
        failures.withLock { failures in
            Self.forget(&failures, now)
            if failures.count < Self.failuresKept {
                failures.append(Failure(attempt: attempt, at: now))
            }
        }
    }

    /// The right password ends what was counted for this name at this address.
    public func succeeded(_ attempt: Attempt) {
        failures.withLock { $0.removeAll { $0.attempt == attempt } }
    }

    private struct Limit {
        var max: Int
        var matches: (Attempt) -> Bool
    }

    private static func limits(_ attempt: Attempt) -> [Limit] {
        [
            Limit(max: failuresMax) { $0 == attempt },
            Limit(max: failuresOfAddressMax) { $0.address == attempt.address },
            Limit(max: failuresOfNameMax) { $0.name == attempt.name },
        ]
    }

    /// A clock that was put back forgets too, or it would keep people out by as much.
    private static func forget(_ failures: inout [Failure], _ now: Timestamp) {
        failures.removeAll { now - $0.at >= window || $0.at > now }
    }
}
