import Catalogue
import Logging
import ArgumentParser
import Foundation
import Observability
import ManagementConsole
import OneClickClient
import PortalService
import SyncEngine
import SyncModel
import UnixSignals

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
                try await ask(service, request, settings)
            } else {
                try await settings.withLine { try await perform(request, settings, $0) }
            }
        try common.answer(record, record.text)
        if record.outcome.exitCode != 0 { throw ExitCode(record.outcome.exitCode) }
    }

    private func perform(
        _ request: RunRequest, _ settings: Settings, _ line: OneClickLine
    ) async throws -> RunRecord {
        let wiring = Wiring(settings: settings)
        let (lock, journal) = try await wiring.takeCharge()
        let bars = common.json ? nil : ProgressBars()
        let record = await Self.untilInterrupted { isStopped in
            await wiring.perform(
                request, journal: journal, line: line, progress: { bars?.show($0) },
                isStopped: isStopped)
        }
        bars?.clear()
        // The last moment for what the journal could not take before.
        try? await journal.writeLate()
        try journal.close()
        withExtendedLifetime(lock) {}
        return record
    }

    /// Ctrl-C ends the run between two batches, so that its record is written; a second one ends
    /// the program at once.
    private static func untilInterrupted(
        _ perform: @escaping @Sendable (@escaping @Sendable () -> Bool) async -> RunRecord
    ) async -> RunRecord {
        let interrupted = Latch()
        return await withTaskGroup(of: RunRecord?.self) { group in
            group.addTask { await perform { interrupted.isRaised } }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) {
                    if interrupted.raise() { Foundation.exit(1) }
                    try? FileHandle.standardError.write(
                        contentsOf: Data(
                            "Stopping between two batches; Ctrl-C again ends at once.\n".utf8))
                }
                return nil
            }
            defer { group.cancelAll() }
            while let result = await group.next() {
                if let result { return result }
            }
            preconditionFailure("a run always ends with a record")
        }
    }
}
