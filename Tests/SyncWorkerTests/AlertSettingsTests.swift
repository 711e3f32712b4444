import Alerts
import Foundation
import SyncModel
import Testing

@testable import syncworker

struct AlertSettingsTests {
    private let folder = FileManager.default.temporaryDirectory.appending(
        path: "alerts-\(Naming.token())")

    private func read(_ yaml: String) async throws -> Settings {
        let file = folder.appending(path: "syncworker.yaml")
        let whole = """
            central: sqlite:central.db
            oneclick: https://oneclick.example
            practice: 7
            installation: abc

            """
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data((whole + yaml).utf8).write(to: file)
        return try await Settings.read(file.path, environment: [:])
    }

    private func secret(_ name: String, _ text: String, mode: Int = 0o600) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #expect(
            FileManager.default.createFile(
                atPath: folder.appending(path: name).path, contents: Data(text.utf8),
                attributes: [.posixPermissions: mode]))
    }

    private func finished() { try? FileManager.default.removeItem(at: folder) }

    @Test func `nothing is sent unless it is configured`() async throws {
        defer { finished() }
        let settings = try await read("")
        #expect(settings.alerts == AlertSettings())
        #expect(settings.alerts.channels == [])
    }

    @Test func `e-mail and webhook are read, secrets from files beside the configuration`()
        async throws
    {
        defer { finished() }
        try secret("smtp", "s3cret\n")
        try secret("hook", "shared")
        let settings = try await read(
            """
            alert_email_to: a@example.com, b@example.com,a@example.com
            alert_email_from: sync@example.com
            alert_smtp: smtp://mail.example.com
            alert_smtp_user: sync
            alert_smtp_password_file: smtp
            alert_webhook: https://hooks.example.com/token
            alert_webhook_secret_file: hook
            """)
        let email = try #require(settings.alerts.email)
        #expect(
            email.server == MailServer(host: "mail.example.com", port: 587, security: .startTLS))
        #expect(email.to.map(\.description) == ["a@example.com", "b@example.com"])
        #expect(email.user == "sync")
        #expect(settings.alerts.channels == [.email, .webhook])
        let shown = "\(settings.alerts.shown) \(settings.alertSecrets)"
        for secret in ["s3cret", "shared", "token"] { #expect(!shown.contains(secret)) }
        #expect(shown.contains("https://hooks.example.com/..."))
    }

    @Test func `every mistake is reported at once, and no secret with it`() async throws {
        defer { finished() }
        try secret("open", "s3cret", mode: 0o644)
        try secret("empty", "\n")
        let error = await #expect(throws: SyncError.self) {
            try await read(
                """
                alert_email_to: office, a@example.com
                alert_smtp: smtp://sync:s3cret@mail.example.com
                alert_smtp_user: sync
                alert_smtp_password_file: open
                alert_webhook: http://hooks.example.com/token
                alert_webhook_secret_file: empty
                alert_web: x
                """)
        }
        let message = error?.message ?? ""
        for part in [
            #"alert_email_to is "office"; expected an e-mail address"#,
            "alert_email_from is missing;",
            "alert_smtp is an address with a user in it; expected smtp://HOST:587",
            "which others than its owner may read or write; run `chmod 600 ",
            "alert_webhook is no address that messages may be posted to; expected https://",
            "expected a file with one line, the secret.", "alert_web is no key;",
        ] {
            #expect(message.contains(part), "\(part)")
        }
        for secret in ["s3cret", "token"] { #expect(!message.contains(secret)) }
        #expect(error?.code == .usage)
    }

    @Test(arguments: [
        ("alert_smtp_user: sync", "alert_smtp_password_file is missing;"),
        ("alert_smtp_user: sync\nalert_smtp_password_file: gone", "which cannot be read;"),
        ("alert_smtp_password_file: gone", "is given without alert_smtp_user;"),
        ("alert_webhook_secret_file: gone", "is given without alert_webhook;"),
        (
            "alert_smtp: smtp-unencrypted://relay\nalert_smtp_user: sync",
            "would send the password of alert_smtp_user unencrypted;"
        ),
        ("alert_email_to: \", ,\"", "alert_email_to is \", ,\";"),
    ])
    func `half a configuration is a mistake`(yaml: String, part: String) async throws {
        defer { finished() }
        let error = await #expect(throws: SyncError.self) { try await read(yaml) }
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }
}
