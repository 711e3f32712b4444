import GRDB
import SyncEngine
import SyncModel
import Testing

@testable import PortalService

/// A journal of 100,000 runs, filled by SQL alone.
struct LargeJournalTests {
    private static let count = 100_000
    let folder = TemporaryFolder()
    let journal: SQLiteJournal

    /// Run n began n minutes after the first day's midnight. Every tenth failed and says which,
    /// every fiftieth was a full, asked for by one of seven people.
    init() async throws {
        journal = try SQLiteJournal(path: folder.file("journal.db"))
        try await journal.begin(.example("template", "2026-09-01T00:00:00Z"))
        try await journal.record(.example("template", "2026-09-01T00:00:00Z"))
        try await journal.queue.write { db in try Self.fill(db) }
    }

    private static func fill(_ db: Database) throws {
        let numbers = """
            WITH RECURSIVE numbers (n) AS (
              VALUES (2) UNION ALL SELECT n + 1 FROM numbers WHERE n < \(count))
            """
        try db.execute(
            sql: """
                INSERT INTO runs (number, id, started_at, outcome, summary, start, record)
                \(numbers)
                SELECT n, printf('%032x', n), datetime('2026-09-01', (n - 1) || ' minutes'),
                  iif(n % 10 = 0, 'failed', 'succeeded'),
                  replace(summary, '"template"', printf('"%032x"', n)), start, record
                FROM numbers, runs WHERE number = 1
                """)
        try db.execute(
            sql: """
                INSERT INTO history
                \(numbers)
                SELECT n, started_at + (n - 1) * 60000000, 1,
                  iif(n % 10 = 0, 'failed', 'succeeded'), iif(n % 50 = 0, 'full', 'change'),
                  iif(n % 50 = 0, 'manual', 'schedule'), purpose, n % 10 <> 0, n % 5, n,
                  iif(n % 50 = 0, 'person ' || (n % 7), '')
                  || iif(n % 10 = 0, char(10) || 'the record ' || n || ' is too long.', '')
                FROM numbers, history WHERE number = 1
                """)
    }

    private static let expected: [(filter: RunFilter, isFound: @Sendable (Int) -> Bool)] = [
        (RunFilter(), { _ in true }),
        (RunFilter(outcomes: [.failed]), { $0 % 10 == 0 }),
        (RunFilter(outcomes: [.failed, .succeeded]), { _ in true }),
        (RunFilter(outcomes: [.held]), { _ in false }),
        (RunFilter(outcomes: [.failed], kind: .full), { $0 % 50 == 0 }),
        (RunFilter(trigger: .manual, text: "Person 3"), { $0 % 50 == 0 && $0 % 7 == 3 }),
        (RunFilter(text: "record 7770 is"), { $0 == 7770 }),
        (
            RunFilter(
                from: Timestamp("2026-09-02T00:00:00Z"), to: Timestamp("2026-09-03T00:00:00Z")),
            { (1441...2880).contains($0) }
        ),
    ]

    @Test func `every page of every question holds what it should, and all pages hold all`()
        async throws
    {
        for (filter, isFound) in Self.expected {
            let wanted = (1...Self.count).reversed().filter(isFound)
            #expect(try await journal.count(filter) == wanted.count)
            // The first pages, one from the middle, and the last.
            for place in Set([0, 50, wanted.count / 2, max(0, wanted.count - 30)]) {
                let before = place > 0 && place <= wanted.count ? wanted[place - 1] : nil
                let page = try await journal.history(filter, before: before, limit: 50)
                let rest = before == nil ? wanted[...] : wanted.dropFirst(place)
                #expect(page.map(\.number) == Array(rest.prefix(50)))
            }
        }
    }

    @Test func `pages one after the other give every run once`() async throws {
        let filter = RunFilter(outcomes: [.failed], text: "too long")
        var seen: [Int] = []
        while true {
            let page = try await journal.history(filter, before: seen.last, limit: 500)
            if page.isEmpty { break }
            seen += page.map(\.number)
        }
        #expect(seen == (1...Self.count).reversed().filter { $0 % 10 == 0 })
    }

    @Test func `a run of a page is the one of its number`() async throws {
        let page = try await journal.history(before: 4712, limit: 2)
        #expect(page.map(\.id.rawValue) == [4711, 4710].map { hexadecimal($0) })
    }

    private func hexadecimal(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }

    @Test func `charts and counts are those of the same runs`() async throws {
        let since = Timestamp("2026-09-02T00:00:00Z")!
        #expect(try await journal.count(startedSince: since) == Self.count - 1440)
        let chart = try await journal.activity(since: since, limit: 100)
        #expect(chart.map(\.number) == Array((Self.count - 99)...Self.count))
        let days = try await journal.activityByDay(since: since) { $0.dateInUTC }
        #expect(days.first?.outcomes == [.succeeded: 1296, .failed: 144])
        #expect(days.first?.records == 2880)
        #expect(days.first?.longest == .microseconds(2880))
        #expect(days.map(\.runs).reduce(0, +) == Self.count - 1440)
        let good = try await journal.history(
            RunFilter(outcomes: [.succeeded], purpose: .synchronise), limit: 1)
        #expect(good.map(\.number) == [Self.count - 1])
    }
}
