import ArgumentParser
import OneClickStore
import SyncModel

struct PracticeErase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Remove a practice and everything of it. Final.",
        discussion: """
            All its rows go, with its installations, codes, runs, authorisations by HMRC and \
            audit; a synchronisation under way is refused. The database's file is rewritten, so \
            that the bytes are gone too. Backups keep what they hold: erase it there as well.
            """)

    @Argument(help: "The practice's number, as `oneclick practice list` shows it.")
    var practice: Int64

    @Option(
        help: ArgumentHelp(
            "The practice's exact name: what is erased does not come back.", valueName: "NAME"))
    var confirm: String

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        var practice: PracticeID
        var rows: [String: Int]
        var total: Int
    }

    func run() async throws {
        let store = try common.store()
        let report = try await store.erase(
            PracticeID(rawValue: practice), confirming: confirm, by: SystemUser.name(),
            now: SystemClock.now())
        // Said first: the rows are gone even where the file cannot be rewritten now.
        try common.answer(
            Answer(practice: report.practice, rows: report.rows, total: report.total),
            words(report))
        try store.compact()
        try store.close()
    }

    private func words(_ report: ErasureReport) -> String {
        let tables = report.rows.sorted { $0.key < $1.key }
            .map { "  \($0.key): \($0.value)" }.joined(separator: "\n")
        return """
            Practice \(report.practice), \(confirm), was erased: \(report.total) rows.
            \(tables)
            """
    }
}
