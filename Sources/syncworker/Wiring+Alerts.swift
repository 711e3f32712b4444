import Alerts
import Foundation
import Logging
import PortalService
import SyncEngine
import SyncModel
import SyncProtocol

extension Wiring {
    func alertSender() -> AlertSender {
        AlertSender(
            settings: settings.alerts, secrets: settings.alertSecrets,
            place: AlertPlace(
                practice: settings.practice, server: settings.server,
                console: settings.consoleLink),
            now: SystemClock.now, time: settings.time.words)
    }

    /// Remembers what it told in a file beside the configuration.
    func alertService(_ journal: SQLiteJournal, _ logger: Logger) -> AlertService {
        let file = AlertsFile(path: settings.alertsFile)
        return AlertService(
            sender: alertSender(), interval: .seconds(settings.intervalMinutes * 60),
            environment: .init(now: SystemClock.now, wait: { try await Task.sleep(for: $0) }),
            memory: .init(load: file.load, save: file.save), logger: logger,
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

/// What was told, and what still has to be sent.
private struct AlertsFile: Sendable {
    let path: String

    /// Nil where there is none.
    @Sendable func load() throws -> AlertState? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            let bytes = try Data(contentsOf: URL(filePath: path))
            return try JSONDecoder().decode(AlertState.self, from: bytes)
        } catch {
            throw SyncError(
                "alerts", "The file \(path) cannot be read.",
                hint: "Nothing has to be done: it is written anew.")
        }
    }

    /// The old file or the new one, whenever the power fails; never a half.
    @Sendable func save(_ state: AlertState) throws {
        let new = path + ".new"
        do {
            let bytes = try WireJSON.encode(state)
            unlink(new)
            let descriptor = open(new, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw POSIXError(.EIO) }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: Data(bytes))
            try handle.synchronize()
            try handle.close()
            guard rename(new, path) == 0 else { throw POSIXError(.EIO) }
        } catch {
            throw SyncError(
                "alerts", "The file \(path) cannot be written.",
                hint: "Check that its disk is not full and that this user may write there.")
        }
    }
}
