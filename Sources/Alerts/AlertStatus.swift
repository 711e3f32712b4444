import SyncModel

/// What of messages a person should know: whether they arrive.
public struct AlertStatus: Codable, Hashable, Sendable {
    public struct Channel: Codable, Hashable, Sendable {
        public var channel: AlertChannel
        public var lastSentAt: Timestamp?
        /// Of the latest attempt, in words; nil if it went well.
        public var lastError: String?
        public var lastErrorAt: Timestamp?
        /// Messages on their way.
        public var waiting: Int
        /// When the first of them is tried again.
        public var nextAttemptAt: Timestamp?
    }

    /// None where nothing is configured.
    public var channels: [Channel]
    /// What was told and has not ended, and since when it is so.
    public var conditions: [AlertCondition: Timestamp]

    init(_ state: AlertState, _ channels: [AlertChannel]) {
        self.channels = channels.map { channel in
            let account = state.outbox.accounts[channel]
            let waiting = state.outbox.deliveries.filter { $0.channel == channel }
            return Channel(
                channel: channel, lastSentAt: account?.lastSentAt, lastError: account?.lastError,
                lastErrorAt: account?.lastErrorAt, waiting: waiting.count,
                nextAttemptAt: waiting.map(\.nextAttempt).min())
        }
        conditions = state.standings.filter(\.value.isTold).mapValues(\.since)
    }
}
