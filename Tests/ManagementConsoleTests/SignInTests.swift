import HTTPTypes
import SyncModel
import Testing
import WebSupport

@testable import ManagementConsole

@Suite(.serialized, .timeLimit(.minutes(30)))
struct SignInTests {
    let office: TestConsole

    init() throws { office = try TestConsole() }

    private func signIn(
        _ login: String, _ password: String = TestCentral.password, next: String = "/console"
    ) async throws -> Answer {
        try await office.post(
            "/sign-in", ["login": login, "password": password, "next": next])
    }

    /// The browser that a sign-in made.
    private func browser(_ answer: Answer) async throws -> TestConsole.Browser {
        let cookie = try #require(answer.headers[.setCookie])
        let secret = String(cookie.dropFirst("\(Console.cookie)=".count).prefix { $0 != ";" })
        let session = try await office.sessions.session(secret, now: office.time.now)
        return .init(secret: secret, formToken: try #require(session?.formToken))
    }

    @Test(arguments: ["jane", "JANE", "  Jane ", "\tjane\n"])
    func `the right name and password sign in, however the name is written`(
        _ login: String
    ) async throws {
        let answer = try await signIn(login)
        #expect(answer.status == 303)
        #expect(answer.location == "/console")
        let page = try await office.get("/console", as: browser(answer))
        #expect(page.status == 200)
        #expect(page.text.contains("<span>Jane Perry</span>"))
    }

    @Test(arguments: [
        ("jane", "wrong"), ("jane", ""), ("jane", TestCentral.password + " "), ("", ""),
        ("nobody-of-that-name", TestCentral.password), ("twin", TestCentral.password),
        ("nohash", TestCentral.password), ("nohash", ""), ("%", TestCentral.password),
        ("jane' OR 1=1 --", TestCentral.password), ("jane\0", TestCentral.password),
    ])
    func `anything else is refused in the same words`(
        _ login: String, _ password: String
    ) async throws {
        let answer = try await signIn(login, password)
        #expect(answer.status == 401)
        #expect(answer.text.contains("This name and password do not belong together. Try again."))
        #expect(answer.headers[.setCookie] == nil)
    }

    @Test func `what was typed in as a name is shown again, and is no markup`() async throws {
        let answer = try await signIn(#"\"'><script>alert(1)</script>"#, "wrong")
        #expect(!answer.text.contains("<script>alert"))
        #expect(answer.text.contains("&quot;&#39;&gt;&lt;script&gt;"))
        #expect(!answer.text.contains("wrong\""))
    }

    @Test func `the cookie is for our pages only, and by HTTPS where browsers come so`()
        async throws
    {
        let cookie = try #require(try await signIn("jane").headers[.setCookie])
        #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"))
        #expect(cookie.contains("Path=/") && !cookie.contains("Secure"))
        #expect(!cookie.contains("Max-Age") && !cookie.contains("Expires"))
        let secure = try TestConsole(isSecure: true)
        let answer = try await secure.post(
            "/sign-in", ["login": "jane", "password": TestCentral.password])
        #expect(answer.headers[.setCookie]?.contains("Secure") == true)
        #expect(answer.headers[.strictTransportSecurity] == "max-age=31536000")
    }

    @Test func `signing out ends the session on the server`() async throws {
        let jane = try await browser(signIn("jane"))
        let answer = try await office.post("/sign-out", as: jane)
        #expect(answer.location == "/sign-in")
        #expect(answer.headers[.setCookie]?.contains("Max-Age=0") == true)
        #expect(try await office.get("/console", as: jane).status == 303)
        #expect(try await office.sessions.session(jane.secret, now: office.time.now) == nil)
    }

    @Test func `whoever may not use the console can sign in and out, and sees no more`()
        async throws
    {
        let clerk = try await browser(signIn("clerk"))
        #expect(try await office.get("/", as: clerk).status == 200)
        let answer = try await office.get("/console", as: clerk)
        #expect(answer.status == 403)
        #expect(answer.text.contains("is not open to"))
        #expect(answer.text.contains("It needs the task permission"))
        #expect(try await office.post("/sign-out", as: clerk).location == "/sign-in")
    }

    // MARK: Guessing

    @Test func `after five wrong passwords the right one has to wait a quarter of an hour`()
        async throws
    {
        for _ in 0..<5 { #expect(try await signIn("jane", "wrong").status == 401) }
        let refused = try await signIn(" JANE")
        #expect(refused.status == 429)
        #expect(refused.text.contains("Too many wrong passwords. Try again in 15 minutes."))
        #expect(try await signIn("super").status == 303)
        office.time.pass(.seconds(14 * 60 + 1))
        #expect(try await signIn("jane").text.contains("Try again in 1 minute."))
        office.time.pass(.seconds(60))
        #expect(try await signIn("jane").status == 303)
    }

    @Test func `guesses that come at the same moment are no more than those one by one`()
        async throws
    {
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<40 {
                group.addTask { try await self.signIn("jane", "wrong").status }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 401 } == 5)
        #expect(statuses.count { $0 == 429 } == 35)
    }

    // MARK: Where it leads

    @Test(arguments: [
        "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
        "https://evil.example", "https:evil.example", "javascript:alert(1)", "evil.example",
        "%2F%2Fevil.example", "/%2Fevil.example", "/%2F%2Fevil.example", "/%5Cevil.example",
        "/%5cevil.example", "%2f/evil.example", "/\t/evil.example", "/\n/evil.example",
        "\u{00a0}//evil.example", " //evil.example", "/console\r\nSet-Cookie: a=b", "/%", "",
        "/café", "//", "/\u{301}/evil.example",
    ])
    func `nobody is led to another place by signing in`(_ next: String) async throws {
        let signedIn = try await signIn("jane", next: next)
        #expect(signedIn.location == "/console")
        let jane = try await browser(signedIn)
        let again = try await office.get("/sign-in?next=\(Escaping.query(next))", as: jane)
        #expect(again.location == "/console")
        let page = try await office.get("/sign-in?next=\(Escaping.query(next))")
        #expect(page.text.contains(#"name="next" value="/console""#))
        guard next.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else { return }
        let raw = try await office.get("/sign-in?next=\(next)", as: jane)
        #expect(raw.location == "/console")
    }

    @Test(arguments: [
        "/console/history?outcome=failed", "/console/history?text=O%27Neill+%26+Co&kind=full",
        "/console/errors?text=caf%C3%A9%20royal", "/console/held", "/",
    ])
    func `signing in leads to the page that was asked for, with what stands behind it`(
        _ uri: String
    ) async throws {
        let refused = try await office.get(uri)
        #expect(refused.status == 303)
        let page = try await office.get(refused.location)
        let value = try #require(
            page.text.firstMatch(of: /name="next" value="([^"]*)"/)?.output.1)
        let next = String(value).replacing("&amp;", with: "&").replacing("&#39;", with: "'")
        #expect(next == uri)
        #expect(try await signIn("jane", next: next).location == uri)
    }

    @Test func `a form that needs signing in leads back to the console, not to the form`()
        async throws
    {
        let answer = try await office.post("/console/run", ["what": "change"])
        #expect(answer.location == "/sign-in?next=/console")
    }

    @Test func `a local administrator whose name is taken away is signed out`() async throws {
        let support = try await browser(signIn("Support"))
        #expect(try await office.get("/console", as: support).status == 200)
        #expect(try office.administrators.remove("SUPPORT"))
        #expect(try await office.get("/console", as: support).status == 303)
        #expect(try await signIn("support").status == 401)
    }
}
