import HTTPTypes
import SyncEngine
import SyncModel
import Testing

@testable import ManagementConsole

/// Requests that no page of ours makes.
@Suite(.serialized, .timeLimit(.minutes(30)))
struct BadInputTests {
    let office: TestConsole

    init() throws { office = try TestConsole() }

    private static let odd = [
        "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%00", "%FF%FE", "%", "%zz", "'%20OR%201=1--",
        "%22%3E%3Cscript%3E", "株式会社", "a%0d%0ab", String(repeating: "x", count: 4_000),
    ]

    @Test(arguments: odd)
    func `an odd id is that of nothing`(_ id: String) async throws {
        let jane = try await office.jane()
        for uri in [
            "/console/history/\(id)", "/console/history/\(id)/errors.csv", "/api/v1/runs/\(id)",
            "/files/\(id)/console.css", "/files/x/\(id)", "/\(id)", "/console/\(id)",
        ] {
            let answer = try await office.get(uri, as: jane)
            #expect(answer.status == 404, "\(uri.prefix(80))")
            #expect(answer.headers[.init("X-Frame-Options")!] == "DENY")
            #expect(!answer.text.contains("<script>"))
        }
    }

    @Test(arguments: odd + ["-1", "99999999999999999999", "1.5", "0x1", ""])
    func `an odd ticket is none`(_ ticket: String) async throws {
        let answer = try await office.get("/api/v1/tickets/\(ticket)", as: office.jane())
        #expect([400, 404].contains(answer.status))
        #expect(try answer.json("hint")?.isEmpty == false)
    }

    @Test(arguments: [
        "-1", "0", "-9223372036854775808", "9223372036854775807", "99999999999999999999", "abc",
        "1e9", "%FF", "1;2", "",
    ])
    func `a list begins somewhere, whatever number is named`(_ number: String) async throws {
        let jane = try await office.jane()
        try await office.record(.example("run-1", office.time.now))
        for uri in [
            "/console/history?before=\(number)", "/console/history.csv?before=\(number)",
            "/console/history?said=\(number)&outcome=\(number)&kind=\(number)",
        ] {
            #expect(try await office.get(uri, as: jane).status == 200)
        }
        let api = try await office.get("/api/v1/runs?before=\(number)", as: jane)
        let isNumber = Int(number) != nil || number.isEmpty || number == "%FF"
        #expect(api.status == (isNumber ? 200 : 400))
    }

    @Test(arguments: [
        "limit=0", "limit=-1", "limit=-9223372036854775808", "limit=9223372036854775807",
        "limit=99999999999999999999", "limit=abc", "limit=1.5",
    ])
    func `a limit that is none is refused, also while a synchronisation is in progress`(
        _ query: String
    ) async throws {
        let jane = try await office.jane()
        try await office.withPortal {
            var begun = office.runs.begun.makeAsyncIterator()
            _ = await office.portal.request(RunRequest(kind: .change, trigger: .manual))
            _ = await begun.next()
            for uri in ["/api/v1/runs?\(query)", "/api/v1/records?\(query)"] {
                let answer = try await office.get(uri, as: jane)
                #expect(answer.status == 400)
                #expect(try answer.json("message")?.hasPrefix("limit cannot be") == true)
            }
            office.runs.end()
            await office.waitUntil(isRunning: false)
        }
    }

    @Test(arguments: ["outcome=fail", "kind=FULL", "before=first"])
    func `a program that mistypes is told`(_ query: String) async throws {
        let answer = try await office.get("/api/v1/runs?\(query)", as: office.jane())
        #expect(answer.status == 400)
        #expect(try answer.json("code") == "form")
    }

    @Test func `a very long search is cut short`() async throws {
        let jane = try await office.jane()
        let text = String(repeating: "%C3%A9", count: 2_000)
        for uri in ["/console/history", "/console/errors", "/api/v1/runs"] {
            #expect(try await office.get("\(uri)?text=\(text)", as: jane).status == 200)
        }
        let page = try await office.get("/console/history?text=\(text)", as: jane)
        #expect(page.text.contains("\"\(String(repeating: "é", count: 200))\""))
    }

    @Test(arguments: [
        "text=%FF%FE", "text=%", "text=a=b=c", "=", "&&&", "text", "text=%00", "text=%F0%9F%98%80",
        "text=+++", "text=a&text=b", "%74ext=a",
    ])
    func `an odd query is no obstacle`(_ query: String) async throws {
        let jane = try await office.jane()
        for uri in ["/console/history", "/console/errors", "/console", "/api/v1/runs", "/sign-in"] {
            let answer = try await office.get("\(uri)?\(query)", as: jane)
            #expect([200, 303].contains(answer.status), "\(uri)?\(query)")
        }
    }

    // MARK: Bodies

    @Test(arguments: Route.changing)
    func `a body that is too large is refused, announced or not`(_ route: Route) async throws {
        let jane = try await office.jane()
        let size = route.isAPI ? 1_200_000 : 300_000
        let large = Array(repeating: UInt8(ascii: "a"), count: size)
        var headers: HTTPFields = [:]
        headers[.formToken] = jane.formToken
        let answer = try await office.send(route.method, route.uri, as: jane, headers, body: large)
        let hasBody = !route.isAPI || !route.json.isEmpty
        if hasBody {
            #expect(answer.status == 413)
            #expect(answer.text.contains("nothing was changed"))
            #expect(try await office.isUntouched())
        } else {
            #expect(answer.status == 200)
        }
    }

    @Test(arguments: [
        "", "{", "null", "[]", "\"text\"", "{}", #"{"kind":"change"}"#, "\u{0}", "<xml/>",
        #"{"kind":"other","trigger":"manual","purpose":"synchronise"}"#,
        #"{"answer":"keep","table":7}"#, String(repeating: "[", count: 5_000),
    ])
    func `JSON that is not what it should be is refused`(_ json: String) async throws {
        let jane = try await office.jane()
        for route in Route.changing where route.isAPI && !route.json.isEmpty {
            // Without anything there are no quiet hours: a timetable may be empty.
            if route.method == .put, json.hasPrefix("{"), json.hasSuffix("}") { continue }
            let answer = try await office.call(route.method, route.uri, json, as: jane)
            #expect(answer.status == 400, "\(route.uri)")
            #expect(try answer.json("code") == "malformed")
        }
        #expect(try await office.isUntouched())
    }

    @Test(arguments: [
        [UInt8]([0xff, 0xfe, 0x3d, 0x61]), Array("reason=%FF%FE".utf8), Array("reason=%".utf8),
        Array("minutes=%00".utf8), Array("minutes=99999999999999999999".utf8),
        Array("minutes=abc&from=25:00&to=06:00&what=nothing".utf8),
        Array("from=22:00&minutes=".utf8), Array("from=a:b&to=1:2:3&minutes=1.5".utf8),
    ])
    func `a form of odd bytes is refused in words`(_ body: [UInt8]) async throws {
        let jane = try await office.jane()
        let token = Array("&form_token=\(jane.formToken)".utf8)
        for uri in ["/console/interval", "/console/held"] {
            let answer = try await office.send(.post, uri, as: jane, body: body + token)
            #expect(answer.status == 400)
            #expect(answer.text.contains("nothing was changed") || answer.text.contains("again"))
        }
        let quiet = try await office.send(
            .post, "/console/quiet-hours", as: jane, body: body + token)
        #expect([303, 400].contains(quiet.status))
        let run = try await office.send(.post, "/console/run", as: jane, body: body + token)
        #expect([303, 400].contains(run.status))
    }

    @Test(arguments: ["22:00 ", "00:00", "23:59", "7:5"])
    func `a time of day is read`(_ text: String) async throws {
        #expect(ClockTime.minutes(text.trimmingPrefix(" ").filter { $0 != " " }.description) != nil)
    }

    @Test(arguments: ["24:00", "12:60", "-1:30", "1200", "", ":", "12:", "+1:30", "1:+3", "٣:٠٠"])
    func `and anything else is not`(_ text: String) { #expect(ClockTime.minutes(text) == nil) }

    @Test(arguments: ["", "x", String(repeating: "0", count: 200), "a=b", "%00", "\u{e9}"])
    func `an odd cookie is nobody's`(_ secret: String) async throws {
        let browser = TestConsole.Browser(secret: secret, formToken: "")
        #expect(try await office.get("/console", as: browser).status == 303)
        #expect(try await office.get("/api/v1/status", as: browser).status == 401)
    }
}
