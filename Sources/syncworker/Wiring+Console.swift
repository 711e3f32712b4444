import Alerts
import Catalogue
import Central
import Foundation
import ManagementConsole
import OneClickClient
import PortalService
import SyncModel
import WebSupport

/// The console's parts.
extension Wiring {
    func connections(_ line: OneClickLine) -> Connections {
        Connections(
            askOneClick: { try await cloud(line).status() },
            askCentral: { try await central().close() }, now: SystemClock.now,
            wait: { try await Task.sleep(for: $0) })
    }

    func console(
        portal: Portal, journal: SQLiteJournal, connections: Connections, alerts: AlertService,
        line: OneClickLine
    ) throws -> Console {
        try Console(
            portal: portal, journal: journal, connections: connections,
            directories: [
                CentralUsers(path: settings.central).directory,
                LocalAdministrators(path: settings.administratorsFile).directory,
            ],
            sessions: try SessionStore(path: settings.sessionsFile),
            settings: Console.Settings(
                version: Release.version, shapes: try catalogue().shapes, time: settings.time,
                isSecure: settings.consoleCertificate != nil, now: SystemClock.now,
                wait: { try await Task.sleep(for: $0) },
                token: { Naming.token() + Naming.token() },
                answer: { try await answer($0, line) },
                alerts: { await words(of: alerts.status()) }))
    }

    /// Nil where none are configured.
    private func words(of status: AlertStatus) -> AlertsView? {
        guard !status.channels.isEmpty else { return nil }
        let email = settings.alerts.email.map {
            "e-mail to " + $0.to.map { "\($0)" }.joined(separator: ", ")
        }
        let webhook = settings.alerts.webhook.map { "webhook at \($0.shown)" }
        let failed = status.channels.filter { $0.lastError != nil }
        let waiting = status.channels.reduce(0) { $0 + $1.waiting }
        return AlertsView(
            channels: [email, webhook].compactMap(\.self).joined(separator: "; "),
            lastSent: status.channels.compactMap(\.lastSentAt).max().map(settings.time.words),
            error: failed.first?.lastError, waiting: waiting > 0 ? waiting : nil)
    }
}
