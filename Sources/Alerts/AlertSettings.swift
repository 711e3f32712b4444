/// Where messages go. Holds no secret but what an address is one.
public struct AlertSettings: Codable, Hashable, Sendable {
    public struct Email: Codable, Hashable, Sendable {
        public var server: MailServer
        /// Whom to log in as; nil where the server takes mail without.
        public var user: String?
        public var from: MailAddress
        /// At least one.
        public var to: [MailAddress]

        public init(server: MailServer, user: String?, from: MailAddress, to: [MailAddress]) {
            self.server = server
            self.user = user
            self.from = from
            self.to = to
        }
    }

    public var email: Email?
    public var webhook: WebhookAddress?

    /// Messages go nowhere.
    public init(email: Email? = nil, webhook: WebhookAddress? = nil) {
        self.email = email
        self.webhook = webhook
    }

    /// The ways that are configured.
    public var channels: [AlertChannel] {
        (email == nil ? [] : [.email]) + (webhook == nil ? [] : [.webhook])
    }
}

/// What must be shown nowhere: it has no `Codable`, and its descriptions say nothing.
public struct AlertSecrets: Sendable, CustomStringConvertible, CustomReflectable {
    let smtpPassword: String?
    let webhookSecret: String?

    public init(smtpPassword: String? = nil, webhookSecret: String? = nil) {
        self.smtpPassword = smtpPassword
        self.webhookSecret = webhookSecret
    }

    public var description: String { "(hidden)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
