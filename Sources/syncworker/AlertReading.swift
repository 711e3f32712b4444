import Alerts
import Foundation

/// The part of the configuration that says where messages go. Collects mistakes as `Settings` does.
struct AlertReading {
    static let keys = [
        "alert_email_to", "alert_email_from", "alert_smtp", "alert_smtp_user",
        "alert_smtp_password_file", "alert_webhook", "alert_webhook_secret_file",
    ]

    /// Paths are relative to it.
    let folder: String
    /// A key's value; nil where it has none.
    let value: (String) -> String?
    private(set) var settings = AlertSettings()
    private(set) var secrets = AlertSecrets()
    /// Where they are, by key.
    private(set) var secretFiles: [String: String] = [:]
    private(set) var mistakes: [String] = []

    init(folder: String, value: @escaping (String) -> String?) {
        self.folder = folder
        self.value = value
    }

    mutating func read() {
        let email = email()
        let password = secret("alert_smtp_password_file", with: "alert_smtp_user")
        if value("alert_smtp_user") != nil, value("alert_smtp_password_file") == nil {
            mistakes.append(
                "alert_smtp_password_file is missing; expected the path of a file with the "
                    + "password of alert_smtp_user.")
        }
        let webhook = webhook()
        settings = AlertSettings(email: email, webhook: webhook)
        secrets = AlertSecrets(
            smtpPassword: password,
            webhookSecret: secret("alert_webhook_secret_file", with: "alert_webhook"))
    }

    // MARK: E-mail

    /// Nil where none is configured; a half of it is a mistake.
    private mutating func email() -> AlertSettings.Email? {
        let needed = ["alert_email_to", "alert_email_from", "alert_smtp"]
        let all = needed + ["alert_smtp_user", "alert_smtp_password_file"]
        guard all.contains(where: { value($0) != nil }) else { return nil }
        for key in needed where value(key) == nil {
            mistakes.append("\(key) is missing; e-mail needs \(needed.joined(separator: ", ")).")
        }
        let to = recipients()
        let from = value("alert_email_from").flatMap { address($0, of: "alert_email_from") }
        guard let server = server(), let from, !to.isEmpty else { return nil }
        return .init(server: server, user: value("alert_smtp_user"), from: from, to: to)
    }

    private mutating func recipients() -> [MailAddress] {
        guard let text = value("alert_email_to") else { return [] }
        let parts = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let named = parts.filter { !$0.isEmpty }
        if named.isEmpty { return address(text, of: "alert_email_to").map { [$0] } ?? [] }
        var seen: Set<MailAddress> = []
        return named.compactMap { address($0, of: "alert_email_to") }
            .filter { seen.insert($0).inserted }
    }

    private mutating func address(_ text: String, of key: String) -> MailAddress? {
        if let address = MailAddress(text) { return address }
        mistakes.append(
            "\(key) is \"\(text)\"; expected an e-mail address, such as office@example.com"
                + (key == "alert_email_to" ? ", several with commas between." : "."))
        return nil
    }

    private mutating func server() -> MailServer? {
        guard let text = value("alert_smtp") else { return nil }
        guard let server = MailServer(url: text) else {
            // What stands there may hold a password.
            let shown = text.contains("@") ? "an address with a user in it" : "\"\(text)\""
            mistakes.append(
                "alert_smtp is \(shown); expected smtp://HOST:587 (encrypted by STARTTLS), "
                    + "smtps://HOST:465, or smtp-unencrypted://HOST:25.")
            return nil
        }
        if value("alert_smtp_user") != nil, server.security == .none, !server.isLoopback {
            mistakes.append(
                "alert_smtp is \"\(text)\", which would send the password of alert_smtp_user "
                    + "unencrypted; expected smtp://... or smtps://...")
        }
        return server
    }

    // MARK: Webhook

    private mutating func webhook() -> WebhookAddress? {
        guard let text = value("alert_webhook") else { return nil }
        if let address = WebhookAddress(text) { return address }
        // The address is often a secret in itself, and is not said.
        mistakes.append(
            "alert_webhook is no address that messages may be posted to; expected https://... "
                + "(http:// to this machine alone), without a user or a password.")
        return nil
    }

    // MARK: Secrets

    private mutating func secret(_ key: String, with other: String) -> String? {
        guard let path = value(key).map({ Settings.absolute($0, in: folder) }) else { return nil }
        secretFiles[key] = path
        if value(other) == nil {
            mistakes.append("\(key) is given without \(other); give both, or neither.")
        }
        do {
            return try SecretLine.read(path)
        } catch {
            mistakes.append("\(key) is \"\(path)\"\(error.rest)")
            return nil
        }
    }
}

extension AlertSettings {
    /// What `config check` shows: no password, and of the webhook only where it is.
    var shown: [String: String] {
        var values: [String: String] = [:]
        if let email {
            values["alert_email_to"] = email.to.map(\.description).joined(separator: ", ")
            values["alert_email_from"] = email.from.description
            values["alert_smtp"] = email.server.url
            values["alert_smtp_user"] = email.user
        }
        if let webhook { values["alert_webhook"] = webhook.shown + "/..." }
        if channels.isEmpty { values["alerts"] = "(none; see alert_email_to, alert_webhook)" }
        return values
    }
}
