import SyncModel

/// A way by which messages leave the premises.
public enum AlertChannel: String, CaseIterable, Codable, CodingKeyRepresentable, Hashable,
    Sendable
{
    case email, webhook
}

/// Messages on their way: at most one for each condition and channel, so that it cannot grow.
struct Outbox: Codable, Hashable, Sendable {
    struct Delivery: Codable, Hashable, Sendable {
        var alert: Alert
        var channel: AlertChannel
        /// Recipients that have not got it yet; nil for all.
        var left: [String]?
        var attempts = 0
        var nextAttempt: Timestamp
    }

    /// What a channel has done so far.
    struct Account: Codable, Hashable, Sendable {
        var lastSentAt: Timestamp?
        /// Of the latest attempt; nil if it went well.
        var lastError: String?
        var lastErrorAt: Timestamp?
    }

    private(set) var deliveries: [Delivery] = []
    private(set) var accounts: [AlertChannel: Account] = [:]

    static let pauseFirst = Duration.seconds(60)
    static let pauseMax = Duration.seconds(3600)

    /// Puts messages on their way. What a channel could not send of the same condition before is
    /// out of date.
    mutating func post(_ alerts: [Alert], to channels: [AlertChannel], at now: Timestamp) {
        for alert in alerts {
            deliveries.removeAll { $0.alert.condition == alert.condition }
            deliveries += channels.map {
                Delivery(alert: alert, channel: $0, nextAttempt: now)
            }
        }
    }

    /// The first that is to be sent now. A clock that was put back must put nothing off for long.
    func due(at now: Timestamp) -> Delivery? {
        deliveries.first { $0.nextAttempt <= now || $0.nextAttempt > now + Self.pauseMax }
    }

    /// It has arrived, but for `left`, who are asked again later.
    mutating func sent(
        _ delivery: Delivery, except left: [String] = [], why error: String? = nil,
        at now: Timestamp
    ) {
        accounts[delivery.channel, default: Account()].lastSentAt = now
        note(error, delivery.channel, now)
        if left.isEmpty {
            deliveries.removeAll { $0.isSame(as: delivery) }
        } else {
            postpone(delivery, passes: true, at: now)
            change(delivery) { $0.left = left }
        }
    }

    /// It has not arrived.
    ///
    /// - Parameter passes: whether it may go better by itself; what only a person can mend is
    ///   tried seldom.
    mutating func unsent(
        _ delivery: Delivery, why error: String, passes: Bool, at now: Timestamp
    ) {
        note(error, delivery.channel, now)
        postpone(delivery, passes: passes, at: now)
    }

    /// Somebody may have mended what kept messages back: all are tried at once.
    mutating func retry(at now: Timestamp) {
        for index in deliveries.indices { deliveries[index].nextAttempt = now }
    }

    /// Forgets what was on its way through channels that are not there any more.
    mutating func keep(_ channels: [AlertChannel]) {
        deliveries.removeAll { !channels.contains($0.channel) }
        accounts = accounts.filter { channels.contains($0.key) }
    }

    private mutating func note(_ error: String?, _ channel: AlertChannel, _ now: Timestamp) {
        accounts[channel, default: Account()].lastError = error
        if error != nil { accounts[channel]?.lastErrorAt = now }
    }

    private mutating func postpone(_ delivery: Delivery, passes: Bool, at now: Timestamp) {
        change(delivery) { delivery in
            let doubled = Self.pauseFirst * (1 << min(delivery.attempts, 10))
            delivery.attempts += 1
            delivery.nextAttempt = now + (passes ? min(doubled, Self.pauseMax) : Self.pauseMax)
        }
    }

    /// It may have been replaced by a later message while it was being sent.
    private mutating func change(_ delivery: Delivery, _ body: (inout Delivery) -> Void) {
        guard let index = deliveries.firstIndex(where: { $0.isSame(as: delivery) }) else { return }
        body(&deliveries[index])
    }
}

extension Outbox.Delivery {
    fileprivate func isSame(as other: Self) -> Bool {
        channel == other.channel && alert.id == other.alert.id
    }
}
