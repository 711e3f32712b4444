import SyncModel
import WebSupport

/// Limits how often enrolment codes may be guessed from one address.
final class RefusedCodes: Sendable {
    static let window = RecentFailures<ClientAddress>.window
    static let refusedMax = 10
    /// Of requests by way of a proxy that does not say for whom it asks: many practices may share
    /// it.
    static let refusedOfUnknownMax = 100

    private let refusals = RecentFailures<ClientAddress>()

    /// Throws `attempts` if the address has to wait. An attempt counts as refused until it is
    /// withdrawn.
    func begin(_ address: ClientAddress, now: Timestamp) throws {
        let limit = RecentFailures<ClientAddress>.Limit(
            max: address.isKnown ? Self.refusedMax : Self.refusedOfUnknownMax
        ) { $0 == address }
        guard let wait = refusals.begin(address, limits: [limit], now: now) else { return }
        throw SyncError(
            "attempts", "Too many wrong enrolment codes came from this address (\(address.text)).",
            hint: "Wait a quarter of an hour; then type the code as OneClick showed it, or ask the "
                + "practice's administrator for a new one.",
            recovery: .retryAfter(wait))
    }

    /// The code was a good one, or was not looked at.
    func withdraw(_ address: ClientAddress) { refusals.withdraw(address) }
}
