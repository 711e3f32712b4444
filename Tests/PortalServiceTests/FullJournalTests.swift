import GRDB
import SyncEngine
import SyncModel
import Testing

@testable import PortalService

/// A journal whose disk is full for a while.
struct FullJournalTests {
    let folder = TemporaryFolder()
    let journal: SQLiteJournal

    init() throws { journal = try SQLiteJournal(path: folder.file("journal.db")) }

    /// What somebody else finds in the file.
    private func written(_ limit: Int = 10) async throws -> [RunRecord] {
        let other = try SQLiteJournal(path: folder.file("journal.db"))
        defer { try? other.close() }
        return try await other.runs(limit: limit)
    }

    private func fill() async throws { try await limit(0) }
    private func free() async throws { try await limit(1_000_000) }

    private func limit(_ pagesMore: Int) async throws {
        try await journal.queue.writeWithoutTransaction { db in
            let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages + pagesMore)")
        }
    }

    /// Too long for what is left of a page.
    private func start(_ id: String) -> RunStart {
        RunStart(
            id: RunID(rawValue: id),
            request: RunRequest(
                kind: .full, trigger: .manual, person: String(repeating: "x", count: 20_000)),
            startedAt: Timestamp("2026-11-24T08:00:00Z")!)
    }

    private func record(_ id: String, _ outcome: Outcome, _ code: String? = nil) -> RunRecord {
        RunRecord(
            start: start(id), finishedAt: Timestamp("2026-11-24T08:00:02Z")!, outcome: outcome,
            errors: code.map {
                [
                    .init(
                        dataSet: nil, table: nil, key: nil, code: $0, message: "What it was.",
                        hint: "What to do.")
                ]
            } ?? [], notes: ["One note."])
    }

    /// Runs a record into the full disk, as the engine does.
    private func recordOnFullDisk(_ record: RunRecord) async throws {
        try await journal.begin(start(record.id.rawValue))
        try await fill()
        let error = await #expect(throws: SyncError.self) { try await journal.record(record) }
        #expect(error?.message.contains("is full") == true)
    }

    @Test func `the end of a run that found no room is written before a later run begins`()
        async throws
    {
        try await recordOnFullDisk(record("a", .held, "too_long"))
        await #expect(throws: SyncError.self) { try await journal.begin(start("b")) }
        try await free()
        try await journal.begin(start("c"))
        let run = try #require(try await written().last)
        #expect(run.id.rawValue == "a")
        #expect(run.outcome == .held)
        #expect(run.errors.map(\.code) == ["too_long"])
        #expect(run.notes.first == "One note.")
        #expect(run.notes.last?.contains("written down later") == true)
        #expect(run.notes.last?.contains("is full") == true)
    }

    @Test func `while it is not written the run has failed, with every reason`() async throws {
        try await recordOnFullDisk(record("a", .completedWithErrors, "too_long"))
        for isUnderway in [false, true] {
            let run = try await journal.runs(limit: 1, isUnderway: isUnderway).first
            #expect(run?.outcome == .failed)
            #expect(run?.errors.map(\.code) == ["too_long", "journal"])
        }
        #expect(try await journal.run(RunID(rawValue: "a"))?.outcome == .failed)
        try await free()
        try await journal.writeLate()
        #expect(try await journal.runs(limit: 1).first?.outcome == .completedWithErrors)
        #expect(try await written() == journal.runs(limit: 10))
    }

    @Test func `a run that could not even begin leaves a trace`() async throws {
        try await fill()
        await #expect(throws: SyncError.self) { try await journal.begin(start("a")) }
        // It says itself what the journal would say.
        try await journal.record(record("a", .failed, "journal"))
        #expect(try await journal.runs(limit: 10).map(\.id.rawValue) == ["a"])
        #expect(try await written().isEmpty)
        try await free()
        try await journal.writeLate()
        let run = try #require(try await written().first)
        #expect(run.outcome == .failed)
        #expect(run.errors.map(\.code) == ["journal"])
        #expect(run.kind == .full)
        #expect(run.startedAt == start("a").startedAt)
    }

    @Test func `lists show what is not written yet, at the place that it will have`() async throws {
        try await journal.begin(start("first"))
        try await journal.record(record("first", .succeeded))
        try await recordOnFullDisk(record("a", .held, "too_long"))
        try await journal.record(record("b", .failed, "journal"))
        for isUnderway in [false, true] {
            let runs = try await journal.history(limit: 10, isUnderway: isUnderway)
            #expect(runs.map(\.id.rawValue) == ["b", "a", "first"])
            #expect(runs.map(\.number) == [3, 2, 1])
            #expect(runs.map(\.outcome) == [.failed, .failed, .succeeded])
            #expect(try await journal.count(isUnderway: isUnderway) == 3)
        }
        #expect(try await journal.history(before: 3, limit: 1).map(\.number) == [2])
        #expect(
            try await journal.history(RunFilter(text: "is full"), limit: 9).map(\.number) == [2])
        #expect(try await journal.count(RunFilter(outcomes: [.failed])) == 2)
        #expect(try await journal.lastApplied()?.id.rawValue == "first")
        let since = start("a").startedAt
        #expect(try await journal.activity(since: since, limit: 9).map(\.number) == [1, 2, 3])
        let days = try await journal.activityByDay(since: since) { $0.dateInUTC }
        #expect(days.map(\.outcomes) == [[.failed: 2, .succeeded: 1]])
        try await free()
        try await journal.writeLate()
        let written = try await journal.history(limit: 10)
        #expect(written.map(\.number) == [3, 2, 1])
        #expect(written.map(\.outcome) == [.failed, .held, .succeeded])
    }

    @Test func `the end of a run brings its beginning with it`() async throws {
        try await journal.record(record("a", .failed, "central"))
        #expect(try await written() == [record("a", .failed, "central")])
    }

    @Test func `late ends stay in order, and have a limit that the first one outlives`() {
        var late: [LateRecord] = []
        let reason = SyncError(.journal, "Full.", hint: "Free some space.")
        for number in 0...LateRecord.countMax {
            late.add(LateRecord(record("\(number)", .failed, "journal"), reason))
        }
        #expect(late.count == LateRecord.countMax)
        #expect(late.prefix(2).map(\.id.rawValue) == ["0", "2"])
    }

    @Test func `what somebody did on a full disk is shown, and written down once there is room`()
        async throws
    {
        let long = String(repeating: "x", count: 20_000)
        let entries = ["stop", "start"].enumerated().map { index, action in
            AuditEntry(
                at: start("a").startedAt + .seconds(index), person: "Jane Perry", action: action,
                details: long)
        }
        try await fill()
        for entry in entries { await journal.note(entry) }
        #expect(try await journal.audit(limit: 10) == entries.reversed())
        await #expect(throws: SyncError.self) { try await journal.writeLate() }
        #expect(try await journal.audit(limit: 1) == [entries[1]])
        try await free()
        try await journal.writeLate()
        try await journal.writeLate()
        let other = try SQLiteJournal(path: folder.file("journal.db"))
        defer { try? other.close() }
        #expect(try await other.audit(limit: 10) == entries.reversed())
    }
}
