import Foundation
import GRDB
import SyncEngine
import SyncModel
import Testing

@testable import ManagementConsole
@testable import PortalService

/// The pages over a journal of 100,000 runs, filled by SQL alone.
@Suite(.serialized)
struct LargeHistoryTests {
    private static let count = 100_000
    let office: TestConsole

    init() async throws {
        office = try TestConsole()
        // The last run has just been.
        let start = office.time.now + .seconds(-60 * (Self.count - 1))
        try await office.record(.example("run-1", start))
        try await office.journal.write { db in try Self.fill(db) }
    }

    /// Run n began n minutes after the first. Every tenth failed and says which; every thousandth
    /// was a full that Jane asked for.
    private static func fill(_ db: Database) throws {
        let numbers = """
            WITH RECURSIVE numbers (n) AS (
              VALUES (2) UNION ALL SELECT n + 1 FROM numbers WHERE n < \(count))
            """
        try db.execute(
            sql: """
                INSERT INTO runs (number, id, started_at, outcome, summary, start, record)
                \(numbers)
                SELECT n, 'run-' || n, started_at, iif(n % 10 = 0, 'failed', 'succeeded'),
                  replace(replace(replace(summary, '"run-1"', '"run-' || n || '"'),
                    '"outcome":"succeeded"',
                    '"outcome":"' || iif(n % 10 = 0, 'failed', 'succeeded') || '"'),
                    '"kind":"change"', '"kind":"' || iif(n % 1000 = 0, 'full', 'change') || '"'),
                  start, record
                FROM numbers, runs WHERE number = 1
                """)
        try db.execute(
            sql: """
                INSERT INTO history
                \(numbers)
                SELECT n, started_at + (n - 1) * 60000000, 1,
                  iif(n % 10 = 0, 'failed', 'succeeded'), iif(n % 1000 = 0, 'full', 'change'),
                  iif(n % 1000 = 0, 'manual', 'schedule'), purpose, n % 10 <> 0, n % 5, n,
                  iif(n % 1000 = 0, 'jane perry', '')
                  || iif(n % 10 = 0, char(10) || 'the record ' || n || ' is too long.', '')
                FROM numbers, history WHERE number = 1
                """)
    }

    private func numbers(_ page: Answer) -> [Int] {
        page.text.matches(of: /href="\/console\/history\/run-(\d+)"/).compactMap {
            Int($0.output.1)
        }
    }

    private static let expected = [
        ("", 100_000, 100_000, 1), ("outcome=failed", 10_000, 100_000, 10),
        ("text=jane+perry", 100, 100_000, 1_000), ("kind=full&outcome=failed", 100, 100_000, 1_000),
        ("text=record+77770+is", 1, 77_770, 1), ("outcome=held", 0, 0, 1),
        ("before=4712", 100_000, 4_711, 1), ("outcome=failed&before=101", 10_000, 100, 10),
    ]

    @Test func `every page has what it should, and the export all of it`() async throws {
        let jane = try await office.jane()
        for (query, total, first, step) in Self.expected {
            let page = try await office.get("/console/history?\(query)", as: jane)
            #expect(page.status == 200)
            #expect(page.text.contains("<h2>\(Figure.count(total, "synchronisation"))</h2>"))
            let numbers = numbers(page)
            let expected = stride(from: first, to: 0, by: -step).prefix(min(50, total))
            #expect(numbers == Array(expected), "\(query)")
            let hasOlder = numbers.last.map { $0 - step > 0 } == true && numbers.count == 50
            #expect(page.text.contains(">Older<") == hasOlder, "\(query)")
        }
        let csv = try await office.get("/console/history.csv?outcome=failed", as: jane)
        #expect(csv.count("\r\n") == 10_001)
    }

    @Test func `the first page shows the day and the latest`() async throws {
        let page = try await office.get("/console", as: office.jane())
        #expect(
            page.text.contains(
                "The latest 200 synchronisations of the last 24 hours: 180 succeeded, 20 failed"))
        #expect(numbers(page) == (99_991...100_000).reversed())
    }
}
