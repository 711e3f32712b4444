import ArgumentParser
import OneClickStore
import SyncModel

/// What people did.
struct ShowAudit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show what people did: when, who and what.",
        discussion: """
            Practices added and erased, codes given, installations enrolled and revoked, answers \
            to held removals and to the question whose Central this is. Nothing of a record is \
            written down.
            """)

    @Option(help: "Only what concerns the practice with this number.")
    var practice: Int64?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let store = try common.store()
        let entries = try await store.audit(of: practice.map(PracticeID.init(rawValue:)))
        try store.close()
        try common.answer(entries, words(entries))
    }

    private func words(_ entries: [AuditEntry]) -> String {
        if entries.isEmpty { return "Nothing was done yet." }
        return entries.map { entry in
            let place = entry.practice.map { "practice \($0)" } ?? "OneClick"
            let what = [
                entry.action.rawValue.replacing("_", with: " "), entry.subject,
                entry.rows.map { "\($0) rows" },
            ]
            return "\(entry.at.inUTC)  \(place): "
                + what.compactMap(\.self).joined(separator: ", ") + ", by \(entry.person)"
        }.joined(separator: "\n")
    }
}
