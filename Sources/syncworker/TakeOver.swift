import ArgumentParser
import OneClickClient
import PortalService
import SyncModel
import SyncProtocol

/// A person's word that this is the practice's SyncWorker.
struct TakeOver: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "take-over",
        abstract: "Make this installation, where it stands now, the one that synchronises.",
        discussion: """
            For a SyncWorker that was moved to another machine, or whose copy ran meanwhile. \
            Whoever synchronised until now is refused at its next request. Says first whose place \
            it takes; does it with --confirm.
            """)

    @Flag(help: "Do it.")
    var confirm = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let settings = try await common.settings()
        let journal = try SQLiteJournal(
            path: settings.journalFile, keptDays: settings.historyDays)
        let request = TakeOverRequest(
            server: settings.server, place: Naming.place(central: settings.central),
            lastFence: try await journal.lastOpened().fence, isConfirmed: confirm)
        let answer = try await settings.withLine { line in
            try await Wiring(settings: settings).cloud(line).takeOver(request)
        }
        if let fence = answer.fence { try await journal.save(fence: fence) }
        try journal.close()
        if answer.fence != nil {
            await note(
                "take-over",
                "Made this the installation that synchronises; before, it was "
                    + "\(answer.server ?? "none").", settings)
        }
        try common.answer(answer, words(answer, settings).joined(separator: "\n"))
    }

    private func words(_ answer: TakeOverAnswer, _ settings: Settings) -> [String] {
        var lines: [String] = []
        if let server = answer.server, let at = answer.openedAt {
            lines.append(
                "\(answer.practiceName) was last synchronised from \(server), "
                    + "\(settings.time.words(at)).")
        } else {
            lines.append("\(answer.practiceName) has not been synchronised yet.")
        }
        if let server = answer.refusedServer, let since = answer.refusedSince {
            lines.append(
                "Another copy asked from \(server); both are refused since "
                    + "\(settings.time.words(since)).")
        }
        lines.append(
            answer.fence == nil
                ? "Nothing was changed. If this machine is the one that should synchronise it from "
                    + "now on, run `syncworker take-over --confirm`."
                : "From now on it is synchronised from here; any other copy is refused.")
        return lines
    }
}
