import SyncModel
import Synchronization

/// Limits how often enrolment codes may be guessed from one address.
///
/// Refused codes of the last quarter of an hour count; an attempt that is turned away here does
/// not. Kept in the memory of one node.
final class RefusedCodes: Sendable {
    static let window = Duration.seconds(15 * 60)
    static let refusedMax = 10
    /// Of requests by way of a proxy that does not say for whom it asks: many practices may share
    /// it.
    static let refusedOfUnknownMax = 100
    /// What more would be forgotten is turned away instead.
    private static let kept = 10_000

    private struct Refusal {
        var address: String
        var at: Timestamp
    }

    /// In the order in which they came.
    private let refusals = Mutex<[Refusal]>([])

    /// Throws `attempts` if the address has to wait. An attempt counts as refused until it is
    /// withdrawn: of many at the same moment no more are made than one after the other.
    func begin(_ address: ClientAddress, now: Timestamp) throws {
        let wait = refusals.withLock { refusals -> Duration? in
            Self.forget(&refusals, now)
            if let wait = Self.wait(address, refusals, now) { return wait }
            refusals.append(Refusal(address: address.text, at: now))
            return nil
        }
        guard let wait else { return }
        throw SyncError(
            "attempts", "Too many wrong enrolment codes came from this address (\(address.text)).",
            hint: "Wait a quarter of an hour; then type the code as OneClick showed it, or ask the "
                + "practice's administrator for a new one.",
            recovery: .retryAfter(wait))
    }

    /// The code was a good one, or was not looked at.
    func withdraw(_ address: ClientAddress) {
        refusals.withLock { refusals in
            guard let last = refusals.lastIndex(where: { $0.address == address.text }) else {
                return
            }
            refusals.remove(at: last)
        }
    }

    private static func wait(
        _ address: ClientAddress, _ refusals: [Refusal], _ now: Timestamp
    ) -> Duration? {
        if refusals.count >= kept { return window - (now - refusals[0].at) }
        let mine = refusals.filter { $0.address == address.text }
        let limit = address.isKnown ? refusedMax : refusedOfUnknownMax
        guard mine.count >= limit else { return nil }
        return window - (now - mine[mine.count - limit].at)
    }

    /// Where the clock was put back, what lies ahead counts from now.
    private static func forget(_ refusals: inout [Refusal], _ now: Timestamp) {
        refusals.removeAll { now - $0.at >= window }
        for index in refusals.indices where refusals[index].at > now { refusals[index].at = now }
    }
}
