import Alerts
import ArgumentParser
import SyncModel

/// Whether messages arrive.
struct AlertTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alert-test", abstract: "Send a test message each way that is configured.",
        discussion: """
            By e-mail (`alert_email_to` and its fellows in the configuration), to a webhook \
            (`alert_webhook`), or both. Says for each what became of it.
            """)

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        struct Way: Encodable {
            var channel: AlertChannel
            var isSent: Bool
            var error: String?
        }

        var ways: [Way]
    }

    func run() async throws {
        let settings = try await common.settings()
        guard !settings.alerts.channels.isEmpty else {
            throw SyncError(
                .usage, "The configuration \(settings.file) names no way for messages to go.",
                hint: "Give it `alert_email_to`, `alert_email_from` and `alert_smtp`, or "
                    + "`alert_webhook`.")
        }
        let sender = Wiring(settings: settings).alertSender()
        let alert = Alert.test(at: SystemClock.now())
        var answer = Answer(ways: [])
        for channel in settings.alerts.channels {
            answer.ways.append(await send(alert, channel, sender))
        }
        try common.answer(
            answer,
            answer.ways.map { way in
                guard way.isSent else { return way.error ?? "" }
                let sent = "\(Self.words(way.channel, settings.alerts)): the test message was sent."
                return ([sent] + [way.error].compactMap(\.self)).joined(separator: " ")
            }.joined(separator: "\n"))
        if answer.ways.contains(where: { $0.error != nil }) { throw ExitCode.failure }
    }

    private func send(
        _ alert: Alert, _ channel: AlertChannel, _ sender: AlertSender
    ) async -> Answer.Way {
        do {
            let sent = try await sender.send(alert, by: channel)
            return .init(channel: channel, isSent: true, error: sent.error)
        } catch var error as SyncError {
            // Nothing tries this one again.
            error.hint = error.hint
                .replacing("it is tried again by itself", with: "then run this command again")
                .replacing("It is tried again by itself", with: "Run this command again")
            return .init(channel: channel, isSent: false, error: error.description)
        } catch {
            return .init(channel: channel, isSent: false, error: "\(type(of: error))")
        }
    }

    private static func words(_ channel: AlertChannel, _ settings: AlertSettings) -> String {
        switch channel {
        case .email: "E-mail by \(settings.email?.server.url ?? "")"
        case .webhook: "Webhook \(settings.webhook?.shown ?? "")"
        }
    }
}
