import ArgumentParser
import Foundation
import OneClickClient
import SyncModel
import SyncProtocol

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
            "Answer what `syncworker held` showed, and nothing later, by the time it names.",
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
        let request = AnswerRequest(
            answer: keep ? .keep : .approve, table: table.map(TableName.init(rawValue:)),
            keys: keys.isEmpty ? nil : try keys.map(Self.key),
            seenAt: try seen.map(Self.time), person: NSUserName())
        let receipt = try await settings.withLine {
            try await Wiring(settings: settings).answer(request, $0)
        }
        if receipt.answered > 0 || lineage {
            let what = table.map { "\(receipt.answered) of \($0)" } ?? "whose Central this is"
            await note("answer", "\(keep ? "Kept" : "Approved"): \(what).", settings)
        }
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
