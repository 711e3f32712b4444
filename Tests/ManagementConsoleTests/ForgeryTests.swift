import HTTPTypes
import Hummingbird
import Testing

@testable import ManagementConsole

/// Requests that somebody else's page makes a browser send.
@Suite(.serialized)
struct ForgeryTests {
    let office: TestConsole

    init() throws { office = try TestConsole() }

    enum Forgery: CaseIterable, Sendable {
        case noToken, emptyToken, wrongToken, tokenOfAnother, foreignOrigin, opaqueOrigin
        case otherPort, crossSite, sameSite

        var headers: HTTPFields {
            switch self {
            case .foreignOrigin: [.origin: "https://evil.example"]
            case .opaqueOrigin: [.origin: "null"]
            case .otherPort: [.origin: "http://localhost:8081"]
            case .crossSite: [.fetchSite: "cross-site"]
            case .sameSite: [.fetchSite: "same-site"]
            default: [:]
            }
        }
    }

    private func token(
        _ forgery: Forgery, _ browser: TestConsole.Browser
    ) async throws -> String? {
        switch forgery {
        case .noToken: nil
        case .emptyToken: ""
        case .wrongToken: String(browser.formToken.reversed())
        case .tokenOfAnother: try await office.jane().formToken
        default: browser.formToken
        }
    }

    @Test(arguments: Route.changing, Forgery.allCases)
    func `what did not come from a page of ours is refused, and nothing happens`(
        _ route: Route, _ forgery: Forgery
    ) async throws {
        let jane = try await office.jane()
        let token = try await token(forgery, jane)
        var headers = forgery.headers
        var body = route.json
        if route.isAPI {
            headers[.formToken] = token
        } else {
            let fields = route.fields.map { ($0.key, $0.value) }
            body = TestConsole.form(fields + (token.map { [("form_token", $0)] } ?? []))
        }
        let answer = try await office.send(
            route.method, route.uri, as: jane, headers, body: Array(body.utf8))
        #expect(answer.status == 400)
        #expect(
            answer.text.contains("Open the console again") || answer.text.contains("form_token"))
        #expect(try await office.isUntouched())
    }

    @Test func `a page of the console may act, whatever else its browser says`() async throws {
        let jane = try await office.jane()
        let headers: HTTPFields = [.origin: "http://localhost", .fetchSite: "same-origin"]
        let answer = try await office.post("/console/run", ["what": "change"], as: jane, headers)
        #expect(answer.location == "/console?said=started")
    }

    @Test(arguments: [
        ("http://[::1]:8080", "[::1]:8080"), ("https://srv.example", "srv.example"),
        ("https://srv.example:8443", "srv.example:8443"),
    ])
    func `a page's own origin is its own, however its host is written`(
        _ origin: String, _ host: String
    ) throws {
        let request = Request(
            head: .init(
                method: .post, scheme: "http", authority: host, path: "/",
                headerFields: [.origin: origin]), body: .init(buffer: .init()))
        try Console.checkOrigin(of: request)
    }

    @Test(arguments: [Forgery.foreignOrigin, .opaqueOrigin, .crossSite])
    func `nobody is signed in by somebody else's page`(_ forgery: Forgery) async throws {
        let answer = try await office.post(
            "/sign-in", ["login": "jane", "password": TestCentral.password], as: nil,
            forgery.headers)
        #expect(answer.status == 400)
        #expect(answer.headers[.setCookie] == nil)
    }

    @Test func `nobody is signed out by somebody else's page`() async throws {
        let jane = try await office.jane()
        let answer = try await office.send(.post, "/sign-out", as: jane, body: [])
        #expect(answer.status == 400)
        #expect(try await office.get("/console", as: jane).status == 200)
    }
}
