import Alerts
import Logging
import PortalService
import SyncModel

extension Wiring {
    func alertSender() -> AlertSender {
        AlertSender(
            settings: settings.alerts, secrets: settings.alertSecrets,
            place: AlertPlace(
                practice: settings.practice, server: settings.server,
                console: settings.consoleLink),
            now: SystemClock.now, time: settings.time.words)
    }

    /// Remembers what it told in the journal.
    func alertService(_ journal: SQLiteJournal, _ logger: Logger) -> AlertService {
        AlertService(
            sender: alertSender(), interval: .seconds(settings.intervalMinutes * 60),
            environment: .init(now: SystemClock.now, wait: { try await Task.sleep(for: $0) }),
            memory: .init(
                load: { try await journal.remembered("alerts") },
                save: { try await journal.remember($0, as: "alerts") }), logger: logger,
            outlook: { await outlook(journal) })
    }

    /// A journal that cannot be read says nothing: what was told last still holds.
    private func outlook(_ journal: SQLiteJournal) async -> AlertService.Outlook {
        let table = try? await journal.timetable(intervalMinutes: settings.intervalMinutes)
        return AlertService.Outlook(
            lastGood: try? await journal.lastApplied()?.finishedAt,
            isPaused: table?.isResting(at: SystemClock.now(), settings.time) ?? false,
            interval: table?.interval)
    }
}
