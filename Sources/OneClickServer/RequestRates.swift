import SyncModel
import Synchronization

/// How many requests an installation may send: so many a second for as long as it likes, and a
/// burst of some more.
///
/// Kept in the memory of one node: over several nodes an installation has as many times as much. It
/// protects a node from a SyncWorker run wild, and is no account of anything.
final class RequestRates: Sendable {
    struct Limits: Sendable {
        var perSecond: Int
        var burst: Int
    }

    private let limits: Limits
    /// For each sender the moment at which all that it has sent is worked off at the rate that it
    /// may go on with for ever.
    private let workedOff = Mutex<[String: Timestamp]>([:])
    private static let sendersKept = 10_000

    init(_ limits: Limits) { self.limits = limits }

    /// Counts one request; throws `rate` where it is one too many.
    func take(_ sender: String, now: Timestamp) throws {
        let each = Duration.seconds(1) / limits.perSecond
        let burst = each * limits.burst
        let wait = workedOff.withLock { workedOff -> Duration? in
            if workedOff.count > Self.sendersKept {
                workedOff = workedOff.filter { $0.value > now }
            }
            // Not longer than a burst ahead, or a clock that was put back would keep it out.
            let until = min(max(workedOff[sender] ?? now, now), now + burst) + each
            let wait = until - now - burst
            guard wait <= .zero else { return wait }
            workedOff[sender] = until
            return nil
        }
        guard let wait else { return }
        throw SyncError(
            "rate",
            "This installation sends more requests than OneClick takes: \(limits.perSecond) a "
                + "second, and \(limits.burst) at once.",
            hint: "Nothing is lost; the next attempt carries on. If this stays, look whether "
                + "several copies of the SyncWorker run.",
            recovery: .retryAfter(wait))
    }
}
