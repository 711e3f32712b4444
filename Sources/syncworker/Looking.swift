import OneClickClient
import ArgumentParser
import Foundation
import ManagementConsole
import PortalService
import SyncEngine
import SyncModel
import SyncProtocol

/// Whether the service runs, what it does, and when it does it next.
struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show the service, the last synchronisation and the next one.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        var service: Portal.Status?
        /// The process that may synchronise at this moment, service or command.
        var process: Int?
        var lastRun: RunRecord?
        var oneclick: StatusAnswer?
        var oneclickError: String?
    }

    func run() async throws {
        let settings = try await common.settings()
        let service = await ControlClient(socket: settings.socket)
        let process =
            RunLock.isHeld(path: settings.lockFile) ? RunLock.holder(settings.lockFile) : nil
        var answer = Answer(
            service: try await service?.status(), process: process,
            lastRun: try await Runs.last(1, service, settings).first)
        do {
            answer.oneclick = try await settings.withLine {
                try await Wiring(settings: settings).cloud($0).status()
            }
        } catch let error as SyncError {
            answer.oneclickError = error.description
        }
        try common.answer(answer, text(answer, settings))
    }

    private func text(_ answer: Answer, _ settings: Settings) -> String {
        let time = settings.time
        var lines = ["SyncWorker Service Status: \(settings.server)"]
        if let service = answer.service, service.isRunning {
            lines.append("Synchronisation is currently in progress")
            if let progress = service.progress {
                lines.append("At the moment: \(progress.step), \(progress.rowsSent) rows sent.")
            }
            if service.timetable.pause != nil { lines.append(service.next(time)) }
        } else if let service = answer.service {
            lines.append(service.next(time))
        } else if let process = answer.process {
            lines.append("Process \(process) synchronises; no service answers.")
        } else {
            lines.append("The service is not running. `syncworker serve` starts it.")
        }
        if let last = answer.lastRun {
            lines.append(
                "Last: \(time.words(last.startedAt)), \(last.title) "
                    + "\(RunRecord.words(last.outcome)).")
            if last.errors.contains(where: { !$0.isHeld }) {
                lines.append("What was not right: `syncworker runs --limit 1 --details`.")
            }
        } else {
            lines.append("Nothing was synchronised yet.")
        }
        if let oneclick = answer.oneclick {
            let since = oneclick.lastCommittedAt.map(time.words) ?? "never"
            lines.append(
                "OneClick (\(settings.oneclick)) answers; its data was last moved: \(since).")
            let waiting = oneclick.exceptions.filter { $0.kind == .held && $0.origin == nil }
                .reduce(0) { $0 + $1.rows }
            if waiting > 0 {
                lines.append("Removals that wait for an answer: \(waiting) (`syncworker held`).")
            }
        } else if let error = answer.oneclickError {
            lines.append(error)
        }
        return lines.joined(separator: "\n")
    }
}

extension Portal.Status {
    /// When a synchronisation starts by itself, or why none does.
    func next(_ time: PracticeTime) -> String {
        if let pause = timetable.pause { return pause.words(time) }
        return nextStart.map { "Next scheduled sync: \(time.words($0))" } ?? ""
    }
}

/// The journal.
struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the last synchronisations.")

    @Option(help: ArgumentHelp("How many, newest first.", valueName: "N"))
    var limit = 20

    @Flag(help: "Say what each did, and name every record that is not as it should be.")
    var details = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit needs a number above 0.") }
    }

    func run() async throws {
        let settings = try await common.settings()
        let runs = try await Self.last(
            limit, await ControlClient(socket: settings.socket), settings)
        if runs.isEmpty { return try common.answer(runs, "No synchronisation yet.") }
        try common.answer(
            runs, details ? text(runs, settings.time) : table(runs, settings.time))
    }

    /// As the service knows them, which may not have been able to write them down yet.
    static func last(
        _ limit: Int, _ service: ControlClient?, _ settings: Settings
    ) async throws -> [RunRecord] {
        if let service { return try await service.runs(limit: limit) }
        let journal = try SQLiteJournal(path: settings.journalFile)
        let runs = try await journal.runs(
            limit: limit, isUnderway: RunLock.isHeld(path: settings.lockFile))
        try journal.close()
        return runs
    }

    private func table(_ runs: [RunRecord], _ time: PracticeTime) -> String {
        let rows = runs.map { run in
            [
                time.words(run.startedAt), run.title, RunRecord.words(run.outcome),
                String(run.rowsSent), String(run.errors.count),
            ]
        }
        return Table(["started", "kind", "outcome", "rows sent", "errors"], rows).lines
            .joined(separator: "\n")
    }

    private func text(_ runs: [RunRecord], _ time: PracticeTime) -> String {
        runs.map { "\(time.words($0.startedAt))\n\($0.text)" }.joined(separator: "\n\n")
    }
}
