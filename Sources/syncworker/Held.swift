import PortalService
import ArgumentParser
import OneClickClient
import SyncModel
import SyncProtocol

/// What waits for a person's answer.
struct Held: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List what waits for an answer: removals, or whether Central is the right one.",
        discussion: """
            Many records that are gone at once may be gone by mistake: they stay in OneClick until \
            a person approves their removal or decides to keep them (`syncworker approve`). The \
            same goes for a Central that was restored from a backup. What is approved goes with \
            the next synchronisation, if that comes in time.
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let settings = try await common.settings()
        let status = try await settings.withLine {
            try await Wiring(settings: settings).cloud($0).status()
        }
        let list = HeldList(status, now: SystemClock.now())
        try common.answer(list, list.text(settings.time))
    }
}

/// The answer of `held`.
struct HeldList: Encodable {
    var held: [RowException]
    var kept: [RowException]
    /// Of the held ones those that are approved, and until when; nil where OneClick does not say.
    var approvals: [StatusAnswer.Approval]?
    /// By table, how many rows are held and refused in all.
    var waiting: [TableName: Counts]
    /// What `approve --seen` takes: the last commit that this list shows.
    var seen: Timestamp?
    var lineageQuestion: LineageQuestion?

    init(_ status: StatusAnswer, now: Timestamp) {
        let roots = status.exceptions.filter { $0.origin == nil }
        held = roots.filter { $0.kind == .held }
        kept = roots.filter { $0.kind == .kept }
        approvals = status.approvals?.filter { $0.until > now }
        waiting = status.waiting
        seen = status.lastCommittedAt
        lineageQuestion = status.lineageQuestion
    }

    /// For a person.
    func text(_ time: PracticeTime) -> String {
        var lines = lineageQuestion.map { [words($0)] } ?? []
        for (table, held) in Self.byTable(held) { lines += words(table, held, time) }
        for (_, kept) in Self.byTable(kept) { lines += list(kept, time) }
        return lines.isEmpty ? "Nothing waits for an answer." : lines.joined(separator: "\n")
    }

    private func words(_ question: LineageQuestion) -> String {
        let seen = question.since.map { " --seen \($0.exact)" } ?? ""
        return "\(question.message) \(question.rowsDiffering) records differ. "
            + (question.isApproved
                ? "Approved: the next synchronisation follows this Central."
                : "`syncworker approve --lineage\(seen)` makes OneClick follow this Central; "
                    + "otherwise put the right one back.")
    }

    private func words(
        _ table: TableName, _ held: [RowException], _ time: PracticeTime
    ) -> [String] {
        let count = waiting[table]?.held ?? 0
        let since = held.compactMap(\.since).min().map { " Since \(time.words($0))." } ?? ""
        let seen = seen.map { " --seen \($0.exact)" } ?? ""
        let approved = held.filter { approval(of: $0) != nil }.reduce(0) { $0 + $1.rows }
        return [
            "\(table): \(count) \(count == 1 ? "record is" : "records are") gone from Central and "
                + "\(count == 1 ? "waits" : "wait") for an answer.\(since)"
        ] + Self.words(approved: approved) + list(held, time) + [
            "  `syncworker approve \(table)\(seen)` lets go what is held now,",
            "  `syncworker approve \(table) --keep\(seen)` keeps it in OneClick.",
            "  Name keys instead of --seen to answer for some of them alone.",
        ]
    }

    private static func words(approved count: Int) -> [String] {
        guard count > 0 else { return [] }
        return [
            "  \(count) of them \(count == 1 ? "is" : "are") approved already: the next "
                + "synchronisation acts on \(count == 1 ? "it" : "them"); `syncworker run` "
                + "starts one now."
        ]
    }

    private static func byTable(
        _ exceptions: [RowException]
    ) -> [(table: TableName, exceptions: [RowException])] {
        Dictionary(grouping: exceptions, by: \.table)
            .map { ($0.key, $0.value.sorted { $0.key < $1.key }) }
            .sorted { $0.0.rawValue < $1.0.rawValue }
    }

    private func list(_ exceptions: [RowException], _ time: PracticeTime) -> [String] {
        let shown = 20
        let more = exceptions.count - shown
        return exceptions.prefix(shown).map { exception in
            "  - \(exception.message)"
                + (approval(of: exception).map { " Approved until \(time.words($0.until))." } ?? "")
        } + (more > 0 ? ["  ... and \(more) more; --json has them."] : [])
    }

    private func approval(of exception: RowException) -> StatusAnswer.Approval? {
        guard exception.kind == .held else { return nil }
        return approvals?.first { $0.table == exception.table && $0.key == exception.key }
    }
}
