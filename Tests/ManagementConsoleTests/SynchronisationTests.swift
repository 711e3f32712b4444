import Foundation
import SyncEngine
import SyncModel
import SyncProtocol
import Testing

@testable import ManagementConsole

/// The console's words and buttons for synchronisations.
@Suite(.serialized, .timeLimit(.minutes(30)))
struct SynchronisationTests {
    let office: TestConsole

    init() throws { office = try TestConsole() }

    static let prompt =
        "All data/team security from on-premise to the cloud will resynchronise for Making Tax "
        + "Digital and Open Integration"

    @Test func `the first page has the words that people know`() async throws {
        let jane = try await office.jane()
        let page = try await office.get("/console", as: jane).text
        #expect(
            page.contains(
                "File &gt; Maintenance &gt; SyncWorker &gt; SyncWorker Management Console"))
        #expect(page.contains("<h1>SyncWorker Management Console</h1>"))
        #expect(page.contains("<h2>SyncWorker Service Status</h2>"))
        #expect(page.contains(">Run Synchronisation</button>"))
        #expect(page.contains(">Full Synchronisation</button>"))
        #expect(page.contains("<dt>Server</dt><dd>srv</dd>"))
        #expect(page.contains("Next scheduled sync: <time datetime=\"2026-11-24T"))
        #expect(!page.contains("currently in progress"))
        // The menu, from the outside in.
        var rest = page[...]
        for words in ["<nav class=\"menu\"", ">File<", ">Maintenance<", ">SyncWorker<"] {
            let found = try #require(rest.range(of: words))
            rest = rest[found.upperBound...]
        }
        #expect(rest.contains(#"<a href="/console">SyncWorker Management Console</a>"#))
    }

    @Test func `a synchronisation is begun, seen to be in progress, and seen to have ended`()
        async throws
    {
        let jane = try await office.jane()
        try await office.withPortal {
            var begun = office.runs.begun.makeAsyncIterator()
            let answer = try await office.post("/console/run", ["what": "change"], as: jane)
            #expect(answer.location == "/console?said=started")
            let request = try #require(await begun.next())
            #expect(
                request
                    == RunRequest(kind: .change, trigger: .manual, person: "Jane Perry"))
            let page = try await office.get(answer.location, as: jane).text
            #expect(page.contains("Synchronisation is currently in progress"))
            #expect(!page.contains("Next scheduled sync"))
            #expect(page.contains("The synchronisation begins."))
            office.runs.end()
            await office.waitUntil(isRunning: false)
            let after = try await office.get("/console", as: jane).text
            #expect(after.contains("Next scheduled sync"))
            #expect(after.contains("Last synchronisation: change based, ended Today 08:00:00"))
        }
        #expect(try await office.deeds() == ["start by Jane Perry"])
    }

    @Test func `a full asks first, in the exact words, on the page and without JavaScript`()
        async throws
    {
        let jane = try await office.jane()
        let page = try await office.get("/console", as: jane).text
        #expect(page.contains("<dialog id=\"full\""))
        #expect(page.contains("<p>\(Self.prompt)</p>"))
        let prompt = try await office.get("/console/full", as: jane).text
        #expect(prompt.contains("<p>\(Self.prompt)</p>"))
        for text in [page, prompt] {
            #expect(text.contains(">OK</button>"))
            #expect(text.contains(">Cancel</"))
            #expect(text.contains(#"name="confirmed" value="yes""#))
        }
    }

    @Test(arguments: [nil, "", "no", "YES"])
    func `a full that nobody said OK to leads to the prompt and starts nothing`(
        _ confirmed: String?
    ) async throws {
        let jane = try await office.jane()
        let answer =
            if let confirmed {
                try await office.post(
                    "/console/run", ["what": "full", "confirmed": confirmed], as: jane)
            } else {
                try await office.post("/console/run", ["what": "full"], as: jane)
            }
        #expect(answer.location == "/console/full")
        #expect(try await office.isUntouched())
    }

    @Test func `OK starts a full`() async throws {
        let jane = try await office.jane()
        try await office.withPortal {
            var begun = office.runs.begun.makeAsyncIterator()
            let answer = try await office.post(
                "/console/run", ["what": "full", "confirmed": "yes"], as: jane)
            #expect(answer.location == "/console?said=started")
            #expect(await begun.next()?.kind == .full)
            office.runs.end()
            await office.waitUntil(isRunning: false)
        }
    }

    @Test func `a second press is queued once and says so`() async throws {
        let jane = try await office.jane()
        try await office.withPortal {
            var begun = office.runs.begun.makeAsyncIterator()
            _ = try await office.post("/console/run", ["what": "change"], as: jane)
            _ = await begun.next()
            for _ in 0..<3 {
                let answer = try await office.post("/console/run", ["what": "change"], as: jane)
                #expect(answer.location == "/console?said=queued")
            }
            let page = try await office.get("/console?said=queued", as: jane).text
            #expect(page.contains("One is in progress: yours is queued"))
            #expect(page.contains("One more synchronisation is queued."))
            office.runs.end()
            _ = await begun.next()
            #expect(await !office.portal.status().isQueued)
            office.runs.end()
            await office.waitUntil(isRunning: false)
        }
        #expect(try await office.journal.count() == 2)
    }

    @Test func `Stop stops what is in progress, and says where there is nothing to stop`()
        async throws
    {
        let jane = try await office.jane()
        #expect(
            try await office.post("/console/stop", as: jane).location == "/console?said=nothing")
        let idle = try await office.get("/console", as: jane).text
        #expect(idle.contains(#"<button id="stop" disabled>"#))
        try await office.withPortal {
            var begun = office.runs.begun.makeAsyncIterator()
            _ = try await office.post("/console/run", ["what": "change"], as: jane)
            _ = await begun.next()
            let page = try await office.get("/console", as: jane).text
            #expect(page.contains(#"<button id="stop">"#))
            let answer = try await office.post("/console/stop", as: jane)
            #expect(answer.location == "/console?said=stopped")
            office.runs.end()
            await office.waitUntil(isRunning: false)
        }
        #expect(try await office.journal.history(limit: 1).first?.outcome == .stopped)
        #expect(try await office.deeds() == ["start by Jane Perry", "stop by Jane Perry"])
    }

    @Test(arguments: [
        ("preview", RunKind.change, RunPurpose.dryRun), ("verify", .full, .verify),
    ])
    func `Preview and Verify apply nothing`(
        _ what: String, _ kind: RunKind, _ purpose: RunPurpose
    ) async throws {
        let jane = try await office.jane()
        try await office.withPortal {
            var begun = office.runs.begun.makeAsyncIterator()
            _ = try await office.post("/console/run", ["what": what], as: jane)
            let request = await begun.next()
            #expect(request?.kind == kind)
            #expect(request?.purpose == purpose)
            office.runs.end()
            await office.waitUntil(isRunning: false)
        }
    }

    @Test func `one data set alone, if there is such a one`() async throws {
        let jane = try await office.jane()
        let refused = try await office.post(
            "/console/run", ["what": "change", "only": "Clients"], as: jane)
        #expect(refused.status == 400)
        #expect(refused.text.contains("There is no data set &quot;Clients&quot;."))
        let none = try await office.call(
            .post, "/api/v1/runs",
            #"{"kind":"change","trigger":"manual","purpose":"synchronise","only":[]}"#, as: jane)
        #expect(none.status == 400)
        #expect(try await office.isUntouched())
        try await office.withPortal {
            var begun = office.runs.begun.makeAsyncIterator()
            _ = try await office.post(
                "/console/run", ["what": "change", "only": "Client List"], as: jane)
            #expect(await begun.next()?.only == ["Client List"])
            office.runs.end()
            await office.waitUntil(isRunning: false)
        }
    }

    @Test func `what OneClick and Central say is on the first page`() async throws {
        let jane = try await office.jane()
        #expect(try await office.get("/console", as: jane).text.contains("Not asked yet"))
        await office.connections.refresh()
        let page = try await office.get("/console", as: jane).text
        #expect(page.contains("Answers") && page.contains("Can be read"))
        #expect(page.contains("1,204"))
        #expect(page.contains(#"<time datetime="2026-11-24T07:30:00.123Z">Today 07:30:00</time>"#))
        office.oneclick.says(
            .failure(SyncError(.unreachable, "OneClick is away.", hint: "Look at the line.")))
        office.time.pass(.seconds(3600))
        await office.connections.refresh()
        let gone = try await office.get("/console", as: jane).text
        #expect(gone.contains("Does not answer"))
        #expect(gone.contains("OneClick is away. Look at the line."))
        #expect(gone.contains("89 minutes ago"))
    }
}
