import Foundation
import SyncEngine
import SyncModel
import Testing

@testable import ManagementConsole

@Suite(.serialized)
struct HistoryPageTests {
    let office: TestConsole

    init() throws { office = try TestConsole() }

    /// Runs in the order in which they began, ten minutes apart.
    private func record(_ count: Int, _ change: (inout RunRecord, Int) -> Void = { _, _ in })
        async throws
    {
        try await office.record(
            (0..<count).map { number in
                var run = RunRecord.example(
                    "run-\(number)", office.time.now + .seconds(600 * (number - count)))
                change(&run, number)
                return run
            })
    }

    private func ids(_ page: Answer) -> [String] {
        page.text.matches(of: /href="\/console\/history\/(run-\d+)"/).map { String($0.output.1) }
    }

    /// Where a link of these words leads.
    private func link(_ words: String, _ page: Answer) -> String? {
        page.text.matches(of: /href="([^"]*)">([^<]*)</).first { $0.output.2 == words }.map {
            String($0.output.1).replacing("&amp;", with: "&")
        }
    }

    @Test func `a history of nothing says so`() async throws {
        let jane = try await office.jane()
        let page = try await office.get("/console/history", as: jane)
        #expect(page.text.contains("Nothing was synchronised yet."))
        #expect(page.text.contains("0 synchronisations"))
        #expect(!page.text.contains("Older"))
    }

    @Test func `pages lead to older ones until there are none`() async throws {
        try await record(120)
        let jane = try await office.jane()
        var uri = "/console/history"
        var seen: [String] = []
        var pages = 0
        while true {
            let page = try await office.get(uri, as: jane)
            #expect(page.text.contains("120 synchronisations"))
            seen += ids(page)
            pages += 1
            guard let older = link("Older", page) else { break }
            uri = older
        }
        #expect(pages == 3)
        #expect(seen == (0..<120).reversed().map { "run-\($0)" })
    }

    @Test func `what is looked for stays on every page and in the export`() async throws {
        try await record(130) { run, number in
            run.outcome = number % 2 == 0 ? .failed : .succeeded
            if number % 2 == 0 { run.errors = [.example("The client O'Neill & Co is too long.")] }
        }
        let jane = try await office.jane()
        let query = "outcome=failed&kind=change&text=o%27neill+%26+co"
        let page = try await office.get("/console/history?\(query)", as: jane)
        #expect(page.text.contains("65 synchronisations"))
        #expect(page.text.contains(#"<option value="failed" selected>Failed</option>"#))
        #expect(page.text.contains(#"value="o&#39;neill &amp; co""#))
        let second = try await office.get(try #require(link("Older", page)), as: jane)
        #expect((ids(page) + ids(second)).count == 65)
        let csv = try await office.get(try #require(link("Export CSV", page)), as: jane)
        #expect(csv.count("\r\n") == 66)
        #expect(!csv.text.contains("succeeded"))
    }

    @Test func `a search with blanks finds the person of that name`() async throws {
        try await record(1)
        try await office.record(.example("run-9", office.time.now, person: "Jane Perry"))
        let jane = try await office.jane()
        for text in ["Jane+Perry", "jane%20perry", "%20Jane+"] {
            let page = try await office.get("/console/history?text=\(text)", as: jane)
            #expect(ids(page) == ["run-9"])
        }
        let other = try await office.get("/console/history?text=Jane%2BPerry", as: jane)
        #expect(ids(other) == [])
        #expect(other.text.contains("No synchronisation is like that."))
    }

    @Test func `a run that never ended is a failure, and one in progress is not shown`()
        async throws
    {
        let jane = try await office.jane()
        let start = RunStart(
            id: RunID(rawValue: "run-0"), request: RunRequest(kind: .change, trigger: .schedule),
            startedAt: office.time.now)
        try await office.journal.begin(start)
        let page = try await office.get("/console/history", as: jane)
        #expect(ids(page) == ["run-0"])
        #expect(page.text.contains("Failed</td>"))
        try await office.withPortal {
            var begun = office.runs.begun.makeAsyncIterator()
            _ = await office.portal.request(RunRequest(kind: .change, trigger: .manual))
            _ = await begun.next()
            let during = try await office.get("/console/history", as: jane)
            #expect(ids(during) == ["run-0"])
            office.runs.end()
            await office.waitUntil(isRunning: false)
        }
        let after = try await office.get("/console/history", as: jane)
        #expect(ids(after) == ["run-1", "run-0"])
    }

    // MARK: A run

    @Test func `a run's page has everything, and finds what is looked for`() async throws {
        let jane = try await office.jane()
        try await office.record(
            .example(
                "run-1", office.time.now, kind: .full, person: "Jane Perry",
                outcome: .completedWithErrors,
                problems: [
                    .example("The client Ann is too long."), .example("The client Bob is not."),
                ]))
        let page = try await office.get("/console/history/run-1", as: jane).text
        for words in [
            "<h1>Full Synchronisation</h1>", "Completed with errors", "2 min 5 s", "Jane Perry",
            "1,234 rows, 212 KB in 7 requests", "One &lt;note&gt;.", "The client Ann",
            "The client Bob", "Correct it in &quot;Central&quot; &amp; wait.", "2 entries",
        ] {
            #expect(page.contains(words), "\(words)")
        }
        let found = try await office.get("/console/history/run-1?text=client+BOB", as: jane).text
        #expect(found.contains("The client Bob") && !found.contains("The client Ann"))
        #expect(found.contains("1 entry"))
        let csv = try await office.get(
            "/console/history/run-1/errors.csv?text=client+BOB", as: jane)
        #expect(csv.count("\r\n") == 2)
    }

    @Test func `so many errors are shown, and all of them exported`() async throws {
        let jane = try await office.jane()
        let problems = (0..<450).map { RunRecord.Problem.example("Number \($0).", key: Key($0)) }
        try await office.record(
            .example("run-1", office.time.now, outcome: .completedWithErrors, problems: problems))
        let page = try await office.get("/console/history/run-1", as: jane)
        #expect(page.text.contains("The first 200 of 450; the export has all"))
        #expect(page.count("<li class=\"error\">") == 200)
        let csv = try await office.get("/console/history/run-1/errors.csv", as: jane)
        #expect(csv.count("\r\n") == 451)
    }

    // MARK: CSV

    @Test(arguments: [
        ("plain", "plain"), (#"a "quoted" word"#, #"a ""quoted"" word"#),
        ("two\r\nlines, and a comma", "two\r\nlines, and a comma"),
        ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"\"x\"\")"), ("+44 20 7946", "'+44 20 7946"),
        ("-1+1|cmd", "'-1+1|cmd"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"), ("\n=1", "'\n=1"), ("\r\n=1", "'\r\n=1"), ("-12", "-12"),
        ("-12.5", "-12.5"), ("", ""), ("株式会社", "株式会社"),
        // To Swift each of these begins with another character than the sign.
        ("=\u{301}1", "'=\u{301}1"), ("a\"\u{301},=1", "a\"\"\u{301},=1"),
        ("\"\u{200d}", "\"\"\u{200d}"),
    ])
    func `a cell is quoted, and no formula`(_ text: String, _ cell: String) {
        let line = Escaping.csv([text, "end"])
        #expect(Array(line.utf8) == Array("\"\(cell)\",\"end\"\r\n".utf8))
    }

    @Test func `the export has a line for each run, as programs read it`() async throws {
        let jane = try await office.jane()
        try await office.record(
            .example("run-1", office.time.now, kind: .full, person: "=cmd|' /C calc'!A0"))
        let csv = try await office.get("/console/history.csv", as: jane)
        #expect(csv.headers[.contentType] == "text/csv; charset=utf-8")
        #expect(csv.headers[.contentDisposition]?.hasPrefix("attachment;") == true)
        let lines = csv.text.components(separatedBy: "\r\n")
        #expect(lines.count == 3 && lines[2].isEmpty)
        #expect(
            lines[0].hasPrefix("\"started\",\"finished\",\"kind\",\"purpose\",\"trigger\",\"by\""))
        #expect(
            lines[1].hasPrefix(
                #""2026-11-24T08:00:00.000Z","2026-11-24T08:02:05.000Z","full","synchronise","#
                    + #""manual","'=cmd|' /C calc'!A0","succeeded","1234","212000""#))
        let cells = lines.prefix(2).map { $0.components(separatedBy: "\",\"").count }
        #expect(cells[0] == cells[1])
    }

    @Test func `a long export has every run once`() async throws {
        try await record(1_050)
        let csv = try await office.get("/console/history.csv", as: office.jane())
        #expect(csv.count("\r\n") == 1_051)
    }

    /// Nothing was applied, and nothing proved: no data set is equal for all that is known.
    @Test func `a run that asks whose Central this is calls nothing equal`() async throws {
        let jane = try await office.jane()
        let asking = RunRecord.Problem(
            dataSet: nil, table: nil, key: nil, code: "lineage", message: "Central went back.",
            hint: "Answer under Held removals.")
        try await office.record(
            .example("run-1", office.time.now + .seconds(-300), outcome: .held, problems: [asking]))
        #expect(try await !office.get("/console", as: jane).text.contains("<span>equal"))
        try await office.record(.example("run-2", office.time.now + .seconds(-200), outcome: .held))
        #expect(try await office.get("/console", as: jane).text.contains("<span>equal but for"))
    }
}
