import ArgumentParser
import OneClickStore

/// Rewrites the database's file.
struct Compact: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rewrite the database's file without what was deleted from it.",
        discussion: """
            `oneclick practice erase` does this by itself. It takes room for a second copy of the \
            database, and OneClick answers more slowly meanwhile.
            """)

    @OptionGroup var common: CommonOptions

    private struct Answer: Encodable { var database: String }

    func run() throws {
        let store = try common.store()
        try store.compact()
        try store.close()
        try common.answer(
            Answer(database: common.database), "The database \(common.database) was rewritten.")
    }
}
