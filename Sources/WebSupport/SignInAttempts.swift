import SyncModel
import Synchronization

/// Limits how often somebody may guess a password.
///
/// Counted are failures of the last quarter of an hour: for a name from an address, for an address
/// other than this machine's whatever the name, and for a name from wherever. An attempt that is
/// refused is not counted, or whoever keeps guessing would keep the right person out for ever.
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
    private let failuresKept: Int

    /// In the order in which they came.
    private let failures = Mutex<[Failure]>([])

    public init() { failuresKept = 10_000 }

    init(failuresKept: Int) { self.failuresKept = failuresKept }

    /// How long an attempt has to wait; nil if it may be made.
    ///
    /// One that may is counted as a failure until it succeeds or is withdrawn: of many that come at
    /// the same moment no more are made than of as many one after the other.
    public func begin(_ attempt: Attempt, now: Timestamp) -> Duration? {
        failures.withLock { failures in
            Self.forget(&failures, now)
            if let wait = wait(attempt, failures, now) { return wait }
            failures.append(Failure(attempt: attempt, at: now))
            return nil
        }
    }

    private func wait(
        _ attempt: Attempt, _ failures: [Failure], _ now: Timestamp
    ) -> Duration? {
        if failures.count >= failuresKept { return Self.window - (now - failures[0].at) }
        return Self.limits(attempt).compactMap { limit -> Duration? in
            let matching = failures.filter { limit.matches($0.attempt) }
            guard matching.count >= limit.max else { return nil }
            return Self.window - (now - matching[matching.count - limit.max].at)
        }.max()
    }

    /// No password was compared, so that there was no attempt.
    public func withdraw(_ attempt: Attempt) {
        failures.withLock { failures in
            guard let last = failures.lastIndex(where: { $0.attempt == attempt }) else { return }
            failures.remove(at: last)
        }
    }

    /// The right password ends what was counted for this name at this address.
    public func succeeded(_ attempt: Attempt) {
        failures.withLock { $0.removeAll { $0.attempt == attempt } }
    }

    /// How many failures are remembered.
    var count: Int { failures.withLock(\.count) }

    private struct Limit {
        var max: Int
        var matches: (Attempt) -> Bool
    }

    private static func limits(_ attempt: Attempt) -> [Limit] {
        let limits = [
            Limit(max: failuresMax) { $0 == attempt },
            Limit(max: failuresOfNameMax) { $0.name == attempt.name },
        ]
        // Behind a proxy everybody comes from this machine: nobody may keep all others out.
        if ["127.0.0.1", "::1"].contains(attempt.address) { return limits }
        return limits + [Limit(max: failuresOfAddressMax) { $0.address == attempt.address }]
    }

    /// Where the clock was put back, what lies ahead counts from now: or it would keep people out
    /// by as much, or be a way to guess on.
    private static func forget(_ failures: inout [Failure], _ now: Timestamp) {
        failures.removeAll { now - $0.at >= window }
        for index in failures.indices where failures[index].at > now { failures[index].at = now }
    }
}
