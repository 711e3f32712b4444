import SyncEngine
import SyncModel
import SyncProtocol
import Testing

@testable import ManagementConsole

/// Clients may be called anything: nothing that stands in a record becomes markup.
@Suite(.serialized)
struct EscapingTests {
    let office: TestConsole

    init() throws { office = try TestConsole() }

    /// To Swift the last quotation mark is another character, to a browser it is one.
    static let name =
        #"</p><script>alert("1")</script><img src=x onerror='a()'> & "# + "\"\u{301} autofocus x=\""

    static let escaped =
        "&lt;/p&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&lt;img src=x "
        + "onerror=&#39;a()&#39;&gt; &amp; &quot;\u{301} autofocus x=&quot;"

    private func expectNoMarkup(_ text: String, isShown: Bool = true) {
        let bytes = Array(text.utf8)
        let script = Array("<script>alert".utf8)
        #expect(!bytes.contains(script))
        #expect(!bytes.contains(Array("<img".utf8)))
        #expect(!bytes.contains(Array("\"\u{301}".utf8)))
        #expect(bytes.contains(Array(Self.escaped.utf8)) == isShown)
    }

    /// Everything that can carry a name carries this one.
    private func prepare() async throws -> TestConsole.Browser {
        var failed = RunRecord.example(
            "run-0", office.time.now + .seconds(-600), person: Self.name, outcome: .failed,
            problems: [.example("The client \(Self.name) is too long.")])
        failed.notes = [Self.name]
        try await office.record(failed)
        let key = Key([.text(Self.name)])
        await office.oneclickHas(
            [
                .example(.refused, key: key, Self.name), .example(.held, key: key, Self.name),
                .example(.kept, .employees, key: key, Self.name),
            ],
            waiting: [.clients: Counts(held: 1, errors: 1)],
            question: LineageQuestion(message: Self.name, rowsDiffering: 3, mark: nil))
        await office.journal.note(
            .init(at: office.time.now, person: Self.name, action: "a", details: Self.name))
        return try await office.browser(of: "local:support")
    }

    @Test(arguments: [
        "/console", "/console/history", "/console/history/run-0", "/console/errors",
        "/console/held", "/console/schedule",
    ])
    func `a name is text on every page`(_ uri: String) async throws {
        let page = try await office.get(uri, as: prepare())
        #expect(page.status == 200)
        expectNoMarkup(page.text)
    }

    @Test(arguments: [
        "/console/history?text=", "/console/errors?text=", "/console/history/run-0?text=",
    ])
    func `what is looked for is text, too`(_ uri: String) async throws {
        let text = Escaping.query(Self.name)
        let page = try await office.get(uri + text, as: prepare())
        expectNoMarkup(page.text)
    }

    @Test func `a name in events is text`() async throws {
        let browser = try await prepare()
        office.rounds.will([{ [office] in try await office.signOut(browser) }])
        let events = try await office.get("/console/events", as: browser)
        let parts = try #require(try Event.read(events.text).first?.parts)
        expectNoMarkup(parts.values.joined())
        #expect(!events.text.contains("<script>alert"))
    }

    @Test func `an error answers in text, too`() async throws {
        let browser = try await prepare()
        office.oneclick.answers(
            .failure(SyncError("held", "clients \(Self.name) is not held.", hint: Self.name)))
        let answer = try await office.post(
            "/console/held", ["answer": "keep", "table": "clients", "key": "[1]"], as: browser)
        #expect(answer.status == 409)
        expectNoMarkup(answer.text)
        let what = try await office.post("/console/run", ["what": Self.name], as: browser)
        #expect(what.status == 400)
        expectNoMarkup(what.text, isShown: false)
    }

    @Test func `a person's and a practice's names are text`() async throws {
        try office.central.execute(
            "UPDATE employee SET first_name = '<b>O''Neill', last_name = '\"x\"' WHERE id = 5")
        var status = StatusAnswer.example
        status.practiceName = Self.name
        office.oneclick.says(.success(status))
        await office.connections.refresh()
        let jane = try await office.jane()
        let page = try await office.get("/", as: jane).text
        #expect(page.contains("<span>&lt;b&gt;O&#39;Neill &quot;x&quot;</span>"))
        expectNoMarkup(page)
        expectNoMarkup(try await office.get("/sign-in").text)
    }
}

extension TestConsole {
    func signOut(_ browser: Browser) async throws {
        let session = try await sessions.session(browser.secret, now: time.now)
        if let session { try await sessions.end(session) }
    }
}
