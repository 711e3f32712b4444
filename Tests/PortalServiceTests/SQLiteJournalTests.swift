import GRDB
import SyncEngine
import SyncModel
import Testing

@testable import PortalService

struct SQLiteJournalTests {
    let folder = TemporaryFolder()
    var path: String { folder.file("journal.db") }

    private func start(_ id: String, _ time: String = "2026-11-24T08:00:00Z") -> RunStart {
        RunStart(
            id: RunID(rawValue: id), request: RunRequest(kind: .change, trigger: .schedule),
            startedAt: Timestamp(time)!)
    }

    private func record(_ start: RunStart, _ outcome: Outcome = .succeeded) -> RunRecord {
        var counts = Counts()
        counts.changed = 3
        return RunRecord(
            start: start, finishedAt: start.startedAt + .seconds(2), outcome: outcome,
            dataSets: [.init(name: "Client List", counts: counts)], rowsSent: 3,
            errors: [
                .init(
                    dataSet: "Client List", table: TableName(rawValue: "clients"), key: Key(17),
                    code: "too_long", message: "A name is too long.", hint: "Shorten it.")
            ], notes: ["One note."])
    }

    @Test func `what was written is there after a restart`() async throws {
        let begun = start("a")
        let journal = try SQLiteJournal(path: path)
        try await journal.begin(begun)
        try await journal.save(fence: 7)
        try await journal.record(record(begun, .completedWithErrors))
        try journal.close()

        let again = try SQLiteJournal(path: path)
        #expect(try await again.runs(limit: 10) == [record(begun, .completedWithErrors)])
        #expect(try await again.run(begun.id) == record(begun, .completedWithErrors))
        #expect(try await again.lastOpened().fence == 7)
        #expect(try await again.lastStarted() == begun.startedAt)
    }

    @Test func `an empty journal knows no run and no fence`() async throws {
        let journal = try SQLiteJournal(path: path)
        #expect(try await journal.runs(limit: 10) == [])
        #expect(try await journal.run(RunID(rawValue: "a")) == nil)
        #expect(try await journal.lastStarted() == nil)
        #expect(try await journal.lastOpened().fence == 0)
    }

    @Test func `a run that its process did not survive has failed, and is never in progress`()
        async throws
    {
        let journal = try SQLiteJournal(path: path)
        try await journal.begin(start("a"))
        try await journal.endCutOff()
        let run = try #require(try await journal.runs(limit: 10).first)
        #expect(run.outcome == .failed)
        #expect(run.errors.map(\.code) == ["cut_off"])
        // Even where the next one is under way.
        try await journal.begin(start("b"))
        #expect(try await journal.runs(limit: 10, isUnderway: true) == [run])
    }

    @Test func `the run under way is left out, and takes no place of the limit`() async throws {
        let journal = try SQLiteJournal(path: path)
        for id in ["a", "b"] {
            try await journal.begin(start(id))
            try await journal.record(record(start(id)))
        }
        try await journal.begin(start("c"))
        let runs = try await journal.runs(limit: 2, isUnderway: true)
        #expect(runs.map(\.id.rawValue) == ["b", "a"])
    }

    @Test func `a run that ended is no longer under way, although the service still says so`()
        async throws
    {
        let journal = try SQLiteJournal(path: path)
        try await journal.begin(start("a"))
        try await journal.record(record(start("a")))
        #expect(try await journal.runs(limit: 2, isUnderway: true).count == 1)
    }

    @Test func `runs are in the order in which they began, whatever the clock said`() async throws {
        let journal = try SQLiteJournal(path: path)
        try await journal.begin(start("late", "2026-11-24T09:00:00Z"))
        try await journal.begin(start("put back", "2026-11-24T08:00:00Z"))
        #expect(try await journal.runs(limit: 1).first?.id.rawValue == "put back")
        #expect(try await journal.lastStarted() == Timestamp("2026-11-24T08:00:00Z"))
    }

    @Test func `runs older than 90 days go, the fence stays`() async throws {
        let journal = try SQLiteJournal(path: path)
        try await journal.begin(start("old", "2026-08-01T08:00:00Z"))
        try await journal.save(fence: 3)
        try await journal.begin(start("young", "2026-11-24T08:00:00Z"))
        #expect(try await journal.runs(limit: 10).map(\.id.rawValue) == ["young"])
        #expect(try await journal.lastOpened().fence == 3)
    }

    @Test func `every run begun since the fence arrived is named, and none that it settles`()
        async throws
    {
        let journal = try SQLiteJournal(path: path)
        try await journal.begin(start("a"))
        try await journal.save(fence: 1)
        #expect(try await journal.lastOpened().runs.isEmpty)
        for id in ["b", "c"] { try await journal.begin(start(id)) }
        try journal.close()
        let again = try SQLiteJournal(path: path)
        let opened = try await again.lastOpened()
        #expect(opened.fence == 1)
        #expect(opened.runs.map(\.rawValue) == ["b", "c"])
        try await again.save(fence: 2)
        #expect(try await again.lastOpened().runs.isEmpty)
    }

    @Test func `a process that slept meanwhile takes no fence back, and settles its own run alone`()
        async throws
    {
        let sleeper = try SQLiteJournal(path: path)
        try await sleeper.begin(start("a"))
        let other = try SQLiteJournal(path: path)
        try await other.begin(start("b"))
        try await sleeper.save(fence: 1)
        #expect(try await other.lastOpened().fence == 1)
        #expect(try await other.lastOpened().runs.map(\.rawValue) == ["b"])
        try await other.save(fence: 2)
        try await sleeper.save(fence: 1)
        #expect(try await other.lastOpened().fence == 2)
        #expect(try await other.lastOpened().runs.isEmpty)
        try await other.resetFence()
        #expect(try await other.lastOpened().fence == 0)
    }

    @Test func `a journal of a newer release is refused and left as it is`() async throws {
        try SQLiteJournal(path: path).close()
        let queue = try DatabaseQueue(path: path)
        try await queue.write { try $0.execute(sql: "PRAGMA user_version = 3") }
        try queue.close()
        let error = #expect(throws: SyncError.self) { try SQLiteJournal(path: path) }
        #expect(error?.code == .journal)
        #expect(error?.message.contains("newer release") == true)
    }

    @Test func `a file that is no database is named with what to do`() throws {
        try "This is not a database, but it is long enough to be looked at.".write(
            toFile: path, atomically: true, encoding: .utf8)
        let error = #expect(throws: SyncError.self) { try SQLiteJournal(path: path) }
        #expect(error?.code == .journal)
        #expect(error?.message.contains(path) == true)
        #expect(error?.hint.contains("Move it away") == true)
    }

    @Test func `a full disk is said in words`() async throws {
        let journal = try SQLiteJournal(path: path)
        try await journal.queue.writeWithoutTransaction {
            _ = try Int.fetchOne($0, sql: "PRAGMA max_page_count = 1")
        }
        var request = RunRequest(kind: .change, trigger: .schedule)
        request.person = String(repeating: "x", count: 100_000)
        let long = RunStart(
            id: RunID(rawValue: "a"), request: request, startedAt: start("a").startedAt)
        let error = await #expect(throws: SyncError.self) { try await journal.begin(long) }
        #expect(error?.code == .journal)
        #expect(error?.message.contains("full") == true)
    }
}
