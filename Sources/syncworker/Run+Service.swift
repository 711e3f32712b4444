import Foundation
import OneClickClient
import ManagementConsole
import PortalService
import SyncEngine
import SyncModel
import SyncProtocol

/// A run that the service of this machine is asked for.
extension Run {
    /// Follows it to its record; says what is known of it where the service does not live so long.
    func ask(
        _ service: ControlClient, _ request: RunRequest, _ settings: Settings
    ) async throws -> RunRecord {
        let ticket = try await service.request(request)
        if ticket.isQueued, !common.json {
            say("A synchronisation is in progress; this one follows it.")
        }
        let bars = common.json ? nil : ProgressBars()
        var last = Portal.Standing.queued
        while true {
            do {
                last = try await service.standing(of: ticket.ticket)
            } catch let error as SyncError where error.code == .service {
                bars?.clear()
                return try await LostRun(settings: settings, last: last).record()
            }
            switch last {
            case .done(let record):
                bars?.clear()
                return record
            case .running(let progress): if let progress { bars?.show(progress) }
            case .queued: break
            }
            try await Task.sleep(for: .milliseconds(250))
        }
    }
}

/// A run whose service does not answer any more.
private struct LostRun {
    let settings: Settings
    /// Where it stood when the service answered last.
    let last: Portal.Standing

    /// From the journal, if the service came so far; otherwise throws what is known.
    func record() async throws -> RunRecord {
        if let record = try? await recorded() { return record }
        if try await isServiceThere() {
            let process = RunLock.holder(settings.lockFile).map { " (process \($0))" } ?? ""
            throw SyncError(
                .service,
                "The SyncWorker service\(process) does not answer any more, but is still there. "
                    + standing,
                hint: "Nothing is lost. `syncworker runs` says what became of it; if the service "
                    + "stays silent, look at its log and start it anew.")
        }
        throw SyncError(
            .service,
            "The SyncWorker service ended before it could say how this synchronisation ended. "
                + "\(standing)\(await commit)",
            hint: "Nothing is lost: the next synchronisation carries on from what OneClick has. "
                + "`syncworker serve` starts the service again, `syncworker run` synchronises "
                + "now; the service's log says why it ended.")
    }

    /// A process that is killed lets go of one thing after another.
    private func isServiceThere() async throws -> Bool {
        for _ in 0..<10 where RunLock.isHeld(path: settings.lockFile) {
            try await Task.sleep(for: .milliseconds(100))
        }
        return RunLock.isHeld(path: settings.lockFile)
    }

    private var progress: RunProgress? {
        if case .running(let progress) = last { progress } else { nil }
    }

    private func recorded() async throws -> RunRecord? {
        guard let run = progress?.run.id else { return nil }
        let journal = try SQLiteJournal(path: settings.journalFile)
        let record = try await journal.run(run)
        try journal.close()
        return record.flatMap { $0.errors.contains { $0.code == "cut_off" } ? nil : $0 }
    }

    private var standing: String {
        guard case .running(let progress) = last else { return "It had not begun." }
        guard let progress else { return "It had begun." }
        return "It had begun at \(settings.time.words(progress.run.startedAt)); when the service "
            + "answered last, it stood at \"\(progress.step)\", with \(progress.rowsSent) rows "
            + "sent."
    }

    /// What OneClick says of it; nothing where it does not answer. Asked only once the service has
    /// ended: a run that OneClick has not heard of yet is over by that.
    private var commit: String {
        get async {
            guard let run = progress?.run.id,
                let state = try? await settings.withLine({ line in
                    try await Wiring(settings: settings).cloud(line).state(of: run)
                })
            else { return "" }
            return switch state {
            case .committed: " OneClick has committed it."
            case .committing: " OneClick is committing it at this moment."
            case .open, .aborted: " OneClick has not committed it."
            }
        }
    }
}
