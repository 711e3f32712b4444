import SyncModel

/// Limits how often somebody may guess a password: for a name from an address, for an address
/// other than this machine's whatever the name, and for a name from wherever.
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

    static let window = RecentFailures<Attempt>.window
    static let failuresMax = 5
    static let failuresOfAddressMax = 50
    static let failuresOfNameMax = 30

    private let failures: RecentFailures<Attempt>

    public init() { failures = RecentFailures() }

    init(failuresKept: Int) { failures = RecentFailures(kept: failuresKept) }

    /// How long an attempt has to wait; nil if it may be made. One that may counts as a failure
    /// until it succeeds or is withdrawn.
    public func begin(_ attempt: Attempt, now: Timestamp) -> Duration? {
        failures.begin(attempt, limits: Self.limits(attempt), now: now)
    }

    /// No password was compared, so that there was no attempt.
    public func withdraw(_ attempt: Attempt) { failures.withdraw(attempt) }

    /// The right password ends what was counted for this name at this address.
    public func succeeded(_ attempt: Attempt) { failures.forget(attempt) }

    /// How many failures are remembered.
    var count: Int { failures.count }

    private static func limits(_ attempt: Attempt) -> [RecentFailures<Attempt>.Limit] {
        let limits = [
            RecentFailures<Attempt>.Limit(max: failuresMax) { $0 == attempt },
            .init(max: failuresOfNameMax) { $0.name == attempt.name },
        ]
        // Behind a proxy everybody comes from this machine: nobody may keep all others out.
        if ["127.0.0.1", "::1"].contains(attempt.address) { return limits }
        return limits + [.init(max: failuresOfAddressMax) { $0.address == attempt.address }]
    }
}
