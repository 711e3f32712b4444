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
        var lines = answer.lineageQuestion.map { [words($0)] } ?? []
        for (table, held) in Self.byTable(answer.held) { lines += words(table, held, time) }
        for (table, kept) in Self.byTable(answer.kept) {
            lines.append("\(table) \(Self.list(kept)): kept by a person's word.")
        }
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
        _ table: TableName, _ held: [RowException], _ time: PracticeTime
    ) -> [String] {
        let count = held.reduce(0) { $0 + $1.rows }
        let since = held.compactMap(\.since).min().map { " Since \(time.words($0))." } ?? ""
        let what =
            held.count == 1
            ? held[0].message
            : "\(table): \(count) records are gone from Central, so many at once that their "
                + "removal waits for an answer: \(Self.list(held))."
        return [
            what + since,
            "  `syncworker approve \(table)` lets them go, `syncworker approve \(table) --keep` "
                + "keeps them in OneClick. Name keys to answer for some of them alone.",
        ]
    }

    private static func byTable(
        _ exceptions: [RowException]
    ) -> [(table: TableName, exceptions: [RowException])] {
        Dictionary(grouping: exceptions, by: \.table)
            .map { ($0.key, $0.value.sorted { $0.key < $1.key }) }
            .sorted { $0.0.rawValue < $1.0.rawValue }
    }

    private static func list(_ exceptions: [RowException]) -> String {
        let shown = 20
        let keys = exceptions.prefix(shown).map { "\($0.key)" }.joined(separator: ", ")
        return keys
            + (exceptions.count > shown
                ? " and \(exceptions.count - shown) more (--json has all)" : "")
    }
}

/// A person's answer.
struct Approve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answer what `syncworker held` lists.",
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

    @Flag(help: "Follow this Central, although it was restored from a backup or is another one.")
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
        try common.answer(receipt, words(receipt.answered))
    }

    private func words(_ answered: Int) -> String {
        let then = "The next synchronisation acts on it; `syncworker run` starts one now."
        if lineage { return "Answered. \(then)" }
        guard answered > 0 else {
            return "No removal of \(table ?? "") is held, so that there was nothing to answer. "
                + "`syncworker held` lists what waits."
        }
        return "\(answered) \(answered == 1 ? "removal" : "removals") "
            + "\(keep ? "will be kept" : "approved"). \(then)"
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
