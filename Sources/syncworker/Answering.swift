import ArgumentParser
import Foundation
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
            same goes for a Central that was restored from a backup.
            """)

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable {
        var held: [RowException]
        var kept: [RowException]
        /// By table, how many rows are held and refused in all.
        var waiting: [TableName: Counts]
        /// What `approve --seen` takes: the last commit that this list shows.
        var seen: Timestamp?
        var lineageQuestion: LineageQuestion?
    }

    func run() async throws {
        let settings = try await common.settings()
        let status = try await Wiring(settings: settings).cloud().status()
        let roots = status.exceptions.filter { $0.origin == nil }
        let answer = Answer(
            held: roots.filter { $0.kind == .held }, kept: roots.filter { $0.kind == .kept },
            waiting: status.waiting, seen: status.lastCommittedAt,
            lineageQuestion: status.lineageQuestion)
        try common.answer(answer, text(answer, settings.time))
    }

    private func text(_ answer: Answer, _ time: PracticeTime) -> String {
        var lines = answer.lineageQuestion.map { [words($0)] } ?? []
        for (table, held) in Self.byTable(answer.held) {
            lines += words(table, held, answer, time)
        }
        for (_, kept) in Self.byTable(answer.kept) { lines += Self.list(kept) }
        return lines.isEmpty ? "Nothing waits for an answer." : lines.joined(separator: "\n")
    }

    private func words(_ question: LineageQuestion) -> String {
        "\(question.message) \(question.rowsDiffering) records differ. "
            + (question.isApproved
                ? "Approved: the next synchronisation follows this Central."
                : "`syncworker approve --lineage` makes OneClick follow this Central; otherwise "
                    + "put the right one back.")
    }

    private func words(
        _ table: TableName, _ held: [RowException], _ answer: Answer, _ time: PracticeTime
    ) -> [String] {
        let count = answer.waiting[table]?.held ?? 0
        let since = held.compactMap(\.since).min().map { " Since \(time.words($0))." } ?? ""
        let seen = answer.seen.map { " --seen \($0.exact)" } ?? ""
        return [
            "\(table): \(count) \(count == 1 ? "record is" : "records are") gone from Central and "
                + "\(count == 1 ? "waits" : "wait") for an answer.\(since)"
        ] + Self.list(held) + [
            "  `syncworker approve \(table)\(seen)` lets go what is held now,",
            "  `syncworker approve \(table) --keep\(seen)` keeps it in OneClick.",
            "  Name keys instead of --seen to answer for some of them alone.",
        ]
    }

    private static func byTable(
        _ exceptions: [RowException]
    ) -> [(table: TableName, exceptions: [RowException])] {
        Dictionary(grouping: exceptions, by: \.table)
            .map { ($0.key, $0.value.sorted { $0.key < $1.key }) }
            .sorted { $0.0.rawValue < $1.0.rawValue }
    }

    private static func list(_ exceptions: [RowException]) -> [String] {
        let shown = 20
        let more = exceptions.count - shown
        return exceptions.prefix(shown).map { "  - \($0.message)" }
            + (more > 0 ? ["  ... and \(more) more; --json has them."] : [])
    }
}

/// A person's answer.
struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer what `syncworker held` lists.",
        discussion: """
            An answer is for what you have seen: name keys, or the time that `syncworker held` \
            shows with its list; what is held since then waits on. An approval is for the rows as \
            they are: those still absent from Central go with the next synchronisation, those that \
            came back drop out. Until then --keep takes it back; to approve what was kept, name \
            its keys.
            """)

    @Argument(help: "The table, such as clients.")
    var table: String?

    @Argument(help: "Keys, such as 17 or 4,17 for a path.")
    var keys: [String] = []

    @Option(
        help: ArgumentHelp(
            "Answer for all that `syncworker held` showed, by the time it names.",
            valueName: "TIME"))
    var seen: String?

    @Flag(help: "Keep the rows in OneClick instead.")
    var keep = false

    @Flag(help: "Follow this Central, although it was restored from a backup or is another one.")
    var lineage = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard lineage != (table != nil) else {
            throw ValidationError("Name a table, or --lineage; not both.")
        }
        guard lineage || keys.isEmpty != (seen == nil) else {
            throw ValidationError(
                "Name keys, or --seen with the time that `syncworker held` shows; not both.")
        }
        _ = try keys.map(Self.key)
        _ = try seen.map(Self.time)
    }

    func run() async throws {
        let settings = try await common.settings()
        let receipt = try await Wiring(settings: settings).cloud().answer(
            AnswerRequest(
                answer: keep ? .keep : .approve, table: table.map(TableName.init(rawValue:)),
                keys: keys.isEmpty ? nil : try keys.map(Self.key),
                seenAt: try seen.map(Self.time), person: NSUserName()))
        try common.answer(receipt, words(receipt.answered))
    }

    private func words(_ answered: Int) -> String {
        let then = "The next synchronisation acts on it; `syncworker run` starts one now."
        if lineage { return "Answered. \(then)" }
        guard answered > 0 else {
            return
                "No removal of \(table ?? "") was held then, so that there was nothing to answer. "
                + "`syncworker held` lists what waits."
        }
        return "\(answered) \(answered == 1 ? "removal" : "removals") "
            + "\(keep ? "will be kept" : "approved"). \(then)"
    }

    private static func time(_ text: String) throws -> Timestamp {
        guard let time = Timestamp(text) else {
            throw ValidationError("\"\(text)\" is no time; copy it from `syncworker held`.")
        }
        return time
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
