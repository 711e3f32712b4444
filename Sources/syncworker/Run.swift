import Catalogue
import Logging
import ArgumentParser
import Foundation
import Observability
import PortalService
import SyncEngine
import SyncModel

/// One synchronisation, now.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Synchronise now: what changed, or everything with --full.",
        discussion: """
            Asks the service of this machine to do it and shows its progress; where no service \
            runs, does it itself.
            """)

    @Flag(help: "Compare every record, whatever the change history says.")
    var full = false

    @Flag(help: "Say what would be added, changed and removed; apply nothing.")
    var dryRun = false

    @Option(help: ArgumentHelp("One data set alone, such as \"Client List\".", valueName: "NAME"))
    var only: [String] = []

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let settings = try await common.settings()
        // A person at a terminal reads the result, not the log.
        bootstrapLogging(level: settings.logLevel == .debug ? .debug : .warning)
        let names = try Wiring(settings: settings).catalogue().shapes.dataSets.map(\.name)
        if let unknown = only.first(where: { !names.contains($0) }) {
            throw SyncError(
                .usage, "There is no data set \"\(unknown)\".",
                hint: "There are: \(names.joined(separator: ", ")).")
        }
        let request = RunRequest(
            kind: full ? .full : .change, trigger: .manual,
            purpose: dryRun ? .dryRun : .synchronise, only: only.isEmpty ? nil : only,
            person: NSUserName())
        let record =
            if let service = await ControlClient(socket: settings.socket) {
                try await ask(service, request)
            } else {
                try await perform(request, settings)
            }
        try common.answer(record, record.text)
        if record.outcome.exitCode != 0 { throw ExitCode(record.outcome.exitCode) }
    }

    private func ask(_ service: ControlClient, _ request: RunRequest) async throws -> RunRecord {
        let ticket = try await service.request(request)
        if ticket.isQueued, !common.json {
            say("A synchronisation is in progress; this one follows it.")
        }
        let bars = ProgressBars()
        while true {
            switch try await service.standing(of: ticket.ticket) {
            case .done(let record): return record
            case .running(let progress): if let progress { bars.show(progress) }
            case .queued: break
            }
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    private func perform(_ request: RunRequest, _ settings: Settings) async throws -> RunRecord {
        let lock = try RunLock(path: settings.lockFile)
        let journal = try SQLiteJournal(path: settings.journalFile)
        let bars = common.json ? nil : ProgressBars()
        let record = await Wiring(settings: settings).perform(
            request, journal: journal, progress: { bars?.show($0) }, isStopped: { false })
        try journal.close()
        withExtendedLifetime(lock) {}
        return record
    }
}
