import GRDB
import SyncModel
import Testing

@testable import PortalService

struct JournalMemoryTests {
    let folder = TemporaryFolder()
    var path: String { folder.file("journal.db") }

    private struct Wish: Codable, Sendable, Equatable {
        var words: [String]
        var at: Timestamp?
    }

    @Test func `what is remembered is there after a restart, until it is forgotten`() async throws {
        let wish = Wish(words: ["a", "ü"], at: Timestamp("2026-11-24T08:00:00Z"))
        let journal = try SQLiteJournal(path: path)
        #expect(try await journal.remembered("wish", as: Wish.self) == nil)
        try await journal.remember(wish, as: "wish")
        try await journal.remember(7, as: "number")
        try await journal.remember("seven", as: "word")
        try journal.close()
        let again = try SQLiteJournal(path: path)
        #expect(try await again.remembered("wish") == wish)
        #expect(try await again.remembered("number") == 7)
        #expect(try await again.remembered("word") == "seven")
        try await again.remember(8, as: "number")
        #expect(try await again.remembered("number") == 8)
        try await again.remember(nil as Wish?, as: "wish")
        #expect(try await again.remembered("wish", as: Wish.self) == nil)
    }

    @Test func `what cannot be read as what is asked for is named`() async throws {
        let journal = try SQLiteJournal(path: path)
        try await journal.remember("seven", as: "number")
        let error = await #expect(throws: SyncError.self) {
            try await journal.remembered("number", as: Int.self)
        }
        #expect(error?.code == .journal)
        #expect(error?.message.contains("\"number\"") == true)
    }

    private func entry(_ time: String, _ action: String) -> AuditEntry {
        AuditEntry(
            at: Timestamp(time)!, person: "Anne Smith", action: action,
            details: "What she did, and why.")
    }

    @Test func `what people did is there after a restart, latest first`() async throws {
        let journal = try SQLiteJournal(path: path)
        // The second with a clock that was put back.
        let entries = [
            entry("2026-11-24T08:00:00.123456Z", "pause"), entry("2026-11-24T07:00:00Z", "resume"),
        ]
        for entry in entries { await journal.note(entry) }
        try journal.close()
        let again = try SQLiteJournal(path: path)
        #expect(try await again.audit(limit: 10) == entries.reversed())
        #expect(try await again.audit(limit: 1) == [entries[1]])
    }

    @Test func `what people did is kept for 400 days`() async throws {
        let journal = try SQLiteJournal(path: path)
        await journal.note(entry("2026-01-01T08:00:00Z", "first"))
        await journal.note(entry("2026-01-01T08:00:01Z", "second"))
        await journal.note(entry("2027-02-05T08:00:01Z", "third"))
        #expect(try await journal.audit(limit: 10).map(\.action) == ["third", "second"])
    }
}
