import Foundation
import SyncModel
import Testing

@testable import ManagementConsole

/// What is left while Central cannot be read.
@Suite(.serialized)
struct OutageTests {
    let office: TestConsole

    init() throws { office = try TestConsole() }

    enum Cause: CaseIterable, Sendable { case movedAway, locked }

    private func during(_ cause: Cause, _ body: () async throws -> Void) async throws {
        switch cause {
        case .movedAway:
            try office.central.moveAway()
            try await body()
            try office.central.moveBack()
        case .locked: try await office.central.whileLocked(body)
        }
    }

    private static let pages = Route.all.filter { route in
        if case .page = route.kind { !route.uri.contains("run-0") } else { false }
    }

    @Test(arguments: Cause.allCases)
    func `who was seen to be permitted may look for a quarter of an hour`(
        _ cause: Cause
    ) async throws {
        let jane = try await office.jane()
        #expect(try await office.get("/console", as: jane).status == 200)
        office.time.pass(.seconds(14 * 60 + 59))
        try await during(cause) {
            let page = try await office.get("/console", as: jane)
            #expect(page.status == 200)
            #expect(page.text.contains("You can look, and change nothing, for now."))
            #expect(page.text.contains("Jane Perry"))
            #expect(try await office.get("/api/v1/status", as: jane).status == 200)
            office.time.pass(.seconds(1))
            for route in Self.pages {
                let answer = try await office.get(route.uri, as: jane)
                #expect(answer.status == 403)
                #expect(answer.text.contains("Your permission cannot be looked up: "))
            }
            #expect(try await office.get("/api/v1/status", as: jane).status == 403)
            #expect(!(try await office.get("/", as: jane).text.contains("href=\"/console\"")))
        }
        #expect(try await office.get("/console", as: jane).status == 200)
        #expect(try await office.post("/console/run", as: jane).status == 303)
    }

    @Test(arguments: Route.changing)
    func `looking is all: every action is refused with the reason`(_ route: Route) async throws {
        let jane = try await office.jane()
        _ = try await office.get("/console", as: jane)
        try office.central.moveAway()
        let answer = try await route.send(office, as: jane)
        #expect(answer.status == 403)
        #expect(answer.text.contains("because your permission cannot be looked up"))
        #expect(answer.text.contains("There is no file"))
        #expect(try await office.isUntouched())
    }

    @Test(arguments: [TestCentral.revoked, TestCentral.unpermitted, TestCentral.disabled])
    func `who had no permission when Central went away sees nothing`(_ user: String) async throws {
        let browser = try await office.browser(of: user)
        _ = try await office.get("/console", as: browser)
        try office.central.revokeAll()
        #expect(try await office.get("/console", as: browser).status == 403)
        try office.central.moveAway()
        for route in Self.pages {
            #expect(try await office.get(route.uri, as: browser).status == 403)
        }
        #expect(try await office.get("/api/v1/runs", as: browser).status == 403)
    }

    @Test func `who signed in and asked for nothing yet was never seen to be permitted`()
        async throws
    {
        let jane = try await office.jane()
        try office.central.moveAway()
        #expect(try await office.get("/console", as: jane).status == 403)
    }

    @Test func `a clock that was put back makes nobody permitted for longer`() async throws {
        let jane = try await office.jane()
        office.time.pass(.seconds(3600))
        _ = try await office.get("/console", as: jane)
        office.time.pass(.seconds(-1800))
        _ = try await office.get("/console", as: jane)
        try office.central.moveAway()
        office.time.pass(.seconds(10 * 60))
        #expect(try await office.get("/console", as: jane).status == 200)
        office.time.pass(.seconds(30 * 60))
        #expect(try await office.get("/console", as: jane).status == 403)
    }

    @Test(arguments: Cause.allCases)
    func `a local administrator signs in and acts`(_ cause: Cause) async throws {
        try await during(cause) {
            let fields: KeyValuePairs = ["login": "support", "password": TestCentral.password]
            let signedIn = try await office.post("/sign-in", fields)
            #expect(signedIn.status == 303)
            let support = try await office.browser(of: "local:support")
            #expect(try await office.get("/console", as: support).status == 200)
            let answer = try await office.post("/console/run", ["what": "change"], as: support)
            #expect(answer.location == "/console?said=started")
            #expect(try await office.deeds() == ["start by support"])
        }
    }

    @Test func `who is not known here is told that nobody can be looked up`() async throws {
        try office.central.moveAway()
        let fields: KeyValuePairs = ["login": "jane", "password": TestCentral.password]
        for _ in 0..<10 {
            let answer = try await office.post("/sign-in", fields)
            #expect(answer.status == 503)
            #expect(answer.text.contains("so that nobody can be looked up."))
        }
        try office.central.moveBack()
        // No password was compared meanwhile: nothing of it counts as a guess.
        #expect(try await office.post("/sign-in", fields).status == 303)
    }

    @Test func `a file of administrators that others may read lets none of them in`() async throws {
        let support = try await office.browser(of: "local:support")
        chmod(office.folder.path(of: "administrators"), 0o644)
        #expect(try await office.get("/console", as: support).status == 503)
        let fields: KeyValuePairs = ["login": "support", "password": TestCentral.password]
        #expect(try await office.post("/sign-in", fields).status == 503)
        #expect(try await office.get("/console", as: office.jane()).status == 200)
    }
}
