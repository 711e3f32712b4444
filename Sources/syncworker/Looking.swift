import OneClickClient
import ArgumentParser
import Foundation
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
        let service = try await ControlClient(socket: settings.socket)?.status()
        let process =
            RunLock.isHeld(path: settings.lockFile) ? RunLock.holder(settings.lockFile) : nil
        let journal = try SQLiteJournal(path: settings.journalFile)
        let isUnderway = service?.isRunning ?? (process != nil)
        let last = try await journal.runs(limit: 1, isUnderway: isUnderway).first
        try journal.close()
        var answer = Answer(service: service, process: process, lastRun: last)
        do {
            answer.oneclick = try await Wiring(settings: settings).cloud().status()
        } catch let error as SyncError {
            answer.oneclickError = error.description
        }
        try common.answer(answer, text(answer, settings))
    }

    private func text(_ answer: Answer, _ settings: Settings) -> String {
        let time = settings.time
        var lines = ["SyncWorker Service Status: \(settings.server)"]
        if let service = answer.service {
            lines.append(
                service.isRunning
                    ? "Synchronisation is currently in progress"
                    : "Next scheduled sync: \(time.words(service.nextStart))")
        } else if let process = answer.process {
            lines.append("Process \(process) synchronises; no service answers.")
        } else {
            lines.append("The service is not running. `syncworker serve` starts it.")
        }
        if let last = answer.lastRun {
            lines.append(
                "Last: \(time.words(last.startedAt)), \(last.title) "
                    + "\(RunRecord.words(last.outcome)).")
        } else {
            lines.append("Nothing was synchronised yet.")
        }
        if let oneclick = answer.oneclick {
            let since = oneclick.lastCommittedAt.map(time.words) ?? "never"
            lines.append(
                "OneClick (\(settings.oneclick)) answers; its data was last moved: \(since).")
            let waiting = oneclick.exceptions.count { $0.kind == .held && $0.origin == nil }
            if waiting > 0 {
                lines.append("\(waiting) removals wait for an answer: `syncworker held`.")
            }
        } else if let error = answer.oneclickError {
            lines.append(error)
        }
        return lines.joined(separator: "\n")
    }
}

/// The journal.
struct Runs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the last synchronisations.")

    @Option(help: "How many, newest first.")
    var limit = 20

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit needs a number above 0.") }
    }

    func run() async throws {
        let settings = try await common.settings()
        let runs: [RunRecord]
        if let service = await ControlClient(socket: settings.socket) {
            runs = try await service.runs(limit: limit)
        } else {
            let journal = try SQLiteJournal(path: settings.journalFile)
            runs = try await journal.runs(
                limit: limit, isUnderway: RunLock.isHeld(path: settings.lockFile))
            try journal.close()
        }
        let rows = runs.map { run in
            [
                settings.time.words(run.startedAt), run.title, RunRecord.words(run.outcome),
                String(run.rowsSent), String(run.errors.count),
            ]
        }
        let table = Table(["started", "kind", "outcome", "rows sent", "errors"], rows)
        try common.answer(
            runs, runs.isEmpty ? "No synchronisation yet." : table.lines.joined(separator: "\n"))
    }
}

/// What waits for a person's answer.
struct Held: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List removals, and the question whose Central this is, that wait for an answer.")

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        var held: [RowException]
        var kept: [RowException]
        var lineageQuestion: LineageQuestion?
    }

    func run() async throws {
        let settings = try await common.settings()
        let status = try await Wiring(settings: settings).cloud().status()
        let roots = status.exceptions.filter { $0.origin == nil }
        let answer = Answer(
            held: roots.filter { $0.kind == .held }, kept: roots.filter { $0.kind == .kept },
            lineageQuestion: status.lineageQuestion)
        try common.answer(answer, text(answer, settings.time))
    }

    private func text(_ answer: Answer, _ time: PracticeTime) -> String {
        var lines: [String] = []
        if let question = answer.lineageQuestion {
            lines.append(
                "\(question.message) \(question.rowsDiffering) records differ. "
                    + (question.isApproved
                        ? "Approved: the next synchronisation follows this Central."
                        : "`syncworker approve --lineage` makes OneClick follow this Central."))
        }
        for exception in answer.held {
            let since = exception.since.map { " Since \(time.words($0))." } ?? ""
            lines.append("\(exception.table) \(exception.key): \(exception.message)\(since)")
        }
        if !answer.held.isEmpty {
            lines.append(
                "`syncworker approve TABLE [KEY...]` lets them go, `--keep` keeps the rows.")
        }
        for exception in answer.kept {
            lines.append("\(exception.table) \(exception.key): kept by a person's word.")
        }
        return lines.isEmpty ? "Nothing waits for an answer." : lines.joined(separator: "\n")
    }
}

/// A person's answer.
struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer held removals of a table, or the question whose Central this is.",
        discussion: """
            An approval covers the removals that are held at this moment, and the rows they were \
            given for: those still absent from Central go with the next synchronisation, those \
            that came back drop out.
            """)

    @Argument(help: "The table, such as clients.")
    var table: String?

    @Argument(help: "Keys, such as 17 or 4,17 for a path; all that are held if none is named.")
    var keys: [String] = []

    @Flag(help: "Keep the rows in OneClick instead.")
    var keep = false

    @Flag(help: "Follow this Central, although its history is another one.")
    var lineage = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard lineage != (table != nil) else {
            throw ValidationError("Name a table, or --lineage; not both.")
        }
        _ = try keys.map(Self.key)
    }

    func run() async throws {
        let settings = try await common.settings()
        let receipt = try await Wiring(settings: settings).cloud().answer(
            AnswerRequest(
                answer: keep ? .keep : .approve, table: table.map(TableName.init(rawValue:)),
                keys: keys.isEmpty ? nil : try keys.map(Self.key), person: NSUserName()))
        let what = keep ? "kept" : "approved"
        try common.answer(
            receipt,
            lineage
                ? "Answered. The next synchronisation acts on it."
                : "\(receipt.answered) removals \(what). The next synchronisation acts on it.")
    }

    private static func key(_ text: String) throws -> Key {
        // As `held` prints it, too.
        let bare = text.filter { !"[] ".contains($0) }
        let parts = bare.split(separator: ",").map { Int64($0).map(KeyValue.integer) }
        guard !parts.isEmpty, !parts.contains(nil) else {
            throw ValidationError("\"\(text)\" is no key; write 17, or 4,17 for a path.")
        }
        return Key(parts.compactMap(\.self))
    }
}
