import NIOSSL
import SyncModel

/// Puts messages into words and sends them.
public struct AlertSender: Sendable {
    /// What became of a message that at least somebody got.
    public struct Sent: Hashable, Sendable {
        /// Recipients that may take it later.
        public var left: [String] = []
        /// Why, and who will never get it; nil if all have it.
        public var error: String?
    }

    public let settings: AlertSettings
    let place: AlertPlace
    private let mail: SMTPClient?
    private let webhook: Webhook?
    private let now: @Sendable () -> Timestamp
    private let time: @Sendable (Timestamp) -> String

    /// - Parameter time: a time as the practice's clocks show it.
    public init(
        settings: AlertSettings, secrets: AlertSecrets, place: AlertPlace,
        now: @escaping @Sendable () -> Timestamp, time: @escaping @Sendable (Timestamp) -> String
    ) {
        self.init(settings, secrets, place, now, time, .makeClientConfiguration())
    }

    init(
        _ settings: AlertSettings, _ secrets: AlertSecrets, _ place: AlertPlace,
        _ now: @escaping @Sendable () -> Timestamp,
        _ time: @escaping @Sendable (Timestamp) -> String, _ tls: TLSConfiguration
    ) {
        self.settings = settings
        self.place = place
        self.now = now
        self.time = time
        mail = settings.email.map { email in
            SMTPClient(
                server: email.server,
                login: email.user.map { .init(user: $0, password: secrets.smtpPassword ?? "") },
                name: place.server, tls: tls)
        }
        webhook = settings.webhook.map { Webhook(address: $0, secret: secrets.webhookSecret) }
    }

    /// Sends one message one way.
    ///
    /// - Parameter left: the only recipients of an e-mail that have not got it; nil for all.
    /// - Returns: at once where the way is not configured.
    /// - Throws: `mail` or `webhook` where nobody got it.
    public func send(
        _ alert: Alert, by channel: AlertChannel, to left: [String]? = nil
    ) async throws -> Sent {
        switch channel {
        case .email: try await mail(alert, left)
        case .webhook: try await post(alert)
        }
    }

    private func words(_ alert: Alert) -> AlertWords { AlertWords(alert, place, time: time) }

    private func mail(_ alert: Alert, _ left: [String]?) async throws -> Sent {
        guard let mail, let email = settings.email else { return Sent() }
        let to = email.to.filter { left?.contains($0.description) ?? true }
        // Whoever was left is configured no more.
        guard !to.isEmpty else { return Sent() }
        let words = words(alert)
        let message = MailMessage(
            from: email.from, name: "SyncWorker", to: email.to, subject: words.title,
            text: words.text, id: "\(alert.id)-\(place.practice)-\(place.server)", date: now())
        let refusals = try await mail.send(
            .init(from: email.from, to: to, content: message.content))
        guard !refusals.isEmpty else { return Sent() }
        let told = refusals.map { "\($0.recipient) (\($0.reply.words))" }.joined(separator: ", ")
        return Sent(
            left: refusals.filter(\.reply.isTransient).map(\.recipient.description),
            error: "The mail server \(email.server.host) does not take mail for \(told). "
                + "The others have it. Check `alert_email_to`.")
    }

    private func post(_ alert: Alert) async throws -> Sent {
        guard let webhook else { return Sent() }
        let words = words(alert)
        try await webhook.post(
            Webhook.Body(
                id: alert.id, event: alert.event, condition: alert.condition,
                practice: place.practice, server: place.server, at: alert.at, since: alert.since,
                title: words.title, text: words.text, run: alert.run, outcome: alert.outcome,
                console: place.console))
        return Sent()
    }
}
