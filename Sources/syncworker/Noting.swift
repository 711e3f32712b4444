import Foundation
import PortalService
import SyncModel

/// Writes down in the journal what was done on the command line. A journal that cannot be written
/// takes nothing back that was done.
func note(_ action: String, _ details: String, _ settings: Settings) async {
    guard
        let journal = try? SQLiteJournal(
            path: settings.journalFile, keptDays: settings.historyDays)
    else { return }
    await journal.note(
        AuditEntry(
            at: SystemClock.now(), person: ProcessInfo.processInfo.userName, action: action,
            details: details))
    try? journal.close()
}
